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
	"github.com/salve-security/salve/internal/plain"
)

// perFilter is how many values AWS takes for one field of a filter.
// Source: Security Hub API reference, AwsSecurityFindingFilters.
const perFilter = 20

// Getter is what Look needs of a Security Hub client.
type Getter interface {
	GetFindings(ctx context.Context, in *securityhub.GetFindingsInput,
		opts ...func(*securityhub.Options)) (*securityhub.GetFindingsOutput, error)
}

// Look reads findings, 20 in a call. Those that are no longer there are not in the answer, and neither are others that
// have the same Id, which anybody may give to a finding of their own: AWS is asked by Id, product and account, so that
// strangers fill no pages, and what it returns is compared once more, because a filter of several values takes them in
// any combination.
func Look(ctx context.Context, api Getter, keys []finding.Key) (map[finding.Key]finding.View, error) {
	views := map[finding.Key]finding.View{}
	for part := range slices.Chunk(keys, perFilter) {
		filters := &types.AwsSecurityFindingFilters{}
		for _, key := range part {
			filters.Id = with(filters.Id, key.ID)
			filters.ProductArn = with(filters.ProductArn, key.ProductArn)
			filters.AwsAccountId = with(filters.AwsAccountId, key.Account)
		}
		pages := securityhub.NewGetFindingsPaginator(api, &securityhub.GetFindingsInput{Filters: filters})
		for pages.HasMorePages() {
			page, err := pages.NextPage(ctx)
			if err != nil {
				return nil, fmt.Errorf("read %s: %w", plain.Count(len(part), "finding"), err)
			}
			for _, f := range page.Findings {
				if key := keyOf(f); slices.Contains(part, key) {
					views[key] = view(f, key)
				}
			}
		}
	}
	return views, nil
}

// with adds a value to a filter, once.
func with(list []types.StringFilter, value string) []types.StringFilter {
	if slices.ContainsFunc(list, func(f types.StringFilter) bool { return aws.ToString(f.Value) == value }) {
		return list
	}
	return append(list, types.StringFilter{Comparison: types.StringFilterComparisonEquals, Value: &value})
}

func keyOf(f types.AwsSecurityFinding) finding.Key {
	return finding.Key{
		API: finding.ASFF, ID: aws.ToString(f.Id), ProductArn: aws.ToString(f.ProductArn),
		Account: aws.ToString(f.AwsAccountId),
	}
}

func view(f types.AwsSecurityFinding, key finding.Key) finding.View {
	v := finding.View{Source: key.Source(), State: finding.State{RecordState: string(f.RecordState)}}
	if f.Compliance != nil {
		v.Compliance = string(f.Compliance.Status)
		// What cannot be read counts as not said.
		v.Params, _ = finding.Params(params(f.Compliance.SecurityControlParameters))
	}
	if f.Workflow != nil {
		v.Workflow = string(f.Workflow.Status)
	}
	if f.Note != nil {
		v.Note = finding.Words(aws.ToString(f.Note.UpdatedBy), aws.ToString(f.Note.Text))
	}
	// A time that cannot be read counts as not looked since.
	v.Updated, _ = time.Parse(time.RFC3339, aws.ToString(f.UpdatedAt))
	return v
}

func params(list []types.SecurityControlParameter) []finding.RawParam {
	out := make([]finding.RawParam, len(list))
	for i, p := range list {
		out[i] = finding.RawParam{Name: aws.ToString(p.Name), Value: p.Value}
	}
	return out
}
