package main

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/securityhub"
	"github.com/aws/aws-sdk-go-v2/service/securityhub/types"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/engine/work"
	"github.com/salve-security/salve/internal/finding"
	labhub "github.com/salve-security/salve/internal/lab/securityhub"
	"github.com/salve-security/salve/playbooks"
)

// TestARegionNewerThanTheRelease: its findings are listed, and a global fix answers them.
func TestARegionNewerThanTheRelease(t *testing.T) {
	standards, err := playbooks.Load()
	if err != nil {
		t.Fatal(err)
	}
	at := service(t)
	const resource = "AWS::::Account:" + crowdMember
	f, err := labhub.SDKFinding(labhub.FindingSpec{
		Control: "IAM.7", Consolidated: true, Severity: "MEDIUM", Status: "FAILED", Account: crowdMember, Region: "eu-new-9",
		Resource: resource, ResourceType: "AwsAccount", At: time.Now().Add(-time.Hour),
	})
	if err != nil {
		t.Fatal(err)
	}
	// The lab's Security Hub has each Region apart: this one stands for the Region where findings come together.
	cfg, newer := at(crowdHub, "us-east-1"), at(crowdHub, "eu-new-9")
	out, err := securityhub.NewFromConfig(newer).BatchImportFindings(t.Context(), &securityhub.BatchImportFindingsInput{
		Findings: []types.AwsSecurityFinding{f},
	})
	if err != nil || len(out.FailedFindings) > 0 {
		t.Fatalf("import: %v %+v", err, out)
	}
	h := hub{own: newer, cfg: cfg}
	list := findingsList{Status: []string{"NEW"}, Limit: 3}
	if found, _, err := h.listed(t.Context(), list.filters(), list.Limit); err != nil || len(found) != 1 {
		t.Errorf("listed: %+v, %v", found, err)
	}
	open, err := h.openFindings(t.Context(), work.Request{
		Control: "IAM.7", Scope: finding.ScopeGlobal, Target: control.Target{
			Account: crowdMember, Region: "us-east-1", Partition: "aws", Resource: resource,
		},
	}, standards)
	if err != nil || len(open) != 1 {
		t.Errorf("open: %+v, %v", open, err)
	}
}
