package cloudtrail_test

import (
	"context"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail/types"

	playbook "github.com/salve-security/salve/functions/playbooks/cloudtrail"
	"github.com/salve-security/salve/functions/playbooktest"
	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
)

// selected has a trail of all Regions that is on and selects what a change says. The lab reports no selectors of a
// trail that has none; AWS reports the one that it has then.
func selected(change func(in *cloudtrail.PutEventSelectorsInput)) func(context.Context, *testing.T, aws.Config) string {
	return func(ctx context.Context, t *testing.T, root aws.Config) string {
		t.Helper()
		stopped(ctx, t, root)
		client, name := cloudtrail.NewFromConfig(root), aws.String("theirs")
		playbooktest.Got(client.UpdateTrail(ctx, &cloudtrail.UpdateTrailInput{
			Name: name, IsMultiRegionTrail: aws.Bool(true),
		}))(t)
		playbooktest.Got(client.StartLogging(ctx, &cloudtrail.StartLoggingInput{Name: name}))(t)
		in := &cloudtrail.PutEventSelectorsInput{TrailName: name}
		change(in)
		playbooktest.Got(client.PutEventSelectors(ctx, in))(t)
		return accountID
	}
}

func older(in *cloudtrail.PutEventSelectorsInput) {
	in.EventSelectors = []types.EventSelector{{
		ReadWriteType: types.ReadWriteTypeAll, IncludeManagementEvents: aws.Bool(true),
		ExcludeManagementEventSources: []string{"kms.amazonaws.com"},
	}}
}

func newer(in *cloudtrail.PutEventSelectorsInput) {
	in.AdvancedEventSelectors = []types.AdvancedEventSelector{{
		Name: aws.String("all"), FieldSelectors: []types.AdvancedFieldSelector{field("eventCategory", "Management")},
	}}
}

// selectors are those of the trail of theirs, and the trail.
func selectors(ctx context.Context, t *testing.T, root aws.Config, resource string) any {
	t.Helper()
	out := playbooktest.Got(cloudtrail.NewFromConfig(root).GetEventSelectors(ctx, &cloudtrail.GetEventSelectorsInput{
		TrailName: aws.String("theirs"),
	}))(t)
	return []any{out.EventSelectors, out.AdvancedEventSelectors, recording(ctx, t, root, resource)}
}

func TestDataEvents(t *testing.T) {
	for name, change := range map[string]func(*cloudtrail.PutEventSelectorsInput){"older": older, "newer": newer} {
		t.Run(name, func(t *testing.T) {
			playbooktest.Family(t, playbook.DataEvents(), func(c control.Control) playbooktest.Suite {
				return playbooktest.Suite{
					Control: c, Seed: selected(change), Observe: selectors, Unrelated: prefixed, DisturbFact: elsewhere,
					Skip: map[string]string{
						playbooktest.CaseDrift: "a selector is told by all that it says: one that says another thing is another",
					},
				}
			})
		})
	}
}

// all are the fields of a selector of the newer kind for objects in all buckets, and more.
func all(more ...types.AdvancedFieldSelector) func(*seenTrail) {
	return advanced(append([]types.AdvancedFieldSelector{
		field("eventCategory", "Data"), field("resources.type", "AWS::S3::Object"),
	}, more...)...)
}

// ofObjects is a selector of the older kind.
func ofObjects(mode types.ReadWriteType, kind string, values ...string) func(*seenTrail) {
	return selecting(types.EventSelector{}, types.EventSelector{
		ReadWriteType: mode, IncludeManagementEvents: aws.Bool(false),
		DataResources: []types.DataResource{{Type: &kind, Values: values}},
	})
}

