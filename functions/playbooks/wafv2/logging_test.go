package wafv2_test

import (
	"context"
	"crypto/rand"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/wafv2"
	"github.com/aws/aws-sdk-go-v2/service/wafv2/types"

	playbook "github.com/salve-security/salve/functions/playbooks/wafv2"
	"github.com/salve-security/salve/functions/playbooktest"
	"github.com/salve-security/salve/internal/fault"
)

const (
	uuid    = "11111111-2222-3333-4444-555555555555"
	acls    = "arn:aws:wafv2:us-east-1:222222222222:regional/webacl/"
	ofCDN   = "arn:aws:wafv2:us-east-1:222222222222:global/webacl/shop/" + uuid
	ofShop  = acls + "shop/" + uuid
	logArns = "arn:aws:logs:us-east-1:222222222222:log-group:aws-waf-logs-"
)

// visible is what each web ACL must have.
func visible() *types.VisibilityConfig {
	return &types.VisibilityConfig{MetricName: aws.String("shop")}
}

// logTo has a web ACL log elsewhere.
func logTo(name string) playbooktest.Act {
	return func(ctx context.Context, t *testing.T, root aws.Config, resource string) {
		t.Helper()
		playbooktest.Got(wafv2.NewFromConfig(root).PutLoggingConfiguration(ctx, &wafv2.PutLoggingConfigurationInput{
			LoggingConfiguration: &types.LoggingConfiguration{
				ResourceArn: &resource, LogDestinationConfigs: []string{logArns + name},
			},
		}))(t)
	}
}

func TestLogging(t *testing.T) {
	const behalf = "WAF asks for it where it begins to log, or ends it"
	updated := func(description string) playbooktest.Act {
		return func(ctx context.Context, t *testing.T, root aws.Config, resource string) {
			t.Helper()
			part, client := strings.Split(resource, "/"), wafv2.NewFromConfig(root)
			acl := playbooktest.Got(client.GetWebACL(ctx, &wafv2.GetWebACLInput{
				Name: &part[2], Id: &part[3], Scope: types.ScopeRegional,
			}))(t)
			playbooktest.Got(client.UpdateWebACL(ctx, &wafv2.UpdateWebACLInput{
				Name: &part[2], Id: &part[3], Scope: types.ScopeRegional, LockToken: acl.LockToken, Description: &description,
				DefaultAction: &types.DefaultAction{Allow: &types.AllowAction{}}, VisibilityConfig: visible(),
			}))(t)
		}
	}
	playbooktest.Run(t, playbooktest.Suite{
		Control: playbooktest.Pick(t, playbook.Logging(), "WAF.11"),
		Seed: func(ctx context.Context, t *testing.T, root aws.Config) string {
			t.Helper()
			return *playbooktest.Got(wafv2.NewFromConfig(root).CreateWebACL(ctx, &wafv2.CreateWebACLInput{
				Name: aws.String("suite-" + rand.Text()), Scope: types.ScopeRegional, VisibilityConfig: visible(),
				DefaultAction: &types.DefaultAction{Allow: &types.AllowAction{}},
			}))(t).Summary.ARN
		},
		Foreign: []string{
			acls + "shop", acls + "*/" + uuid, "arn:aws:waf::222222222222:webacl/" + uuid,
			"arn:aws:wafv2:us-east-1:222222222222:regional/rulegroup/shop/" + uuid,
		},
		Observe: func(ctx context.Context, t *testing.T, root aws.Config, resource string) any {
			t.Helper()
			part, client, logged := strings.Split(resource, "/"), wafv2.NewFromConfig(root), []string(nil)
			acl := playbooktest.Got(client.GetWebACL(ctx, &wafv2.GetWebACLInput{
				Name: &part[2], Id: &part[3], Scope: types.ScopeRegional,
			}))(t).WebACL
			out, err := client.GetLoggingConfiguration(ctx, &wafv2.GetLoggingConfigurationInput{ResourceArn: &resource})
			if fault.Of(err) != fault.Gone {
				playbooktest.Done(t, err)
				for _, to := range out.LoggingConfiguration.LogDestinationConfigs {
					logged = append(logged, strings.ReplaceAll(to, part[2], "NAME"))
				}
			}
			return []any{logged, aws.ToString(acl.Description)}
		},
		Disturb: logTo("elsewhere"), Unrelated: updated("the shop's"), DisturbFact: updated("somebody else's"),
		Delete: func(ctx context.Context, t *testing.T, root aws.Config, resource string) {
			t.Helper()
			part, client := strings.Split(resource, "/"), wafv2.NewFromConfig(root)
			acl := playbooktest.Got(client.GetWebACL(ctx, &wafv2.GetWebACLInput{
				Name: &part[2], Id: &part[3], Scope: types.ScopeRegional,
			}))(t)
			playbooktest.Got(client.DeleteWebACL(ctx, &wafv2.DeleteWebACLInput{
				Name: &part[2], Id: &part[3], Scope: types.ScopeRegional, LockToken: acl.LockToken,
			}))(t)
		},
		Unseen: map[string]string{
			"iam:CreateServiceLinkedRole": behalf, "logs:CreateLogDelivery": behalf, "logs:DeleteLogDelivery": behalf,
			"logs:DescribeResourcePolicies": behalf, "logs:PutResourcePolicy": behalf,
		},
	})
}

