package hub

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/securityhub"
	"github.com/aws/aws-sdk-go-v2/service/securityhub/types"

	"github.com/salve-security/salve/internal/finding"
)

// perFilter is how many values AWS takes for one field of a filter.
// Source: Security Hub API reference, AwsSecurityFindingFilters.
const perFilter = 20

// Getter is what Look needs of a Security Hub client.
type Getter interface {
	GetFindings(ctx context.Context, in *securityhub.GetFindingsInput,
		opts ...func(*securityhub.Options)) (*securityhub.GetFindingsOutput, error)
}

// Look reads findings by their ids. Those that are no longer there are not in the answer.
func Look(ctx context.Context, api Getter, ids []string) (map[string]finding.View, error) {
	views := map[string]finding.View{}
	for part := range slices.Chunk(ids, perFilter) {
		filters := &types.AwsSecurityFindingFilters{}
		for _, id := range part {
			filters.Id = append(filters.Id, types.StringFilter{
				Comparison: types.StringFilterComparisonEquals, Value: aws.String(id),
			})
		}
		pages := securityhub.NewGetFindingsPaginator(api, &securityhub.GetFindingsInput{Filters: filters})
		for pages.HasMorePages() {
			page, err := pages.NextPage(ctx)
			if err != nil {
				return nil, fmt.Errorf("read %d findings: %w", len(part), err)
			}
			for _, f := range page.Findings {
				views[aws.ToString(f.Id)] = view(f)
			}
		}
	}
	return views, nil
}

func view(f types.AwsSecurityFinding) finding.View {
	failing := []types.ComplianceStatus{types.ComplianceStatusFailed, types.ComplianceStatusWarning}
	v := finding.View{
		Suppressed: f.Workflow != nil && f.Workflow.Status == types.WorkflowStatusSuppressed,

		Active:   f.RecordState == types.RecordStateActive,
		Passed:   f.Compliance != nil && f.Compliance.Status == types.ComplianceStatusPassed,
		Failed:   f.Compliance != nil && slices.Contains(failing, f.Compliance.Status),
		Resolved: f.Workflow != nil && f.Workflow.Status == types.WorkflowStatusResolved,
	}
	// A time that cannot be read counts as not looked since.
	v.Updated, _ = time.Parse(time.RFC3339, aws.ToString(f.UpdatedAt))
	return v
}
