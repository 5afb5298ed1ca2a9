package doctor

import (
	"context"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/securityhub"
)

// aggregation: findings of the Region come together where Salve is.
func aggregation() Check {
	needs := []string{"securityhub:ListFindingAggregators", "securityhub:GetFindingAggregator"}
	ask := func(ctx context.Context, p *Patient) Answer {
		client := securityhub.NewFromConfig(p.Own)
		list, err := client.ListFindingAggregators(ctx, &securityhub.ListFindingAggregatorsInput{})
		if err != nil {
			return unread(err, needs...)
		}
		if len(list.FindingAggregators) == 0 {
			if p.Region == p.Home {
				return ok("findings of %s alone reach Salve: there is no aggregation", p.Home)
			}
			return wrong(p.aws("securityhub create-finding-aggregator --region-linking-mode SPECIFIED_REGIONS --regions %s",
				p.Region), "findings of %s do not reach Salve in %s: there is no aggregation", p.Region, p.Home)
		}
		at := list.FindingAggregators[0].FindingAggregatorArn
		one, err := client.GetFindingAggregator(ctx, &securityhub.GetFindingAggregatorInput{FindingAggregatorArn: at})
		if err != nil {
			return unread(err, needs...)
		}
		return p.covered(one)
	}
	return Check{Name: "aggregation", Needs: needs, ask: ask}
}

// covered says whether the findings of the Region are among those that come together here.
func (p *Patient) covered(a *securityhub.GetFindingAggregatorOutput) Answer {
	if home := aws.ToString(a.FindingAggregationRegion); home != p.Home {
		return wrong("work with the hub in "+home+": AWS_REGION="+home,
			"findings come together in %s, Salve is asked for in %s", home, p.Home)
	}
	covered, left := true, ""
	switch mode := aws.ToString(a.RegionLinkingMode); mode {
	case "ALL_REGIONS":
	case "ALL_REGIONS_EXCEPT_SPECIFIED":
		covered = !slices.Contains(a.Regions, p.Region)
		left = ", but those of " + strings.Join(a.Regions, ", ")
	case "SPECIFIED_REGIONS":
		covered = slices.Contains(a.Regions, p.Region)
		left = ": those of " + strings.Join(a.Regions, ", ") + " and no others"
	default:
		covered = false
		left = ": those of no other Region"
	}
	if !covered && p.Region != p.Home {
		return wrong(p.aws("securityhub get-finding-aggregator --finding-aggregator-arn %s",
			aws.ToString(a.FindingAggregatorArn))+" shows the list for update-finding-aggregator",
			"findings of %s do not reach Salve in %s%s", p.Region, p.Home, left)
	}
	return ok("findings come together in %s, where Salve is%s", p.Home, left)
}
