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

	"github.com/salve-security/salve/functions/playbooks/needs"
	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/kind"
	"github.com/salve-security/salve/internal/names"
)

// ownTrail is the trail that Salve makes where an account has none.
const ownTrail = names.Trail

// trails are what records an account, seen from one Region.
type trails struct {
	// Trails are those that the account owns and that are at home in this Region, by name.
	Trails map[string]trail
	// Logging are those of them that are on: apart, since a trail that is made is off at first.
	Logging map[string]bool
	// Buckets is the bucket for the trail that would be made, once it is there.
	Buckets map[string]needs.Bucket

	// Events are how much of the management events trails of the account record, by name.
	Events map[string]events `salve:"fact"`
	// Elsewhere are trails that show here and cannot be changed here: of another Region or account, by ARN.
	Elsewhere map[string]elsewhere `salve:"fact"`
	// Trouble is why no trail can write into the bucket.
	Trouble string `salve:"fact"`
}

// trail is what the controls write of one.
type trail struct {
	Bucket     string
	AllRegions bool
	Global     bool // events of services that have no Region
	Validated  bool
}

// elsewhere is a trail that cannot be changed here. Hidden is one of another account that lets nobody look.
type elsewhere struct {
	Logging, AllRegions, Own, Hidden bool
	Events                           events
}

// events are how much of the management events a trail records.
type events string

const (
	allEvents  events = "all"
	someEvents events = "some"
	noEvents   events = "none"
)

// logs is CloudTrail as it writes into a bucket.
// Source: CloudTrail user guide, Amazon S3 bucket policy for CloudTrail.
func logs() needs.Writer {
	return needs.Writer{
		Service: "cloudtrail.amazonaws.com", Purpose: "cloudtrail", Looks: []string{"s3:GetBucketAcl"},
		Puts: "AWSLogs/ACCOUNT/*", Source: "cloudtrail:*:ACCOUNT:trail/*", OwnACL: true,
	}
}

// Trails returns the controls that ask an account for a trail.
func Trails() []control.Control {
	return []control.Control{
		trailed(control.Info{
			ID: "CloudTrail.1",
			Fails: control.Fails{
				When: "No trail of all Regions that shows in the Region is on and records all management events, reads and " +
					"writes, without leaving out those of KMS or of the RDS Data API.",
				Rule: "multi-region-cloudtrail-enabled",
			},
		}, true),
		trailed(control.Info{
			ID:    "CloudTrail.3",
			Fails: control.Fails{When: "No trail that shows in the Region is on.", Rule: "cloudtrail-enabled"},
		}, false),
	}
}

// trailed returns the control that wants a trail: of the whole, or any.
func trailed(info control.Info, whole bool) control.Control {
	info.State, info.Impact = "cloudtrail.trails", control.ImpactNone
	info.Effect = "A trail that is there is turned on, and into one of all Regions where that is asked for; an account " +
		"without any gets the trail " + ownTrail + " and a bucket for its logs. S3 is billed for what lies there; a second " +
		"copy of an account's management events is billed too, such as where trails of single Regions stay beside one of " +
		"all. A log group, a topic and alarms of a trail get the events of the other Regions as well."
	info.Pattern = regexp.MustCompile(`^AWS::::Account:(\d{12})$`)
	info.Params = []control.Param{logs().BucketParam("the logs of a trail that is made")}
	info.Actions = append(needs.BucketActions(), "cloudtrail:CreateTrail", "cloudtrail:DescribeTrails",
		"cloudtrail:GetEventSelectors", "cloudtrail:GetTrailStatus", "cloudtrail:StartLogging", "cloudtrail:UpdateTrail")
	info.UndoActions = []string{"cloudtrail:DeleteTrail", "cloudtrail:StopLogging"}
	info.OneWay = map[string]string{"Buckets/*": needs.LeftBuckets}
	info.Narrow = func(env control.Env) []string {
		return []string{env.Target.ARN("cloudtrail", "trail/*"), logs().BucketARN(env)}
	}
	info.Lock = func(control.Env) []string { return []string{"account trails"} }
	return control.Of[trails]{
		Info: info, Write: writeTrails,
		Read: readTrails,
		Want: func(now trails, env control.Env) (trails, error) {
			if whole && now.wholly() || !whole && now.somehow() {
				return now, nil
			}
			return now.want(env, whole)
		},
	}.Control()
}

// wholly tells that a trail records all that CloudTrail.1 asks for.
func (now trails) wholly() bool {
	for name, t := range now.Trails {
		if now.Logging[name] && t.AllRegions && now.recordsAll(name) {
			return true
		}
	}
	for _, t := range now.Elsewhere {
		if t.Logging && t.AllRegions && t.Events == allEvents {
			return true
		}
	}
	return false
}

// recordsAll tells that a trail records all management events, as one does that is still to be made.
func (now trails) recordsAll(name string) bool {
	some, there := now.Events[name]
	return !there || some == allEvents
}

// somehow tells that any trail is on.
func (now trails) somehow() bool {
	for _, t := range now.Elsewhere {
		if t.Logging {
			return true
		}
	}
	return len(now.Logging) > 0
}

