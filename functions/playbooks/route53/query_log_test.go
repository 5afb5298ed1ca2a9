package route53_test

import (
	"context"
	"crypto/rand"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	logstypes "github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"
	"github.com/aws/aws-sdk-go-v2/service/route53"
	"github.com/aws/aws-sdk-go-v2/service/route53/types"

	playbook "github.com/salve-security/salve/functions/playbooks/route53"
	"github.com/salve-security/salve/functions/playbooktest"
	"github.com/salve-security/salve/internal/fault"
)

const (
	prefix = "arn:aws:route53:::hostedzone/"
	theirs = "arn:aws:logs:us-east-1:222222222222:log-group:/aws/route53/theirs"
)

func id(resource string) *string { return aws.String(strings.TrimPrefix(resource, prefix)) }

// configs are those of a zone: the lab lists those of all.
func configs(ctx context.Context, t *testing.T, root aws.Config, resource string) []types.QueryLoggingConfig {
	t.Helper()
	var out []types.QueryLoggingConfig
	all := playbooktest.Got(route53.NewFromConfig(root).ListQueryLoggingConfigs(ctx, nil))(t)
	for _, c := range all.QueryLoggingConfigs {
		if *c.HostedZoneId == *id(resource) {
			out = append(out, c)
		}
	}
	return out
}

func drop(ctx context.Context, t *testing.T, root aws.Config, resource string) {
	t.Helper()
	for _, c := range configs(ctx, t, root, resource) {
		playbooktest.Got(route53.NewFromConfig(root).DeleteQueryLoggingConfig(ctx, &route53.DeleteQueryLoggingConfigInput{
			Id: c.Id,
		}))(t)
	}
}

// newZone is a public zone, beside no policy that a run before has made.
func newZone(ctx context.Context, t *testing.T, root aws.Config) string {
	t.Helper()
	logs := cloudwatchlogs.NewFromConfig(root)
	for _, p := range playbooktest.Got(logs.DescribeResourcePolicies(ctx, nil))(t).ResourcePolicies {
		in := &cloudwatchlogs.DeleteResourcePolicyInput{PolicyName: p.PolicyName}
		playbooktest.Got(logs.DeleteResourcePolicy(ctx, in))(t)
	}
	out := playbooktest.Got(route53.NewFromConfig(root).CreateHostedZone(ctx, &route53.CreateHostedZoneInput{
		Name: aws.String(rand.Text() + ".example.com"), CallerReference: aws.String(rand.Text()),
	}))(t)
	return prefix + strings.TrimPrefix(*out.HostedZone.Id, "/hostedzone/")
}

func TestQueryLog(t *testing.T) {
	playbooktest.Run(t, playbooktest.Suite{
		Control: playbook.QueryLog()[0], Seed: newZone, Foreign: []string{prefix + "*", "arn:aws:route53:::healthcheck/Z1"},
		Observe: func(ctx context.Context, t *testing.T, root aws.Config, resource string) any {
			t.Helper()
			zone := playbooktest.Got(route53.NewFromConfig(root).GetHostedZone(ctx, &route53.GetHostedZoneInput{
				Id: id(resource),
			}))(t).HostedZone
			seen := []string{aws.ToString(zone.Config.Comment)}
			for _, c := range configs(ctx, t, root, resource) {
				seen = append(seen, strings.ReplaceAll(*c.CloudWatchLogsLogGroupArn, *id(resource), "ZONE"))
			}
			return seen
		},
		Disturb: func(ctx context.Context, t *testing.T, root aws.Config, resource string) {
			t.Helper()
			drop(ctx, t, root, resource)
			_, err := cloudwatchlogs.NewFromConfig(root).CreateLogGroup(ctx, &cloudwatchlogs.CreateLogGroupInput{
				LogGroupName: aws.String("/aws/route53/theirs"),
			})
			if err != nil && !strings.Contains(err.Error(), "AlreadyExists") {
				t.Fatal(err)
			}
			playbooktest.Got(route53.NewFromConfig(root).CreateQueryLoggingConfig(ctx, &route53.CreateQueryLoggingConfigInput{
				HostedZoneId: id(resource), CloudWatchLogsLogGroupArn: aws.String(theirs + ":*"),
			}))(t)
		},
		Unrelated: func(ctx context.Context, t *testing.T, root aws.Config, resource string) {
			t.Helper()
			playbooktest.Got(route53.NewFromConfig(root).UpdateHostedZoneComment(ctx, &route53.UpdateHostedZoneCommentInput{
				Id: id(resource), Comment: aws.String("shop"),
			}))(t)
		},
		Delete: func(ctx context.Context, t *testing.T, root aws.Config, resource string) {
			t.Helper()
			drop(ctx, t, root, resource)
			in := &route53.DeleteHostedZoneInput{Id: id(resource)}
			playbooktest.Got(route53.NewFromConfig(root).DeleteHostedZone(ctx, in))(t)
		},
		Skip: map[string]string{playbooktest.CaseFacts: "a zone is public or private from its beginning"},
	})
}

