package cloudtrail_test

import (
	"context"
	"crypto/rand"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	playbook "github.com/salve-security/salve/functions/playbooks/cloudtrail"
	"github.com/salve-security/salve/functions/playbooktest"
	"github.com/salve-security/salve/internal/fault"
)

func TestLogValidation(t *testing.T) {
	playbooktest.Run(t, playbooktest.Suite{
		Control: playbooktest.Pick(t, playbook.LogValidation(), "CloudTrail.4"),
		Seed:    newTrail,
		Foreign: []string{
			"arn:aws:cloudtrail:us-east-1:222222222222:eventdatastore/11111111-2222-3333-4444-555555555555",
			"arn:aws:cloudtrail:us-east-1:222222222222:trail/*",
			"logs",
		},
		Observe: observe,
		Unrelated: func(ctx context.Context, t *testing.T, root aws.Config, resource string) {
			playbooktest.Got(cloudtrail.NewFromConfig(root).UpdateTrail(ctx, &cloudtrail.UpdateTrailInput{
				Name: &resource, S3KeyPrefix: aws.String("elsewhere"),
			}))(t)
		},
		Delete: deleteTrail,
		Skip:   map[string]string{playbooktest.CaseDrift: "the setting has two values: a third does not exist"},
	})
}

func deleteTrail(ctx context.Context, t *testing.T, root aws.Config, resource string) {
	_, name, _ := strings.Cut(resource, ":trail/") // the lab deletes by name only
	playbooktest.Got(cloudtrail.NewFromConfig(root).DeleteTrail(ctx, &cloudtrail.DeleteTrailInput{Name: &name}))(t)
}

// newTrail is a trail that has everything set but validation.
func newTrail(ctx context.Context, t *testing.T, root aws.Config) string {
	name := "suite-" + strings.ToLower(rand.Text())
	buckets := s3.NewFromConfig(root, func(o *s3.Options) { o.UsePathStyle = true })
	playbooktest.Got(buckets.CreateBucket(ctx, &s3.CreateBucketInput{Bucket: &name}))(t)
	out := playbooktest.Got(cloudtrail.NewFromConfig(root).CreateTrail(ctx, &cloudtrail.CreateTrailInput{
		Name: &name, S3BucketName: &name, S3KeyPrefix: aws.String("trails"),
		IsMultiRegionTrail: aws.Bool(true), IncludeGlobalServiceEvents: aws.Bool(true),
		KmsKeyId: aws.String("arn:aws:kms:us-east-1:222222222222:key/11111111-2222-3333-4444-555555555555"),
		TagsList: []types.Tag{{Key: aws.String("team"), Value: aws.String("ops")}},
	}))(t)
	return *out.TrailARN
}

// observe has all settings: the others are as important as the one that is fixed.
func observe(ctx context.Context, t *testing.T, root aws.Config, resource string) any {
	client := cloudtrail.NewFromConfig(root)
	trail := playbooktest.Got(client.GetTrail(ctx, &cloudtrail.GetTrailInput{Name: &resource}))(t).Trail
	tags := playbooktest.Got(client.ListTags(ctx, &cloudtrail.ListTagsInput{ResourceIdList: []string{resource}}))(t)
	seen := map[string]any{
		"validation": trail.LogFileValidationEnabled, "global": trail.IncludeGlobalServiceEvents,
		"all Regions": trail.IsMultiRegionTrail, "prefix": trail.S3KeyPrefix, "key": trail.KmsKeyId,
	}
	for _, tag := range tags.ResourceTagList[0].TagsList {
		seen["tag "+*tag.Key] = *tag.Value
	}
	return seen
}

// AWS fails each trail without validation, whether it logs or not and wherever to. A trail of all Regions is listed in
// each of them, and AWS changes it in its own only.
func TestLine(t *testing.T) {
	kinds := map[string]types.Trail{
		"bare":                     {},
		"at home":                  {HomeRegion: aws.String("us-east-1")},
		"of all Regions":           {HomeRegion: aws.String("us-east-1"), IsMultiRegionTrail: aws.Bool(true)},
		"of one Region":            {IsMultiRegionTrail: aws.Bool(false)},
		"organization's":           {IsOrganizationTrail: aws.Bool(true)},
		"with a key":               {KmsKeyId: aws.String("arn:aws:kms:us-east-1:222222222222:key/1")},
		"with a group":             {CloudWatchLogsLogGroupArn: aws.String("arn:aws:logs:us-east-1:1:log-group:a")},
		"with selectors":           {HasCustomEventSelectors: aws.Bool(true)},
		"with insights":            {HasInsightSelectors: aws.Bool(true)},
		"without global events":    {IncludeGlobalServiceEvents: aws.Bool(false)},
		"to another account's S3":  {S3BucketName: aws.String("central-logs"), S3KeyPrefix: aws.String("a")},
		"that tells a topic":       {SnsTopicARN: aws.String("arn:aws:sns:us-east-1:222222222222:trail")},
		"of another Region's name": {Name: aws.String("eu-west-1")},
	}
	answer := func(trail *types.Trail) playbooktest.StandIn {
		return playbooktest.Answers(&cloudtrail.GetTrailOutput{Trail: trail})
	}
	away := types.Trail{HomeRegion: aws.String("eu-west-1"), LogFileValidationEnabled: aws.Bool(true)}
	shapes := map[string]playbooktest.Shape{
		"no trail":                     {Answers: answer(nil), Class: fault.Invalid}, // ends the run, not the program
		"of another Region, validated": {Answers: answer(&away)},
		"of another Region": {
			Answers: answer(&types.Trail{HomeRegion: away.HomeRegion}), Class: fault.Refused, Words: []string{"eu-west-1"},
		},
	}
	for name, trail := range kinds {
		for state, validated := range map[string]*bool{"on": aws.Bool(true), "off": aws.Bool(false), "unset": nil} {
			trail.LogFileValidationEnabled = validated
			got := trail
			shapes[name+", "+state] = playbooktest.Shape{Answers: answer(&got), Fails: state != "on"}
		}
	}
	c := playbooktest.Pick(t, playbook.LogValidation(), "CloudTrail.4")
	playbooktest.Judged(t, c, "arn:aws:cloudtrail:us-east-1:222222222222:trail/main", shapes)
}
