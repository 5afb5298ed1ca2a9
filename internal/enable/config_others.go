package enable

import (
	"context"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/configservice"
	"github.com/aws/aws-sdk-go-v2/service/configservice/types"
)

// othersConfig is what the administrator has of AWS Config for the organization, and this run does not delete: without
// the delegation an aggregator gets nothing any more, and nobody can change or delete rules and conformance packs that
// were rolled out to all accounts.
func othersConfig(ctx context.Context, e Env, cfg aws.Config) ([]string, error) {
	aggregators, err := configIn{e}.sources(ctx)
	if err != nil {
		return nil, err
	}
	aggregators = slices.DeleteFunc(aggregators, func(a types.ConfigurationAggregator) bool {
		return e.Home() && aws.ToString(a.ConfigurationAggregatorName) == aggregatorName
	})
	all := named(aggregators, "aggregator", func(a types.ConfigurationAggregator) *string {
		return a.ConfigurationAggregatorName
	})
	client := configservice.NewFromConfig(cfg)
	rules := configservice.NewDescribeOrganizationConfigRulesPaginator(client,
		&configservice.DescribeOrganizationConfigRulesInput{})
	for rules.HasMorePages() {
		page, err := rules.NextPage(ctx)
		if err != nil {
			return nil, fmt.Errorf("rules of the organization: %w", err)
		}
		all = append(all, named(page.OrganizationConfigRules, "organization rule",
			func(r types.OrganizationConfigRule) *string { return r.OrganizationConfigRuleName })...)
	}
	packs := configservice.NewDescribeOrganizationConformancePacksPaginator(client,
		&configservice.DescribeOrganizationConformancePacksInput{})
	for packs.HasMorePages() {
		page, err := packs.NextPage(ctx)
		if err != nil {
			return nil, fmt.Errorf("conformance packs of the organization: %w", err)
		}
		all = append(all, named(page.OrganizationConformancePacks, "organization conformance pack",
			func(p types.OrganizationConformancePack) *string { return p.OrganizationConformancePackName })...)
	}
	return all, nil
}
