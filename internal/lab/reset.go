package lab

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
)

// motoResets is how often moto is reset before it is started anew: it keeps memory at every reset.
const motoResets = 100

// Reset brings the lab back to where it was after Start: no resources, no faults, no journal.
func (l *Lab) Reset(ctx context.Context) error {
	l.resetting.Lock()
	defer l.resetting.Unlock()
	if err := l.resetBackends(ctx); err != nil {
		return err
	}
	for _, handler := range l.handlers {
		if own, ok := handler.(interface{ Reset() }); ok {
			own.Reset()
		}
	}
	if err := l.found(ctx); err != nil {
		return err
	}
	l.faults.clear()
	l.journal.clear()
	return nil
}

// resetBackends empties both emulators and forgets all automations.
func (l *Lab) resetBackends(ctx context.Context) error {
	if l.executor.started() {
		if err := l.tellAutomation(ctx, "/reset", struct{}{}); err != nil {
			return err
		}
	}
	if err := l.post(ctx, l.ministack.host, "/_ministack/reset"); err != nil {
		return err
	}
	if l.resets++; l.resets%motoResets != 0 {
		return l.post(ctx, l.moto.Load().host, "/moto-api/reset")
	}
	if err := l.startMoto(); err != nil {
		return err
	}
	return l.moto.Load().wait(ctx, l.backends.client, "/moto-api/")
}

// post sends an empty request to an emulator's own control path.
func (l *Lab) post(ctx context.Context, host, path string) error {
	c := &call{method: http.MethodPost, rawPath: path, header: http.Header{}}
	got, err := l.backends.send(ctx, host, c, nil)
	if err != nil {
		return err
	}
	if !got.ok() {
		return fmt.Errorf("%s answered %d: %s", path, got.status, got.body)
	}
	return nil
}

// found founds the organisation: in moto, which answers Organizations, and in ministack's evaluator, where it
// makes aws:PrincipalOrgID hold for the hub and its members, and for nobody else.
func (l *Lab) found(ctx context.Context) error {
	got, err := l.asRoot(ctx, l.moto.Load().host, l.options.Hub, "organizations", l.Region(),
		"AWSOrganizationsV20161128.CreateOrganization", map[string]string{"FeatureSet": "ALL"})
	if err != nil {
		return err
	}
	var created struct{ Organization struct{ ID string } }
	if err := json.Unmarshal(got.body, &created); err != nil || created.Organization.ID == "" {
		return errors.Join(fmt.Errorf("founding the organisation: moto answered %d: %s", got.status, got.body), err)
	}
	l.orgID.Store(&created.Organization.ID)
	query := url.Values{"id": {created.Organization.ID}, "account": append(l.Members(), l.options.Hub)}
	return l.post(ctx, l.ministack.host, "/_lab/organization?"+query.Encode())
}

// asRoot makes a JSON call to an emulator on the lab's own behalf, past authorisation and journal. Neither
// emulator checks the signature of an account's root.
func (l *Lab) asRoot(
	ctx context.Context, host, account, service, region, target string, input any,
) (*answer, error) {
	body, err := json.Marshal(input)
	if err != nil {
		return nil, fmt.Errorf("encoding %s: %w", target, err)
	}
	c := &call{method: http.MethodPost, rawPath: "/", body: body, host: host, header: http.Header{
		"Authorization": {fmt.Sprintf("AWS4-HMAC-SHA256 Credential=%s/20260101/%s/%s/aws4_request, "+
			"SignedHeaders=host, Signature=lab", account, region, service)},
		"Content-Type":      {"application/x-amz-json-1.1"},
		"X-Amz-Target":      {target},
		"X-Moto-Account-Id": {account},
	}}
	return l.backends.send(ctx, host, c, nil)
}
