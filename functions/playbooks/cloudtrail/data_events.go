package cloudtrail

import (
	"context"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail/types"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/kind"
)

// paramTrail is the parameter with the trail that gets the selector.
const paramTrail = "trailName"

// mostOlder is how many selectors of the older kind a trail may have. Source: CloudTrail user guide, quotas.
const mostOlder = 5

// dataEvents are what trails of all Regions record of the objects in S3.
type dataEvents struct {
	// Selectors are those of the trails that can be changed here, by trail and by what they say.
	Selectors map[string]map[string]string
	// On are those of them that are on, and Shared those that record the accounts of an organization.
	On     map[string]bool `salve:"fact"`
	Shared map[string]bool `salve:"fact"`
	// Elsewhere are trails that show here and cannot be changed here, by ARN.
	Elsewhere map[string]objectEvents `salve:"fact"`
}

// objectEvents are what a trail of another Region or account records, if it is on. Hidden is one that lets nobody look.
type objectEvents struct{ On, Own, Hidden, Reads, Writes bool }

// DataEvents returns the controls that have a trail record who reads and who writes the objects of all buckets.
func DataEvents() []control.Control {
	return []control.Control{recorder("S3.22", "write", true), recorder("S3.23", "read", false)}
}

func recorder(id, what string, writes bool) control.Control {
	return control.Of[dataEvents]{
		Info: control.Info{
			ID: id, State: "cloudtrail.data-events",
			Effect: "A trail of all Regions records each " + what + " of an object in any bucket of the account, also in " +
				"those that will be made, beside what it records already. CloudTrail bills each 100,000 of these events, and " +
				"where the trail has a log group CloudWatch bills them too: look at the number of S3 requests first.",
			Fails: control.Fails{
				When: "No trail of all Regions that shows in the Region is on and records all " + what + " events of objects in " +
					"all buckets, those to come among them, without a field that leaves some out.",
				Rule: "cloudtrail-all-" + what + "-s3-data-event-check",
			},
			Impact:  control.ImpactNone,
			Pattern: regexp.MustCompile(`^AWS::::Account:(\d{12})$`),
			Params: []control.Param{{
				Name: paramTrail, Default: "", Pattern: regexp.MustCompile(`^([0-9A-Za-z][0-9A-Za-z._-]{2,127})?$`),
				Meaning: "Trail of all Regions that records the events; empty for one that is on and not an organization's.",
				Form:    "the name of a trail, or nothing",
			}},
			Actions: []string{
				"cloudtrail:DescribeTrails", "cloudtrail:GetEventSelectors", "cloudtrail:GetTrailStatus",
				"cloudtrail:PutEventSelectors",
			},
			Narrow: func(env control.Env) []string { return []string{env.Target.ARN("cloudtrail", "trail/*")} },
			Lock:   func(control.Env) []string { return []string{"account trails"} },
		},
		Read: readDataEvents,
		Want: func(now dataEvents, env control.Env) (dataEvents, error) { return now.want(env, writes) },
		Write: func(ctx context.Context, env control.Env, from, to dataEvents) error {
			return kind.Whole[dataEvents]{
				Read: readDataEvents,
				Put: func(ctx context.Context, env control.Env, next dataEvents) error {
					for _, name := range slices.Sorted(maps.Keys(next.Selectors)) {
						if maps.Equal(from.Selectors[name], to.Selectors[name]) {
							continue
						}
						if err := putSelectors(ctx, env, name, next.Selectors[name]); err != nil {
							return err
						}
					}
					return nil
				},
			}.Write(ctx, env, from, to)
		},
	}.Control()
}

// want adds a selector to the trail that is best: one more trail would be billed for all events again.
func (now dataEvents) want(env control.Env, writes bool) (dataEvents, error) {
	if now.complies(env.Target.Partition, writes) {
		return now, nil
	}
	name, err := now.choose(env, writes)
	if err != nil {
		return now, err
	}
	set := now.Selectors[name]
	label, text, err := ownSelector(env.Target.Partition, writes, isNewer(set))
	if err != nil {
		return now, err
	}
	if !isNewer(set) && len(set) >= mostOlder {
		return now, fault.New(fault.Refused, "merge two event selectors of the trail %s, or name another trail in the "+
			"parameter %s: it has the %d that CloudTrail takes", name, paramTrail, mostOlder)
	}
	set[label] = text
	return now, nil
}

