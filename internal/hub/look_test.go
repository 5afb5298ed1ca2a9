package hub_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/securityhub"
	"github.com/aws/aws-sdk-go-v2/service/securityhub/types"
	"github.com/google/go-cmp/cmp"

	"github.com/salve-security/salve/internal/finding"
	"github.com/salve-security/salve/internal/hub"
)

// found is a Security Hub that returns whatever has one of the ids, a page each.
type found []types.AwsSecurityFinding

func (f found) GetFindings(
	_ context.Context, in *securityhub.GetFindingsInput, _ ...func(*securityhub.Options),
) (*securityhub.GetFindingsOutput, error) {
	at := len(aws.ToString(in.NextToken))
	out := &securityhub.GetFindingsOutput{}
	for i, one := range f {
		asked := slices.ContainsFunc(in.Filters.Id, func(s types.StringFilter) bool { return *s.Value == *one.Id })
		if i == at && asked {
			out.Findings = append(out.Findings, one)
		}
	}
	if at+1 < len(f) {
		out.NextToken = aws.String("0123456789"[:at+1])
	}
	return out, nil
}

const ownProduct = "arn:aws:securityhub:us-east-1::product/aws/securityhub"

func stored(
	product, account string, compliance types.ComplianceStatus, workflow types.WorkflowStatus,
) types.AwsSecurityFinding {
	return types.AwsSecurityFinding{
		Id: aws.String("i"), ProductArn: &product, AwsAccountId: &account, Compliance: &types.Compliance{Status: compliance},
		Workflow: &types.Workflow{Status: workflow}, RecordState: types.RecordStateActive,
		UpdatedAt: aws.String("2026-11-21T09:30:00Z"),
	}
}

// TestLookKeepsStrangersApart: members import findings under their own product with the Id of Security Hub's, and the
// API is asked by Id. In whatever order they come back, only the finding that was asked for answers.
func TestLookKeepsStrangersApart(t *testing.T) {
	const member = "222222222222"
	asked := finding.Key{API: finding.ASFF, ID: "i", ProductArn: ownProduct, Account: member}
	real := stored(ownProduct, member, types.ComplianceStatusPassed, types.WorkflowStatusNew)
	forged := stored("arn:aws:securityhub:us-east-1:222222222222:product/222222222222/default", member,
		types.ComplianceStatusFailed, types.WorkflowStatusSuppressed)
	elsewhere := stored(ownProduct, "333333333333", types.ComplianceStatusFailed, types.WorkflowStatusSuppressed)
	want := map[finding.Key]finding.View{asked: {
		State:  finding.State{Compliance: "PASSED", Workflow: "NEW", RecordState: "ACTIVE"},
		Source: finding.FromControl, Updated: time.Date(2026, 11, 21, 9, 30, 0, 0, time.UTC),
	}}
	for name, order := range map[string]found{
		"strangers last": {real, forged, elsewhere}, "strangers first": {elsewhere, forged, real},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := hub.Look(t.Context(), order, []finding.Key{asked})
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(want, got); d != "" {
				t.Errorf("(-want +got):\n%s", d)
			}
		})
	}
}

// TestLookWithoutCompliance: a product's finding has none, and a control's that has none has not failed.
func TestLookWithoutCompliance(t *testing.T) {
	const guardDuty = "arn:aws:securityhub:us-east-1::product/aws/guardduty"
	bare := func(product string) types.AwsSecurityFinding {
		f := stored(product, "222222222222", "", types.WorkflowStatusNew)
		f.Compliance = nil
		return f
	}
	for product, failing := range map[string]bool{guardDuty: true, ownProduct: false} {
		asked := finding.Key{API: finding.ASFF, ID: "i", ProductArn: product, Account: "222222222222"}
		views, err := hub.Look(t.Context(), found{bare(product)}, []finding.Key{asked})
		if err != nil {
			t.Fatal(err)
		}
		if v, there := views[asked]; !there || v.Failing() != failing || v.Passed() {
			t.Errorf("%s: %+v, want failing %v", product, v, failing)
		}
	}
}

// asked keeps what was asked for.
type asked struct {
	filters []*types.AwsSecurityFindingFilters
}

func (a *asked) GetFindings(
	_ context.Context, in *securityhub.GetFindingsInput, _ ...func(*securityhub.Options),
) (*securityhub.GetFindingsOutput, error) {
	a.filters = append(a.filters, in.Filters)
	return &securityhub.GetFindingsOutput{}, nil
}

// TestLookAsksForWhatItWants: by Id, product and account, 20 findings in a call, so that those of strangers fill no
// pages.
func TestLookAsksForWhatItWants(t *testing.T) {
	var keys []finding.Key
	for i := range 21 {
		keys = append(keys, finding.Key{
			API: finding.ASFF, ID: string(rune('a' + i)), ProductArn: ownProduct, Account: "222222222222",
		})
	}
	var a asked
	if _, err := hub.Look(t.Context(), &a, keys); err != nil {
		t.Fatal(err)
	}
	var got [][3]int
	for _, f := range a.filters {
		got = append(got, [3]int{len(f.Id), len(f.ProductArn), len(f.AwsAccountId)})
	}
	if d := cmp.Diff([][3]int{{20, 1, 1}, {1, 1, 1}}, got); d != "" {
		t.Errorf("values of Id, product and account (-want +got):\n%s", d)
	}
}
