package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/engine/work"
	"github.com/salve-security/salve/internal/finding"
	"github.com/salve-security/salve/internal/lab"
	labhub "github.com/salve-security/salve/internal/lab/securityhub"
	"github.com/salve-security/salve/internal/run"
	"github.com/salve-security/salve/playbooks"
)

// TestOpenFindings: a run that a person starts keeps of a finding what one that an event starts does.
func TestOpenFindings(t *testing.T) {
	const bucket = "arn:aws:s3:::logs-eu"
	raw, err := labhub.Finding(labhub.FindingSpec{
		Control: "S3.8", Consolidated: true, Account: "222222222222", Region: region,
		Resource: bucket, ResourceType: "AwsS3Bucket",
		At: time.Date(2026, 11, 1, 8, 0, 0, 0, time.UTC),
	})
	if err != nil {
		t.Fatal(err)
	}
	var says finding.Raw
	if err := json.Unmarshal(raw, &says); err != nil {
		t.Fatal(err)
	}
	standards, err := playbooks.Load()
	if err != nil {
		t.Fatal(err)
	}
	proven, err := finding.Identify(says, standards)
	if err != nil {
		t.Fatal(err)
	}
	api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = fmt.Fprintf(w, `{"Findings":[%s]}`, raw)
	}))
	defer api.Close()
	cfg := lab.Root(api.URL, lab.DefaultHub, region)
	got, err := hub{own: cfg, cfg: cfg}.openFindings(t.Context(), work.Request{
		Control: "S3.8", Scope: finding.Scope(proven),
		Target: control.Target{Account: "222222222222", Region: region, Partition: "aws", Resource: bucket},
	}, standards)
	want := []run.Finding{{
		Key: proven.Key(), Region: region, FirstSeen: proven.FirstSeen, Severity: proven.Severity, Product: proven.Product,
		Checked: proven.UpdatedAt, New: true, Rule: proven.ConfigRule, RuleIn: proven.Region,
		Said: run.Said(proven.Description, proven.Title),
	}}
	if d := cmp.Diff(want, got); d != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, d)
	}
	if proven.FirstSeen.IsZero() || proven.Severity == "" || proven.Product == "" {
		t.Errorf("the finding says too little: %+v", proven)
	}
}
