package cloudtrail_test

import (
	"context"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go"

	playbook "github.com/salve-security/salve/functions/playbooks/cloudtrail"
	"github.com/salve-security/salve/functions/playbooktest"
	"github.com/salve-security/salve/internal/fault"
)

const (
	accountID = "AWS::::Account:" + playbooktest.DefaultAccount
	made      = "cloudtrail-logs-" + playbooktest.DefaultAccount + "-" + playbooktest.DefaultRegion
)

// blank is the account without a trail, and without the bucket that Salve makes.
func blank(ctx context.Context, t *testing.T, root aws.Config) string {
	t.Helper()
	for _, region := range []string{"us-west-2", playbooktest.DefaultRegion} {
		root.Region = region
		client := cloudtrail.NewFromConfig(root)
		for _, trail := range playbooktest.Got(client.DescribeTrails(ctx, &cloudtrail.DescribeTrailsInput{
			IncludeShadowTrails: aws.Bool(false),
		}))(t).TrailList {
			playbooktest.Got(client.DeleteTrail(ctx, &cloudtrail.DeleteTrailInput{Name: trail.Name}))(t)
		}
	}
	_, err := bucketsOf(root).DeleteBucket(ctx, &s3.DeleteBucketInput{Bucket: aws.String(made)})
	if fault.Of(err) != fault.Gone {
		playbooktest.Done(t, err)
	}
	return accountID
}

func bucketsOf(root aws.Config) *s3.Client {
	return s3.NewFromConfig(root, func(o *s3.Options) { o.UsePathStyle = true })
}

// bucketOfTheirs is that of the trails that people have made.
const bucketOfTheirs = "theirs-" + playbooktest.DefaultAccount

func theirs(ctx context.Context, t *testing.T, root aws.Config) {
	t.Helper()
	root.Region = playbooktest.DefaultRegion
	playbooktest.Got(bucketsOf(root).CreateBucket(ctx, &s3.CreateBucketInput{Bucket: aws.String(bucketOfTheirs)}))(t)
}

// stopped is the account with a trail that is off and of one Region.
func stopped(ctx context.Context, t *testing.T, root aws.Config) string {
	t.Helper()
	blank(ctx, t, root)
	theirs(ctx, t, root)
	playbooktest.Got(cloudtrail.NewFromConfig(root).CreateTrail(ctx, &cloudtrail.CreateTrailInput{
		Name: aws.String("theirs"), S3BucketName: aws.String(bucketOfTheirs),
		IncludeGlobalServiceEvents: aws.Bool(false), EnableLogFileValidation: aws.Bool(false),
	}))(t)
	return accountID
}

// recording is all about the trails of the account.
func recording(ctx context.Context, t *testing.T, root aws.Config, _ string) any {
	t.Helper()
	client, seen := cloudtrail.NewFromConfig(root), map[string]any{}
	for _, trail := range playbooktest.Got(client.DescribeTrails(ctx, nil))(t).TrailList {
		status := playbooktest.Got(client.GetTrailStatus(ctx, &cloudtrail.GetTrailStatusInput{Name: trail.TrailARN}))(t)
		trail.TrailARN = nil
		seen[*trail.Name] = []any{trail, *status.IsLogging}
	}
	return seen
}

// prefixed changes something of a trail that no control of the two is about.
func prefixed(ctx context.Context, t *testing.T, root aws.Config, _ string) {
	t.Helper()
	playbooktest.Got(cloudtrail.NewFromConfig(root).UpdateTrail(ctx, &cloudtrail.UpdateTrailInput{
		Name: aws.String("theirs"), S3KeyPrefix: aws.String("elsewhere"),
	}))(t)
}

// another is a trail that somebody makes, of one Region and off.
func another(ctx context.Context, t *testing.T, root aws.Config, _ string) {
	t.Helper()
	theirs(ctx, t, root)
	playbooktest.Got(cloudtrail.NewFromConfig(root).CreateTrail(ctx, &cloudtrail.CreateTrailInput{
		Name: aws.String("another"), S3BucketName: aws.String(bucketOfTheirs),
	}))(t)
}

// elsewhere is a trail of another Region that shows in this one, and is off.
func elsewhere(ctx context.Context, t *testing.T, root aws.Config, _ string) {
	t.Helper()
	root.Region = "us-west-2"
	theirs(ctx, t, root)
	playbooktest.Got(cloudtrail.NewFromConfig(root).CreateTrail(ctx, &cloudtrail.CreateTrailInput{
		Name: aws.String("elsewhere"), S3BucketName: aws.String(bucketOfTheirs), IsMultiRegionTrail: aws.Bool(true),
	}))(t)
}

