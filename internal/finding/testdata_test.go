package finding_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/salve-security/salve/internal/finding"
)

func file(t testing.TB, name string) []byte {
	t.Helper()
	body, err := os.ReadFile(filepath.Join("testdata", name+".json"))
	if err != nil {
		t.Fatal(err)
	}
	return body
}

// Whole events, with all that AWS sends and nobody reads.
func TestWholeEvents(t *testing.T) {
	group := "arn:aws:ec2:eu-west-1:444455556666:security-group/sg-0123456789abcdef0"
	tests := map[string]struct {
		kind   finding.Kind
		action string
		want   []finding.Finding
	}{
		"imported-consolidated": {kind: finding.Imported, want: []finding.Finding{{
			Account: "444455556666", Region: "eu-west-1", Partition: "aws", Control: "EC2.2", Consolidated: true,
			Standards: []string{"cis-1.2.0", "cis-5.0.0", "fsbp-1.0.0"}, Severity: "HIGH", AccountName: "workload-a",
			Description: "This control checks whether the default security group of a VPC allows traffic.",
			Resource:    finding.Resource{ID: group, Type: "AwsEc2SecurityGroup", Region: "eu-west-1", Partition: "aws"},
			ConfigRule:  "securityhub-vpc-default-security-group-closed-1a2b3c4d",
		}}},
		"click-cis-1.2.0": {
			kind: finding.CustomAction, action: "arn:aws:securityhub:us-east-1:111122223333:action/custom/Remediate",
			want: []finding.Finding{{
				Account: "444455556666", Region: "us-east-1", Partition: "aws", Control: "CloudTrail.2",
				Standard: "cis-1.2.0", Standards: []string{"cis-1.2.0"}, Severity: "MEDIUM",
				Description: "Trail has no KMS key.",
				Resource: finding.Resource{
					ID:   "arn:aws:cloudtrail:us-east-1:444455556666:trail/main",
					Type: "AwsCloudTrailTrail", Region: "us-east-1", Partition: "aws",
				},
			}},
		},
		"insight":     {kind: finding.Unknown},
		"imported-v2": {kind: finding.Unknown},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			event, err := finding.Decode(file(t, name))
			if err != nil {
				t.Fatal(err)
			}
			if event.Kind != test.kind || event.Action != test.action {
				t.Errorf("got %s of %q", event.Kind, event.Action)
			}
			var got []finding.Finding
			for _, raw := range event.Findings {
				f, err := event.Identify(raw, lists(t))
				if err != nil {
					t.Fatal(err)
				}
				if f.HubAccount != "111122223333" || f.HubRegion != event.Region || f.EventID != event.ID {
					t.Errorf("came from %s %s %s", f.HubAccount, f.HubRegion, f.EventID)
				}
				if f.UpdatedAt.Before(time.Date(2026, 10, 2, 0, 0, 0, 0, time.UTC)) {
					t.Errorf("updated at %s", f.UpdatedAt)
				}
				got = append(got, f)
			}
			rest := cmpopts.IgnoreFields(finding.Finding{}, "API", "ID", "ProductArn", "Product", "Source",
				"FirstSeen", "Title", "UpdatedAt", "EventID", "HubAccount", "HubRegion", "Compliance", "Workflow", "RecordState")
			if diff := cmp.Diff(test.want, got, rest); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}
