package guardduty

import (
	"context"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/guardduty"
	"github.com/aws/aws-sdk-go-v2/service/guardduty/types"

	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/kind"
)

// members refuses where the account administers others and one of them is without the plan: AWS fails the
// administrator's control for it, which the account's own plan cannot mend. Source: Security Hub user guide, GuardDuty
// controls.
func (p plan) members(ctx context.Context, client *guardduty.Client, id *string) error {
	pages := guardduty.NewListMembersPaginator(client, &guardduty.ListMembersInput{
		DetectorId: id, OnlyAssociated: aws.String("true"),
	})
	var without []string
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return err
		}
		some, err := p.without(ctx, client, id, page.Members)
		if err != nil {
			return err
		}
		without = append(without, some...)
	}
	if len(without) == 0 {
		return nil
	}
	return fault.New(fault.Refused, "switch %s on for the members %s in GuardDuty, or take suspended ones out: "+
		"AWS fails the control while one of them is without, whatever this account has itself", p.what, kind.Few(without))
}

// without are those of some members, a page of them, that do not have the plan, or of which nobody can tell.
func (p plan) without(
	ctx context.Context, client *guardduty.Client, id *string, some []types.Member,
) ([]string, error) {
	var all []string
	for _, m := range some {
		all = append(all, aws.ToString(m.AccountId))
	}
	if len(all) == 0 {
		return nil, nil
	}
	out, err := client.GetMemberDetectors(ctx, &guardduty.GetMemberDetectorsInput{DetectorId: id, AccountIds: all})
	if err != nil {
		return nil, err
	}
	for _, m := range out.MemberDataSourceConfigurations {
		if p.met(m.Features) {
			all = slices.DeleteFunc(all, func(account string) bool { return account == aws.ToString(m.AccountId) })
		}
	}
	return all, nil
}

// met tells that a member has all of the plan.
func (p plan) met(features []types.MemberFeaturesConfigurationResult) bool {
	var own []types.DetectorFeatureConfigurationResult
	for _, f := range features {
		is := types.DetectorFeatureConfigurationResult{Name: types.DetectorFeatureResult(f.Name), Status: f.Status}
		for _, c := range f.AdditionalConfiguration {
			is.AdditionalConfiguration = append(is.AdditionalConfiguration, types.DetectorAdditionalConfigurationResult{
				Name: types.FeatureAdditionalConfiguration(c.Name), Status: c.Status,
			})
		}
		own = append(own, is)
	}
	now, err := p.of(own)
	return err == nil && on(now)
}