func TestTrails(t *testing.T) {
	for _, c := range playbook.Trails() {
		for name, tc := range map[string]struct {
			seed      func(context.Context, *testing.T, aws.Config) string
			unrelated playbooktest.Act
			unseen    []string
		}{
			"no trail": {blank, another, []string{"cloudtrail:UpdateTrail", "cloudtrail:StopLogging"}},
			"a trail that is off": {stopped, prefixed, []string{
				"cloudtrail:CreateTrail", "cloudtrail:DeleteTrail", "s3:CreateBucket", "s3:PutBucketPolicy",
				"s3:PutBucketPublicAccessBlock", "cloudtrail:UpdateTrail",
			}},
		} {
			t.Run(c.ID+"/"+name, func(t *testing.T) {
				unseen := map[string]string{}
				for _, action := range tc.unseen {
					if action != "cloudtrail:UpdateTrail" || c.ID == "CloudTrail.3" || name == "no trail" {
						unseen[action] = "another start shows it"
					}
				}
				playbooktest.Run(t, playbooktest.Suite{
					Control: c, Seed: tc.seed, Observe: recording, Unseen: unseen, Unrelated: tc.unrelated, DisturbFact: elsewhere,
					Skip: map[string]string{
						playbooktest.CaseDrift: "a trail is on or off, of one Region or of all: a third value does not exist",
					},
				})
			})
		}
	}
}

// seenTrail is a trail as AWS answers about it.
type seenTrail struct {
	types.Trail
	off       bool
	selectors cloudtrail.GetEventSelectorsOutput
}

func sound(changes ...func(*seenTrail)) *seenTrail {
	s := &seenTrail{Trail: types.Trail{
		Name: aws.String("main"), TrailARN: aws.String("arn:aws:cloudtrail:us-east-1:222222222222:trail/main"),
		HomeRegion: aws.String("us-east-1"), IsMultiRegionTrail: aws.Bool(true), S3BucketName: aws.String("logs"),
	}}
	for _, change := range changes {
		change(s)
	}
	return s
}

func off(s *seenTrail)       { s.off = true }
func oneRegion(s *seenTrail) { s.IsMultiRegionTrail = aws.Bool(false) }

func abroad(s *seenTrail) {
	s.HomeRegion, s.TrailARN = aws.String("eu-west-1"), aws.String("arn:aws:cloudtrail:eu-west-1:222222222222:trail/main")
}

func organization(s *seenTrail) {
	s.HomeRegion, s.TrailARN = aws.String("us-east-1"), aws.String("arn:aws:cloudtrail:us-east-1:111111111111:trail/main")
}

func selecting(selectors ...types.EventSelector) func(*seenTrail) {
	return func(s *seenTrail) { s.selectors.EventSelectors = selectors }
}

func advanced(fields ...types.AdvancedFieldSelector) func(*seenTrail) {
	return func(s *seenTrail) {
		s.selectors.AdvancedEventSelectors = []types.AdvancedEventSelector{{FieldSelectors: fields}}
	}
}

func field(name string, equals ...string) types.AdvancedFieldSelector {
	return types.AdvancedFieldSelector{Field: &name, Equals: equals}
}

// shown are the answers about trails; the bucket that Salve makes is not there.
func shown(trails ...*seenTrail) playbooktest.StandIn {
	list, byARN := &cloudtrail.DescribeTrailsOutput{}, map[string]*seenTrail{}
	for _, s := range trails {
		list.TrailList = append(list.TrailList, s.Trail)
		byARN[aws.ToString(s.TrailARN)] = s
	}
	answers := playbooktest.Answers(list)
	answers["GetTrailStatus"] = func(in any) (any, error) {
		trail := byARN[*in.(*cloudtrail.GetTrailStatusInput).Name]
		return &cloudtrail.GetTrailStatusOutput{IsLogging: aws.Bool(!trail.off)}, nil
	}
	answers["GetEventSelectors"] = func(in any) (any, error) {
		return &byARN[*in.(*cloudtrail.GetEventSelectorsInput).TrailName].selectors, nil
	}
	answers["GetBucketPolicy"] = func(any) (any, error) { return nil, &smithy.GenericAPIError{Code: "NoSuchBucket"} }
	return answers
}