// answers are about a zone and its logs; a policy that is there lets whom it says.
func answers(config *types.HostedZoneConfig, group, policy string) playbooktest.StandIn {
	list, policies := &route53.ListQueryLoggingConfigsOutput{}, &cloudwatchlogs.DescribeResourcePoliciesOutput{}
	if group != "" {
		list.QueryLoggingConfigs = []types.QueryLoggingConfig{
			{HostedZoneId: aws.String("Z2"), CloudWatchLogsLogGroupArn: aws.String("other")},
			{HostedZoneId: aws.String("Z1"), CloudWatchLogsLogGroupArn: &group},
		}
	}
	if policy != "" {
		policies.ResourcePolicies = []logstypes.ResourcePolicy{{PolicyDocument: &policy}}
	}
	return playbooktest.Answers(&route53.GetHostedZoneOutput{HostedZone: &types.HostedZone{Config: config}}, list,
		&cloudwatchlogs.DescribeLogGroupsOutput{}, policies)
}

func TestLineOfQueryLogs(t *testing.T) {
	c := playbook.QueryLog()[0]
	playbooktest.Judged(t, c, prefix+"Z1", map[string]playbooktest.Shape{
		"public":           {Answers: answers(&types.HostedZoneConfig{}, "", ""), Fails: true},
		"nothing is said":  {Answers: answers(nil, "", ""), Fails: true},
		"private":          {Answers: answers(&types.HostedZoneConfig{PrivateZone: true}, "", "")},
		"logs":             {Answers: answers(nil, theirs, "")},
		"no zone":          {Answers: playbooktest.Answers(&route53.GetHostedZoneOutput{}), Class: fault.Invalid},
		"no zone any more": {Answers: playbooktest.StandIn{"GetHostedZone": gone}, Class: fault.Gone},
	})
	playbooktest.Judged(t, c, prefix+"Z1", map[string]playbooktest.Shape{
		"elsewhere":       {Answers: answers(nil, "", ""), Class: fault.Refused, Words: []string{"us-east-1"}},
		"elsewhere, logs": {Answers: answers(nil, theirs, "")},
	}, playbooktest.In(playbooktest.DefaultAccount, "eu-west-1"))
}

func gone(any) (any, error) { return nil, &types.NoSuchHostedZone{} }

// A policy of somebody's that is wide enough is used: an account may have ten.
func TestPolicyIsMadeOnce(t *testing.T) {
	const made, lets = "  + Policies.route53-query-logs (undo leaves it: others may write by it by then)\n",
		`{"Statement":{"Effect":"Allow","Principal":{"Service":"route53.amazonaws.com"},"Action":"logs:*","Resource":"`
	for policy, want := range map[string]string{
		"":            made,
		lets + `*"}}`: "",
		lets + `arn:aws:logs:us-east-1:222222222222:log-group:/aws/route53/*"}}`:    "",
		lets + `arn:aws:logs:us-east-1:222222222222:log-group:/aws/route53/Z1:*"}}`: "",
		lets + `arn:aws:logs:us-east-1:222222222222:log-group:/aws/route53/Z12*"}}`: made,
		strings.Replace(lets, "route53", "es", 1) + `*"}}`:                          made,
		"{": made,
	} {
		c := playbook.QueryLog()[0]
		env := playbooktest.Env(t, c, prefix+"Z1", playbooktest.Unplugged(), answers(nil, "", policy))
		playbooktest.Planned(t, c, env, `  ~ Group: none → "arn:aws:logs:us-east-1:222222222222:log-group:/aws/route53/Z1:*"`+
			"\n  + Groups./aws/route53/Z1 (undo leaves it: it holds logs)\n"+want)
	}
}
