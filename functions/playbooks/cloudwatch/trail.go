package cloudwatch

import (
	"context"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail/types"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
)

// readGroups finds the log groups of this account and Region that a trail of all Regions writes all management
// events to. A filter on any other group would count nothing.
func readGroups(ctx context.Context, env control.Env, now watch) error {
	client := cloudtrail.NewFromConfig(env.Config)
	out, err := client.DescribeTrails(ctx, &cloudtrail.DescribeTrailsInput{})
	if err != nil {
		return err
	}
	for _, trail := range out.TrailList {
		group, here := strings.CutPrefix(aws.ToString(trail.CloudWatchLogsLogGroupArn), arn(env.Target, "logs", "log-group:"))
		if !here || !aws.ToBool(trail.IsMultiRegionTrail) {
			continue
		}
		complete, err := watchesAll(ctx, client, trail.TrailARN)
		// A trail that was deleted meanwhile is one less; it is not the account that is gone.
		if err != nil && fault.Of(err) != fault.Gone {
			return err
		}
		if complete {
			now.Groups[strings.TrimSuffix(group, ":*")] = true
		}
	}
	return nil
}

// watchesAll tells that a trail is on and records management events, reads and writes.
func watchesAll(ctx context.Context, client *cloudtrail.Client, trail *string) (bool, error) {
	status, err := client.GetTrailStatus(ctx, &cloudtrail.GetTrailStatusInput{Name: trail})
	if err != nil || !aws.ToBool(status.IsLogging) {
		return false, err
	}
	out, err := client.GetEventSelectors(ctx, &cloudtrail.GetEventSelectorsInput{TrailName: trail})
	if err != nil {
		return false, err
	}
	// Without any selector a trail records all management events.
	return len(out.EventSelectors)+len(out.AdvancedEventSelectors) == 0 ||
		slices.ContainsFunc(out.EventSelectors, func(s types.EventSelector) bool {
			return aws.ToBool(s.IncludeManagementEvents) && s.ReadWriteType == types.ReadWriteTypeAll
		}) || slices.ContainsFunc(out.AdvancedEventSelectors, allManagement), nil
}

// allManagement tells a selector of management events that leaves out no more than chatty services.
func allManagement(s types.AdvancedEventSelector) bool {
	management := false
	for _, f := range s.FieldSelectors {
		switch aws.ToString(f.Field) {
		case "eventCategory":
			management = slices.Contains(f.Equals, "Management")
		case "eventSource":
			if len(f.Equals)+len(f.StartsWith)+len(f.EndsWith) > 0 {
				return false
			}
		default:
			return false
		}
	}
	return management
}