// want turns on and widens a trail that is there before it makes one: a second copy of the events is billed.
func (now trails) want(env control.Env, whole bool) (trails, error) {
	if name := now.best(whole); name != "" {
		t := now.Trails[name]
		if whole {
			t.AllRegions, t.Global = true, true
		}
		now.Trails[name], now.Logging[name] = t, true
		return now, nil
	}
	if err := now.inTheWay(env, whole); err != nil {
		return now, err
	}
	bucket := logs().Wanted(env, now.Buckets)
	now.Trails[ownTrail] = trail{Bucket: bucket, AllRegions: true, Global: true, Validated: true}
	now.Logging[ownTrail] = true
	return now, nil
}

// inTheWay refuses to make a trail beside one that a person should rather change, or where it could not write.
func (now trails) inTheWay(env control.Env, whole bool) error {
	for _, name := range slices.Sorted(maps.Keys(now.Trails)) {
		if now.Events[name] == someEvents {
			return fault.New(fault.Refused, "have the trail %s record all management events, reads and writes, and leave "+
				"out none: somebody chose what it leaves out, and a second trail beside it would be billed", name)
		}
	}
	for _, arn := range slices.Sorted(maps.Keys(now.Elsewhere)) {
		t := now.Elsewhere[arn]
		if t.Hidden {
			return fault.New(fault.Refused, "have the owner of the trail %s look whether it is on and records all "+
				"management events, or make an exception: this account may not look, and a trail beside it would be billed", arn)
		}
		if t.Own && (!whole || t.AllRegions && t.Events != noEvents) {
			return fault.New(fault.Refused, "turn on the trail %s in its own Region, with all management events, or run "+
				"the control for that Region: it cannot be changed from %s", arn, env.Target.Region)
		}
	}
	if now.Trouble != "" {
		return fault.New(fault.Refused, "%s", now.Trouble)
	}
	if _, taken := now.Trails[ownTrail]; taken {
		return fault.New(fault.Refused, "have the trail %s record all management events: it records none, and has the "+
			"name of the one that Salve would make", ownTrail)
	}
	return nil
}

// best is the trail to turn on: one of all Regions and of all events before others, then by name; "" for none.
func (now trails) best(whole bool) string {
	worth := func(name string) int {
		score := 1
		if now.recordsAll(name) {
			score += 4
		}
		if now.Trails[name].AllRegions {
			score += 2
		}
		return score
	}
	best := ""
	for _, name := range slices.Sorted(maps.Keys(now.Trails)) {
		if (!whole || now.recordsAll(name)) && (best == "" || worth(name) > worth(best)) {
			best = name
		}
	}
	return best
}

func readTrails(ctx context.Context, env control.Env) (trails, error) {
	now := trails{
		Trails: map[string]trail{}, Logging: map[string]bool{}, Events: map[string]events{},
		Elsewhere: map[string]elsewhere{},
	}
	client := cloudtrail.NewFromConfig(env.Config)
	out, err := client.DescribeTrails(ctx, &cloudtrail.DescribeTrailsInput{})
	if err != nil {
		return now, err
	}
	for _, t := range out.TrailList {
		// A trail that was deleted meanwhile is one less; it is not the account that is gone.
		if err := now.add(ctx, env, client, t); err != nil && fault.Of(err) != fault.Gone {
			return now, err
		}
	}
	now.Buckets, now.Trouble, err = logs().Found(ctx, env)
	return now, err
}

// add adds a trail to what is seen.
func (now trails) add(ctx context.Context, env control.Env, client *cloudtrail.Client, t types.Trail) error {
	arn := aws.ToString(t.TrailARN)
	own := strings.Contains(arn, ":"+env.Target.Account+":trail/")
	logging, selectors, err := watching(ctx, client, arn)
	if fault.Of(err) == fault.Denied && !own {
		now.Elsewhere[arn] = elsewhere{Hidden: true}
		return nil
	}
	if err != nil {
		return err
	}
	some := recorded(selectors)
	if !own || aws.ToString(t.HomeRegion) != env.Target.Region {
		now.Elsewhere[arn] = elsewhere{logging, aws.ToBool(t.IsMultiRegionTrail), own, false, some}
		return nil
	}
	name := aws.ToString(t.Name)
	now.Events[name] = some
	if logging {
		now.Logging[name] = true
	}
	now.Trails[name] = trail{
		Bucket: aws.ToString(t.S3BucketName), AllRegions: aws.ToBool(t.IsMultiRegionTrail),
		Global: aws.ToBool(t.IncludeGlobalServiceEvents), Validated: aws.ToBool(t.LogFileValidationEnabled),
	}
	return nil
}

// watching tells whether a trail is on, and what its selectors let in.
func watching(ctx context.Context, client *cloudtrail.Client, arn string) (
	logging bool, selectors *cloudtrail.GetEventSelectorsOutput, err error,
) {
	status, err := client.GetTrailStatus(ctx, &cloudtrail.GetTrailStatusInput{Name: &arn})
	if err != nil {
		return false, nil, err
	}
	if logging, err = kind.Answered(status.IsLogging, "GetTrailStatus", "whether the trail is on"); err != nil {
		return false, nil, err
	}
	selectors, err = client.GetEventSelectors(ctx, &cloudtrail.GetEventSelectorsInput{TrailName: &arn})
	return logging, selectors, err
}
