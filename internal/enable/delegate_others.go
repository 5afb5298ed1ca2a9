package enable

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/guardduty"
	gdtypes "github.com/aws/aws-sdk-go-v2/service/guardduty/types"
	"github.com/aws/aws-sdk-go-v2/service/inspector2"
	inspectortypes "github.com/aws/aws-sdk-go-v2/service/inspector2/types"
	"github.com/aws/aws-sdk-go-v2/service/macie2"
	macietypes "github.com/aws/aws-sdk-go-v2/service/macie2/types"
	"github.com/aws/aws-sdk-go-v2/service/securityhub"
	hubtypes "github.com/aws/aws-sdk-go-v2/service/securityhub/types"
)

// What an administrator has made that works on the members: without the delegation it works on its own account only.
// Salve makes none of these.

// othersHub are automation rules.
func othersHub(ctx context.Context, _ Env, cfg aws.Config) ([]string, error) {
	client := securityhub.NewFromConfig(cfg)
	in := &securityhub.ListAutomationRulesInput{}
	var all []string
	for {
		out, err := client.ListAutomationRules(ctx, in)
		if err != nil {
			return nil, fmt.Errorf("automation rules of Security Hub: %w", err)
		}
		all = append(all, named(out.AutomationRulesMetadata, "automation rule",
			func(r hubtypes.AutomationRulesMetadata) *string { return r.RuleName })...)
		if in.NextToken = out.NextToken; aws.ToString(in.NextToken) == "" {
			return all, nil
		}
	}
}

// othersGuardDuty are filters, lists of addresses, and where findings are written to.
func othersGuardDuty(ctx context.Context, _ Env, cfg aws.Config) ([]string, error) {
	client := guardduty.NewFromConfig(cfg)
	id, err := detectorOf(ctx, client)
	if err != nil || id == "" {
		return nil, err
	}
	var all []string
	text := func(s string) *string { return &s }
	filters := guardduty.NewListFiltersPaginator(client, &guardduty.ListFiltersInput{DetectorId: &id})
	for filters.HasMorePages() {
		page, err := filters.NextPage(ctx)
		if err != nil {
			return nil, fmt.Errorf("filters of GuardDuty: %w", err)
		}
		all = append(all, named(page.FilterNames, "filter", text)...)
	}
	trusted := guardduty.NewListIPSetsPaginator(client, &guardduty.ListIPSetsInput{DetectorId: &id})
	for trusted.HasMorePages() {
		page, err := trusted.NextPage(ctx)
		if err != nil {
			return nil, fmt.Errorf("trusted addresses of GuardDuty: %w", err)
		}
		all = append(all, named(page.IpSetIds, "list of trusted addresses", text)...)
	}
	threats := guardduty.NewListThreatIntelSetsPaginator(client, &guardduty.ListThreatIntelSetsInput{DetectorId: &id})
	for threats.HasMorePages() {
		page, err := threats.NextPage(ctx)
		if err != nil {
			return nil, fmt.Errorf("threat lists of GuardDuty: %w", err)
		}
		all = append(all, named(page.ThreatIntelSetIds, "threat list", text)...)
	}
	exports := guardduty.NewListPublishingDestinationsPaginator(client,
		&guardduty.ListPublishingDestinationsInput{DetectorId: &id})
	for exports.HasMorePages() {
		page, err := exports.NextPage(ctx)
		if err != nil {
			return nil, fmt.Errorf("where GuardDuty writes findings: %w", err)
		}
		all = append(all, named(page.Destinations, "export of findings",
			func(d gdtypes.Destination) *string { return d.DestinationId })...)
	}
	return all, nil
}

// othersInspector are filters, which suppress findings, and CIS scans.
func othersInspector(ctx context.Context, _ Env, cfg aws.Config) ([]string, error) {
	client := inspector2.NewFromConfig(cfg)
	var all []string
	filters := inspector2.NewListFiltersPaginator(client, &inspector2.ListFiltersInput{})
	for filters.HasMorePages() {
		page, err := filters.NextPage(ctx)
		if err != nil {
			return nil, fmt.Errorf("filters of Inspector: %w", err)
		}
		all = append(all, named(page.Filters, "filter", func(f inspectortypes.Filter) *string { return f.Name })...)
	}
	scans := inspector2.NewListCisScanConfigurationsPaginator(client, &inspector2.ListCisScanConfigurationsInput{})
	for scans.HasMorePages() {
		page, err := scans.NextPage(ctx)
		if err != nil {
			return nil, fmt.Errorf("CIS scans of Inspector: %w", err)
		}
		all = append(all, named(page.ScanConfigurations, "CIS scan",
			func(c inspectortypes.CisScanConfiguration) *string { return c.ScanName })...)
	}
	return all, nil
}

// othersMacie are jobs that have not ended.
func othersMacie(ctx context.Context, _ Env, cfg aws.Config) ([]string, error) {
	jobs := macie2.NewListClassificationJobsPaginator(macie2.NewFromConfig(cfg), &macie2.ListClassificationJobsInput{})
	var all []string
	for jobs.HasMorePages() {
		page, err := jobs.NextPage(ctx)
		if err != nil {
			return nil, fmt.Errorf("jobs of Macie: %w", err)
		}
		for _, j := range page.Items {
			if j.JobStatus != macietypes.JobStatusComplete && j.JobStatus != macietypes.JobStatusCancelled {
				all = append(all, "job "+aws.ToString(j.Name))
			}
		}
	}
	return all, nil
}