// complies tells that a trail that is on records the objects already, wherever it is.
func (now dataEvents) complies(partition string, writes bool) bool {
	for name, on := range now.On {
		if on && recordsObjects(partition, writes, now.Selectors[name]) {
			return true
		}
	}
	for _, t := range now.Elsewhere {
		if t.On && (writes && t.Writes || !writes && t.Reads) {
			return true
		}
	}
	return false
}

// choose is the trail that gets the selector: the named one, or of those that are on and the account's alone one that
// records the other half already, then the first by name.
func (now dataEvents) choose(env control.Env, writes bool) (string, error) {
	if err := now.reserved(env.Target.Region); err != nil {
		return "", err
	}
	best := ""
	for _, name := range slices.Sorted(maps.Keys(now.On)) {
		switch named := env.Params.Text(paramTrail); {
		case !now.On[name]:
		case named == name:
			return name, nil
		case named != "" || now.Shared[name]:
		case best == "" || !recordsObjects(env.Target.Partition, !writes, now.Selectors[best]) &&
			recordsObjects(env.Target.Partition, !writes, now.Selectors[name]):
			best = name
		}
	}
	if best == "" {
		return "", fault.New(fault.Refused, "fix CloudTrail.1 first, or name a trail in the parameter %s, an organization's "+
			"maybe, which records all its accounts: none of all Regions that is on and the account's own is in %s",
			paramTrail, env.Target.Region)
	}
	return best, nil
}

// reserved refuses where a trail that cannot be changed here has to be looked at first.
func (now dataEvents) reserved(region string) error {
	for _, arn := range slices.Sorted(maps.Keys(now.Elsewhere)) {
		switch t := now.Elsewhere[arn]; {
		case t.Hidden:
			return fault.New(fault.Refused, "have the owner of the trail %s look whether it records the objects of all "+
				"buckets, or make an exception: this account may not look, and a second copy would be billed", arn)
		case t.On && t.Own && len(now.On) == 0:
			return fault.New(fault.Refused, "fix the finding of Region %s: the trail %s cannot be changed from %s",
				strings.Split(arn, ":")[3], arn, region)
		}
	}
	return nil
}

func readDataEvents(ctx context.Context, env control.Env) (dataEvents, error) {
	now := dataEvents{
		Selectors: map[string]map[string]string{}, On: map[string]bool{}, Shared: map[string]bool{},
		Elsewhere: map[string]objectEvents{},
	}
	client := cloudtrail.NewFromConfig(env.Config)
	out, err := client.DescribeTrails(ctx, &cloudtrail.DescribeTrailsInput{})
	if err != nil {
		return now, err
	}
	for _, t := range out.TrailList {
		if !aws.ToBool(t.IsMultiRegionTrail) {
			continue
		}
		// A trail that was deleted meanwhile is one less; it is not the account that is gone.
		if err := now.add(ctx, env, client, t); err != nil && fault.Of(err) != fault.Gone {
			return now, err
		}
	}
	return now, nil
}

// add adds a trail to what is seen.
func (now dataEvents) add(ctx context.Context, env control.Env, client *cloudtrail.Client, t types.Trail) error {
	arn, part := aws.ToString(t.TrailARN), env.Target.Partition
	own := strings.Contains(arn, ":"+env.Target.Account+":trail/")
	on, selectors, err := watching(ctx, client, arn)
	switch {
	case fault.Of(err) == fault.Denied && !own:
		now.Elsewhere[arn] = objectEvents{Hidden: true}
		return nil
	case err != nil:
		return err
	}
	set, err := labelled(part, selectors)
	if err != nil {
		return err
	}
	if !own || aws.ToString(t.HomeRegion) != env.Target.Region {
		now.Elsewhere[arn] = objectEvents{
			On: on, Own: own, Reads: recordsObjects(part, false, set), Writes: recordsObjects(part, true, set),
		}
		return nil
	}
	name := aws.ToString(t.Name)
	now.Selectors[name] = set
	if on {
		now.On[name] = true
	}
	if aws.ToBool(t.IsOrganizationTrail) {
		now.Shared[name] = true
	}
	return nil
}
