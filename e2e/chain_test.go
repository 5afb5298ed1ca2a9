package e2e

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	hubtypes "github.com/aws/aws-sdk-go-v2/service/securityhub/types"

	"github.com/salve-security/salve/internal/gate"
	labhub "github.com/salve-security/salve/internal/lab/securityhub"
	"github.com/salve-security/salve/internal/names"
	"github.com/salve-security/salve/internal/wire"
)

func bucketFinding(account, resource string) labhub.FindingSpec {
	return labhub.FindingSpec{
		Control: "S3.8", Title: "S3 general purpose buckets should block public access", Consolidated: true,
		Severity: "HIGH", Account: account, Resource: resource, ResourceType: "AwsS3Bucket",
	}
}

func (w world) configure(t *testing.T, doc string) {
	t.Helper()
	settings, err := wire.FromEnv(func(name string) string { return w.env[name] })
	if err != nil {
		t.Fatal(err)
	}
	book := wire.Ledger(w.hub(), settings)
	_, version, err := book.Config(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := book.PushConfig(t.Context(), gate.Push{Doc: doc, Over: version}); err != nil {
		t.Fatal(err)
	}
}

// TestImportedFindingIsFixed is first light: a finding of a control in mode
// auto goes all the way, and our own updates start nothing more.
func TestImportedFindingIsFixed(t *testing.T) {
	w := newWorld(t)
	w.configure(t, `{"version":1,"controls":{"S3.8":{"mode":"auto"}}}`)
	member := w.Members()[0]
	arn := w.publicBucket(t, member, "logs-eu")
	w.ClearCalls()
	id := w.report(t, bucketFinding(member, arn))

	notice := w.told(t)
	if notice["kind"] != "fixed" || notice["control"] != "S3.8" || notice["account"] != member {
		t.Errorf("notice %v", notice)
	}
	if n := w.open(t, member, "logs-eu"); n != 0 {
		t.Errorf("%d flags are still off", n)
	}
	f := w.finding(t, id)
	if f.Workflow.Status != hubtypes.WorkflowStatusResolved || f.Note == nil ||
		!strings.Contains(*f.Note.Text, "salve undo r") {
		t.Errorf("workflow %v, note %+v", f.Workflow.Status, f.Note)
	}
	writes := 0
	for _, c := range w.Calls(0) {
		if c.Operation == "PutPublicAccessBlock" {
			writes++
		}
	}
	if writes != 1 {
		t.Errorf("%d writes, want 1", writes)
	}
}

// TestClickIsFixed: without any configuration a person's click is enough.
func TestClickIsFixed(t *testing.T) {
	w := newWorld(t)
	member := w.Members()[0]
	arn := w.publicBucket(t, member, "clicked")
	id := w.report(t, bucketFinding(member, arn))
	w.click(t, id)
	if notice := w.told(t); notice["kind"] != "fixed" {
		t.Errorf("notice %v", notice)
	}
	if f := w.finding(t, id); f.Workflow.Status != hubtypes.WorkflowStatusResolved {
		t.Errorf("workflow %v", f.Workflow.Status)
	}
}

// click presses Remediate on a finding, as a person does in the console.
func (w world) click(t *testing.T, id string) {
	t.Helper()
	body, err := json.Marshal(map[string]any{
		"FindingIds": []string{id}, "ActionTargetArn": w.env[names.EnvActionARN],
	})
	if err != nil {
		t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, w.Endpoint()+"/_lab/click", bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	if res.StatusCode >= http.StatusBadRequest {
		t.Fatalf("click: %s", res.Status)
	}
}