func TestLineOfDataEvents(t *testing.T) {
	const s3, lambda = "AWS::S3::Object", "AWS::Lambda::Function"
	bucket := types.AdvancedFieldSelector{Field: aws.String("resources.ARN"), StartsWith: []string{"arn:aws:s3:::a/"}}
	full := make([]types.EventSelector, 5)
	for i := range full {
		full[i].ExcludeManagementEventSources = []string{string(rune('a' + i))}
	}
	for name, tc := range map[string]struct {
		trail  *seenTrail
		passes [2]bool // writes, reads
	}{
		"no selectors":          {sound(), [2]bool{}},
		"management alone":      {sound(advanced(field("eventCategory", "Management"))), [2]bool{}},
		"all":                   {sound(ofObjects("All", s3, "arn:aws:s3")), [2]bool{true, true}},
		"all, unsaid":           {sound(ofObjects("", s3, "arn:aws:s3")), [2]bool{true, true}},
		"all, as it was":        {sound(ofObjects("All", s3, "arn:aws:s3:::b/", "arn:aws:s3:::")), [2]bool{true, true}},
		"writes":                {sound(ofObjects("WriteOnly", s3, "arn:aws:s3")), [2]bool{true, false}},
		"reads":                 {sound(ofObjects("ReadOnly", s3, "arn:aws:s3")), [2]bool{false, true}},
		"one bucket":            {sound(ofObjects("All", s3, "arn:aws:s3:::a/")), [2]bool{}},
		"functions":             {sound(ofObjects("All", lambda, "arn:aws:lambda")), [2]bool{}},
		"newer, all":            {sound(all()), [2]bool{true, true}},
		"newer, both said":      {sound(all(field("readOnly", "true", "false"))), [2]bool{true, true}},
		"newer, writes":         {sound(all(field("readOnly", "false"))), [2]bool{true, false}},
		"newer, reads":          {sound(all(field("readOnly", "true"))), [2]bool{false, true}},
		"newer, one bucket":     {sound(all(bucket)), [2]bool{}},
		"newer, one event":      {sound(all(field("eventName", "PutObject"))), [2]bool{}},
		"organization's, all":   {sound(organization, all()), [2]bool{true, true}},
		"other Region's, write": {sound(abroad, ofObjects("WriteOnly", s3, "arn:aws:s3")), [2]bool{true, false}},
	} {
		shape := func(passes bool) map[string]playbooktest.Shape {
			s := playbooktest.Shape{Answers: shown(tc.trail), Fails: !passes}
			if !passes && *tc.trail.HomeRegion != "us-east-1" {
				s.Class, s.Words = fault.Refused, []string{"Region eu-west-1"}
			}
			return map[string]playbooktest.Shape{name: s}
		}
		playbooktest.Judged(t, playbooktest.Pick(t, playbook.DataEvents(), "S3.22"), accountID, shape(tc.passes[0]))
		playbooktest.Judged(t, playbooktest.Pick(t, playbook.DataEvents(), "S3.23"), accountID, shape(tc.passes[1]))
	}
	shared := func(s *seenTrail) { s.IsOrganizationTrail = aws.Bool(true) }
	for _, c := range playbook.DataEvents() {
		playbooktest.Judged(t, c, accountID, map[string]playbooktest.Shape{
			"no trail":          {Answers: shown(), Class: fault.Refused, Words: []string{"CloudTrail.1"}},
			"off":               {Answers: shown(sound(off, all())), Class: fault.Refused},
			"of one Region":     {Answers: shown(sound(oneRegion, all())), Class: fault.Refused},
			"hidden":            {Answers: hidden(), Class: fault.Refused, Words: []string{"have the owner"}},
			"no word":           {Answers: mute(), Class: fault.Invalid},
			"full":              {Answers: shown(sound(selecting(full...))), Class: fault.Refused, Words: []string{"merge two"}},
			"all accounts'":     {Answers: shown(sound(shared)), Class: fault.Refused, Words: []string{"all its accounts"}},
			"all accounts', so": {Answers: shown(sound(shared)), Params: map[string]any{"trailName": "main"}, Fails: true},
			"another is named":  {Answers: shown(sound()), Params: map[string]any{"trailName": "other"}, Class: fault.Refused},
		})
	}
}

// The two go to one trail: each trail that records objects is billed.
func TestOneTrailRecordsObjects(t *testing.T) {
	second := sound(ofObjects("WriteOnly", "AWS::S3::Object", "arn:aws:s3"), func(s *seenTrail) {
		s.Name, s.TrailARN = aws.String("other"), aws.String("arn:aws:cloudtrail:us-east-1:222222222222:trail/other")
	})
	c := playbooktest.Pick(t, playbook.DataEvents(), "S3.23")
	env := playbooktest.Env(t, c, accountID, playbooktest.Unplugged(), shown(sound(), second))
	playbooktest.Planned(t, c, env, `  ~ Selectors.other.reads of S3 objects: none → "{\"Older\":{`+
		`\"DataResources\":[{\"Type\":\"AWS::S3::Object\",\"Values\":[\"arn:aws:s3\"]}],`+
		`\"ExcludeManagementEventSources\":null,\"IncludeManagementEvents\":false,\"ReadWriteType\":\"ReadOnly\"}}"`+"\n")
}