// What each of the two asks for; what a trail leaves out, and where it is from, matters to CloudTrail.1 alone.
func TestLineOfTrails(t *testing.T) {
	all := types.ReadWriteTypeAll
	management := field("eventCategory", "Management")
	both := map[string]playbooktest.Shape{
		"none":                   {Answers: shown(), Fails: true},
		"off":                    {Answers: shown(sound(off)), Fails: true},
		"off, of one Region":     {Answers: shown(sound(off, oneRegion)), Fails: true},
		"organization's, off":    {Answers: shown(sound(organization, off)), Fails: true},
		"of another Region, off": {Answers: shown(sound(abroad, off)), Class: fault.Refused, Words: []string{"eu-west-1"}},
		"on":                     {Answers: shown(sound())},
		"one of two":             {Answers: shown(sound(off), sound(abroad))},
		"organization's":         {Answers: shown(sound(organization))},
		"of another Region":      {Answers: shown(sound(abroad))},
		"selects all":            {Answers: shown(sound(selecting(types.EventSelector{ReadWriteType: all})))},
		"the second selector": {Answers: shown(sound(selecting(
			types.EventSelector{IncludeManagementEvents: aws.Bool(false)}, types.EventSelector{})))},
		"newer selector":              {Answers: shown(sound(advanced(management)))},
		"organization's, hidden":      {Answers: hidden(), Class: fault.Refused, Words: []string{"have the owner"}},
		"no word of whether it is on": {Answers: mute(), Class: fault.Invalid},
	}
	for _, id := range []string{"CloudTrail.1", "CloudTrail.3"} {
		playbooktest.Judged(t, playbooktest.Pick(t, playbook.Trails(), id), accountID, both)
	}
	left := map[string]*seenTrail{
		"reads": sound(selecting(types.EventSelector{ReadWriteType: types.ReadWriteTypeReadOnly})),
		"without KMS": sound(selecting(types.EventSelector{
			ReadWriteType: all, ExcludeManagementEventSources: []string{"kms.amazonaws.com"},
		})),
		"newer, writes": sound(advanced(management, field("readOnly", "false"))),
	}
	first, third := map[string]playbooktest.Shape{}, map[string]playbooktest.Shape{}
	for name, s := range left {
		first[name] = playbooktest.Shape{Answers: shown(s), Class: fault.Refused, Words: []string{"record all"}}
		third[name] = playbooktest.Shape{Answers: shown(s)}
	}
	for name, s := range map[string]*seenTrail{
		"of one Region":     sound(oneRegion),
		"data events":       sound(selecting(types.EventSelector{IncludeManagementEvents: aws.Bool(false)})),
		"newer, data alone": sound(advanced(field("eventCategory", "Data"))),
	} {
		first[name], third[name] = playbooktest.Shape{Answers: shown(s), Fails: true}, playbooktest.Shape{Answers: shown(s)}
	}
	playbooktest.Judged(t, playbooktest.Pick(t, playbook.Trails(), "CloudTrail.1"), accountID, first)
	playbooktest.Judged(t, playbooktest.Pick(t, playbook.Trails(), "CloudTrail.3"), accountID, third)
}

func mute() playbooktest.StandIn {
	answers := shown(sound())
	answers["GetTrailStatus"] = func(any) (any, error) { return &cloudtrail.GetTrailStatusOutput{}, nil }
	return answers
}

func hidden() playbooktest.StandIn {
	answers := shown(sound(organization))
	answers["GetTrailStatus"] = func(any) (any, error) { return nil, &smithy.GenericAPIError{Code: "AccessDenied"} }
	return answers
}

// What is there is used before anything is made.
//
// better: CloudTrail.1 extends a trail that is there before it makes one
// better: CloudTrail.3 starts a stopped trail before it makes one
func TestTrailsAreNotDoubled(t *testing.T) {
	const create = `  + Buckets.` + made + ` (undo leaves it: it holds logs)
  ~ Logging.salve: none → true
  + Trails.salve {"AllRegions":true,"Bucket":"` + made + `","Global":true,"Validated":true}
`
	for name, tc := range map[string]struct {
		id, want string
		trails   []*seenTrail
	}{
		"widened": {"CloudTrail.1", "  ~ Logging.main: none → true\n  ~ Trails.main.AllRegions: false → true\n" +
			"  ~ Trails.main.Global: false → true\n", []*seenTrail{sound(off, oneRegion)}},
		"of all Regions before others": {
			"CloudTrail.3", "  ~ Logging.main: none → true\n",
			[]*seenTrail{sound(off, oneRegion, func(s *seenTrail) {
				s.Name, s.TrailARN = aws.String("a"), aws.String("arn:aws:cloudtrail:us-east-1:222222222222:trail/a")
			}), sound(off)},
		},
		"none to use, for 1": {"CloudTrail.1", create, []*seenTrail{sound(selecting(types.EventSelector{
			IncludeManagementEvents: aws.Bool(false),
		}))}},
		"none, for 3": {"CloudTrail.3", create, nil},
	} {
		t.Run(name, func(t *testing.T) {
			c := playbooktest.Pick(t, playbook.Trails(), tc.id)
			env := playbooktest.Env(t, c, accountID, playbooktest.Unplugged(), shown(tc.trails...))
			playbooktest.Planned(t, c, env, tc.want)
		})
	}
}
