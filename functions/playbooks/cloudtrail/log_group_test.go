package cloudtrail_test

import (
	"context"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail/types"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	playbook "github.com/salve-security/salve/functions/playbooks/cloudtrail"
	"github.com/salve-security/salve/functions/playbooktest"
	"github.com/salve-security/salve/internal/fault"
)

const (
	roleARN = "arn:aws:iam::" + playbooktest.DefaultAccount + ":role/salve/service/salve-trail-logs"
	trust   = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"Service":"` +
		`cloudtrail.amazonaws.com"}}]}`
)

// ungrouped is a trail without a log group, beside the role that a member's stack makes.
func ungrouped(ctx context.Context, t *testing.T, root aws.Config) string {
	t.Helper()
	_, err := iam.NewFromConfig(root).CreateRole(ctx, &iam.CreateRoleInput{
		RoleName: aws.String("salve-trail-logs"), Path: aws.String("/salve/service/"),
		AssumeRolePolicyDocument: aws.String(trust),
	})
	if fault.Of(err) != fault.Refused { // it is there already
		playbooktest.Done(t, err)
	}
	return newTrail(ctx, t, root)
}

func TestLogGroup(t *testing.T) {
	playbooktest.Run(t, playbooktest.Suite{
		Control: playbook.LogGroup()[0], Seed: ungrouped, Delete: deleteTrail,
		Foreign: []string{"arn:aws:cloudtrail:us-east-1:222222222222:trail/*", "logs"},
		Observe: func(ctx context.Context, t *testing.T, root aws.Config, resource string) any {
			t.Helper()
			in := &cloudtrail.GetTrailInput{Name: &resource}
			trail := playbooktest.Got(cloudtrail.NewFromConfig(root).GetTrail(ctx, in))(t).Trail
			return []any{
				observe(ctx, t, root, resource), aws.ToString(trail.CloudWatchLogsRoleArn),
				aws.ToString(trail.CloudWatchLogsLogGroupArn) != "",
			}
		},
		Disturb: func(ctx context.Context, t *testing.T, root aws.Config, resource string) {
			t.Helper()
			playbooktest.Got(cloudtrail.NewFromConfig(root).UpdateTrail(ctx, &cloudtrail.UpdateTrailInput{
				Name: &resource, CloudWatchLogsRoleArn: aws.String("arn:aws:iam::222222222222:role/theirs"),
				CloudWatchLogsLogGroupArn: aws.String("arn:aws:logs:us-east-1:222222222222:log-group:theirs:*"),
			}))(t)
		},
		Unrelated: func(ctx context.Context, t *testing.T, root aws.Config, resource string) {
			t.Helper()
			playbooktest.Got(cloudtrail.NewFromConfig(root).UpdateTrail(ctx, &cloudtrail.UpdateTrailInput{
				Name: &resource, S3KeyPrefix: aws.String("elsewhere"),
			}))(t)
		},
		DisturbFact: func(ctx context.Context, t *testing.T, root aws.Config, _ string) {
			t.Helper()
			playbooktest.Got(iam.NewFromConfig(root).DeleteRole(ctx, &iam.DeleteRoleInput{
				RoleName: aws.String("salve-trail-logs"),
			}))(t)
		},
	})
}

// A trail with any group passes. What would not work is found before the trail is touched, and at home alone.
func TestLineOfLogGroups(t *testing.T) {
	const group = "arn:aws:logs:eu-west-1:111111111111:log-group:central:*"
	answers := func(t types.Trail, trust string) playbooktest.StandIn {
		roles := &iam.ListRolesOutput{Roles: []iamtypes.Role{
			{Arn: aws.String("arn:aws:iam::222222222222:role/salve-trail-logs"), AssumeRolePolicyDocument: aws.String("{}")},
			{Arn: aws.String(roleARN), AssumeRolePolicyDocument: &trust},
		}}
		return playbooktest.Answers(&cloudtrail.GetTrailOutput{Trail: &t}, roles, &cloudwatchlogs.DescribeLogGroupsOutput{})
	}
	const encoded = "%7B%22Statement%22%3A%7B%22Effect%22%3A%22Allow%22%2C%22Action%22%3A%22sts%3AAssumeRole%22%2C" +
		"%22Principal%22%3A%7B%22Service%22%3A%22cloudtrail.amazonaws.com%22%7D%7D%7D"
	refused := playbooktest.Shape{
		Answers: answers(types.Trail{}, "{}"), Class: fault.Refused, Words: []string{"with the role for cloudtrail"},
	}
	playbooktest.Judged(t, playbook.LogGroup()[0], "arn:aws:cloudtrail:us-east-1:222222222222:trail/main",
		map[string]playbooktest.Shape{
			"none":                {Answers: answers(types.Trail{}, trust), Fails: true},
			"none, as IAM spells": {Answers: answers(types.Trail{}, encoded), Fails: true},
			"an empty one": {
				Answers: answers(types.Trail{CloudWatchLogsLogGroupArn: aws.String("")}, trust), Fails: true,
			},
			"a role alone": {
				Answers: answers(types.Trail{CloudWatchLogsRoleArn: aws.String(roleARN)}, trust), Fails: true,
			},
			"one": {Answers: answers(types.Trail{CloudWatchLogsLogGroupArn: aws.String(group)}, "{}")},
			"one, at home elsewhere": {Answers: answers(types.Trail{
				CloudWatchLogsLogGroupArn: aws.String(group), HomeRegion: aws.String("eu-west-1"),
			}, "{}")},
			"at home elsewhere": {
				Answers: answers(types.Trail{HomeRegion: aws.String("eu-west-1")}, trust), Class: fault.Refused,
				Words: []string{"eu-west-1"},
			},
			"no trail":        {Answers: playbooktest.Answers(&cloudtrail.GetTrailOutput{}), Class: fault.Invalid},
			"role for nobody": refused,
			"role of nobody": {
				Answers: answers(types.Trail{}, trust), Params: map[string]any{"roleName": "x"}, Class: fault.Refused,
			},
			"role for a person": {Answers: answers(types.Trail{}, letPeople), Class: fault.Refused},
		})
}

const letPeople = `{"Statement":{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"AWS":"222222222222"}}}`

// What the bucket of a trail lets is none of this control's business.
//
// better: CloudTrail.5 leaves the policy of the trail's bucket alone
func TestBucketOfTrailStays(t *testing.T) {
	root, c := playbooktest.Root(t), playbook.LogGroup()[0]
	resource := ungrouped(t.Context(), t, root)
	trail := playbooktest.Got(cloudtrail.NewFromConfig(root).GetTrail(t.Context(), &cloudtrail.GetTrailInput{
		Name: &resource,
	}))(t).Trail
	policy := `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":` +
		`"cloudtrail.amazonaws.com"},"Action":"s3:PutObject","Resource":"arn:aws:s3:::` + *trail.S3BucketName + `/*"}]}`
	playbooktest.Got(bucketsOf(root).PutBucketPolicy(t.Context(), &s3.PutBucketPolicyInput{
		Bucket: trail.S3BucketName, Policy: &policy,
	}))(t)
	playbooktest.Fix(t, c, playbooktest.Env(t, c, resource))
	got := playbooktest.Got(bucketsOf(root).GetBucketPolicy(t.Context(), &s3.GetBucketPolicyInput{
		Bucket: trail.S3BucketName,
	}))(t)
	if *got.Policy != policy {
		t.Errorf("the policy became %s", *got.Policy)
	}
}
