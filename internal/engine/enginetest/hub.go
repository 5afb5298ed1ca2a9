package enginetest

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"

	"github.com/aws/aws-sdk-go-v2/service/securityhub"
	"github.com/aws/smithy-go"

	"github.com/salve-security/salve/internal/finding"
	"github.com/salve-security/salve/internal/hub"
	labhub "github.com/salve-security/salve/internal/lab/securityhub"
)

// client is how a process writes to Security Hub and looks there: internal/hub on
// the lab's Security Hub, without a network.
type client struct {
	*hub.Client
	w *World
}

func (w *World) client() client {
	return client{Client: hub.New(func(region string) hub.API { return api{w, region} }), w: w}
}

func (c client) look(ctx context.Context, region string, keys []finding.Key) (map[finding.Key]finding.View, error) {
	return hub.Look(ctx, api{c.w, region}, keys)
}

// api is Security Hub in a Region as the hub's own account calls it.
type api struct {
	w      *World
	region string
}

// BatchUpdateFindings writes status and note of findings.
func (a api) BatchUpdateFindings(
	ctx context.Context, in *securityhub.BatchUpdateFindingsInput, _ ...func(*securityhub.Options),
) (*securityhub.BatchUpdateFindingsOutput, error) {
	out := &securityhub.BatchUpdateFindingsOutput{}
	c := Call{Service: SecurityHub, Operation: "BatchUpdateFindings", Write: true, Input: in}
	sent := map[string]any{"FindingIdentifiers": in.FindingIdentifiers, "Note": in.Note}
	if in.Workflow != nil {
		sent["Workflow"] = in.Workflow
	}
	return out, a.w.call(ctx, c, func() error { return a.send(http.MethodPatch, "/findings/batchupdate", sent, out) })
}

// GetFindings reads findings.
func (a api) GetFindings(
	ctx context.Context, in *securityhub.GetFindingsInput, _ ...func(*securityhub.Options),
) (*securityhub.GetFindingsOutput, error) {
	out := &securityhub.GetFindingsOutput{}
	c := Call{Service: SecurityHub, Operation: "GetFindings", Input: in}
	sent := map[string]any{"Filters": in.Filters, "NextToken": in.NextToken}
	return out, a.w.call(ctx, c, func() error { return a.send(http.MethodPost, "/findings", sent, out) })
}

// send is one request. The fields of the SDK carry the names of the API, so that encoding/json knows them.
func (a api) send(method, path string, in, out any) error {
	return a.sendAs(Hub, method, path, in, out)
}

func (a api) sendAs(account, method, path string, in, out any) error {
	body, err := json.Marshal(in)
	if err != nil {
		return fmt.Errorf("encode %s: %w", path, err)
	}
	request := httptest.NewRequest(method, path, bytes.NewReader(body))
	request.Header.Set(labhub.HeaderAccount, account)
	request.Header.Set(labhub.HeaderRegion, a.region)
	request.Header.Set(labhub.HeaderPrincipal, "arn:aws:iam::"+account+":root")
	answer := httptest.NewRecorder()
	a.w.hub.ServeHTTP(answer, request)
	if answer.Code != http.StatusOK {
		return &smithy.GenericAPIError{Code: answer.Header().Get("X-Amzn-ErrorType"), Message: answer.Body.String()}
	}
	if err := json.Unmarshal(answer.Body.Bytes(), out); err != nil {
		return fmt.Errorf("decode the answer of %s: %w", path, err)
	}
	return nil
}