// AWS asks for a log, whatever it is. That there is none is answered as if the web ACL were gone.
func TestLine(t *testing.T) {
	shape := func(managed bool, logs ...types.LoggingConfiguration) playbooktest.StandIn {
		is := playbooktest.Answers(&wafv2.GetWebACLOutput{WebACL: &types.WebACL{ManagedByFirewallManager: managed}},
			&cloudwatchlogs.DescribeLogGroupsOutput{})
		is["GetLoggingConfiguration"] = func(any) (any, error) {
			if len(logs) == 0 {
				return nil, &types.WAFNonexistentItemException{}
			}
			return &wafv2.GetLoggingConfigurationOutput{LoggingConfiguration: &logs[0]}, nil
		}
		return is
	}
	firehose := types.LoggingConfiguration{LogDestinationConfigs: []string{
		"arn:aws:firehose:us-east-1:222222222222:deliverystream/aws-waf-logs-all",
	}}
	gone := playbooktest.StandIn{"GetWebACL": func(any) (any, error) { return nil, &types.WAFNonexistentItemException{} }}
	unclear := shape(false)
	unclear["GetLoggingConfiguration"] = func(any) (any, error) { return &wafv2.GetLoggingConfigurationOutput{}, nil }
	c := playbooktest.Pick(t, playbook.Logging(), "WAF.11")
	for _, resource := range []string{ofShop, ofCDN} {
		playbooktest.Judged(t, c, resource, map[string]playbooktest.Shape{
			"none": {Answers: shape(false), Fails: true}, "to a stream": {Answers: shape(false, firehose)},
			"of some requests": {Answers: shape(false, types.LoggingConfiguration{
				LogDestinationConfigs: firehose.LogDestinationConfigs,
				LoggingFilter:         &types.LoggingFilter{DefaultBehavior: types.FilterBehaviorDrop},
			})},
			"managed elsewhere":         {Answers: shape(true), Class: fault.Refused, Words: []string{"Firewall Manager"}},
			"managed elsewhere, logged": {Answers: shape(true, firehose)},
			"a group of another name": {
				Answers: shape(false), Params: map[string]any{"logGroupName": "waf"}, Class: fault.Refused,
				Words: []string{"aws-waf-logs-"},
			},
			"a group of one's own": {
				Answers: shape(false), Params: map[string]any{"logGroupName": "aws-waf-logs-all"}, Fails: true,
			},
			"gone": {Answers: gone, Class: fault.Gone}, "unclear": {Answers: unclear, Class: fault.Invalid},
			"no web ACL": {Answers: playbooktest.Answers(&wafv2.GetWebACLOutput{}), Class: fault.Invalid},
		})
	}
}

// Who may read logs may not act as those whose requests are in them: what signs a request in is left out. A web ACL of
// CloudFront is asked for as one.
func TestWhatIsLogged(t *testing.T) {
	c, sent, scope := playbooktest.Pick(t, playbook.Logging(), "WAF.11"), types.LoggingConfiguration{}, types.Scope("")
	is := playbooktest.Answers(&cloudwatchlogs.DescribeLogGroupsOutput{}, &cloudwatchlogs.CreateLogGroupOutput{},
		&cloudwatchlogs.PutRetentionPolicyOutput{})
	is["GetWebACL"] = func(in any) (any, error) {
		scope = in.(*wafv2.GetWebACLInput).Scope
		return &wafv2.GetWebACLOutput{WebACL: &types.WebACL{}}, nil
	}
	is["GetLoggingConfiguration"] = func(any) (any, error) { return nil, &types.WAFNonexistentItemException{} }
	is["PutLoggingConfiguration"] = func(in any) (any, error) {
		sent = *in.(*wafv2.PutLoggingConfigurationInput).LoggingConfiguration
		return &wafv2.PutLoggingConfigurationOutput{}, nil
	}
	env := playbooktest.Env(t, c, ofCDN, playbooktest.Unplugged(), is)
	plan := playbooktest.Planned(t, c, env, `  + Groups.aws-waf-logs-shop (undo leaves it: it holds logs)
  + Log {"Destinations":{"`+logArns+`shop":true},"Redacted":{"authorization":true,"cookie":true}}
`)
	playbooktest.Done(t, c.Apply(t.Context(), env, plan))
	if len(sent.RedactedFields) != 2 || *sent.RedactedFields[1].SingleHeader.Name != "cookie" {
		t.Errorf("leaves out %+v", sent.RedactedFields)
	}
	if to := sent.LogDestinationConfigs; len(to) != 1 || to[0] != logArns+"shop" || scope != types.ScopeCloudfront {
		t.Errorf("logs %v of the scope %s", to, scope)
	}
}
