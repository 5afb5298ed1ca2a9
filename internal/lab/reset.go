package lab

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
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

// found makes aws:PrincipalOrgID hold for the accounts of the organisation, and for nobody else, in ministack's
// evaluator, and in a bare lab the role by which the management account enters the others.
func (l *Lab) found(ctx context.Context) error {
	l.organisation.Reset()
	members := append(l.Members(), l.options.Hub)
	query := url.Values{"id": {orgID}, "account": append(slices.Clone(members), l.options.Management)}
	if err := l.post(ctx, l.ministack.host, "/_lab/organization?"+query.Encode()); err != nil || !l.options.Bare {
		return err
	}
	for _, account := range members {
		if err := l.letIn(ctx, account); err != nil {
			return err
		}
	}
	return nil
}

// letIn makes AccessRole in an account, as AWS does in those that an organisation makes.
func (l *Lab) letIn(ctx context.Context, account string) error {
	client := iam.NewFromConfig(l.Config(account, l.Region()))
	_, err := client.CreateRole(ctx, &iam.CreateRoleInput{
		RoleName: aws.String(AccessRole), AssumeRolePolicyDocument: aws.String(`{"Version":"2012-10-17","Statement":[{` +
			`"Effect":"Allow","Principal":{"AWS":"` + rootOf(l.options.Management) + `"},"Action":"sts:AssumeRole"}]}`),
	})
	if err == nil {
		_, err = client.AttachRolePolicy(ctx, &iam.AttachRolePolicyInput{
			RoleName: aws.String(AccessRole), PolicyArn: aws.String("arn:aws:iam::aws:policy/AdministratorAccess"),
		})
	}
	if err != nil {
		return fmt.Errorf("role %s of account %s: %w", AccessRole, account, err)
	}
	return nil
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
