package cloudwatch_test

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/google/go-cmp/cmp"

	playbook "github.com/salve-security/salve/functions/playbooks/cloudwatch"
	"github.com/salve-security/salve/functions/playbooktest"
	"github.com/salve-security/salve/internal/control"
)

// rows are the alarm of each control and its pattern, copied from Security Hub's page and not from the playbook.
func rows() map[string][2]string {
	all := moreRows()
	maps.Copy(all, map[string][2]string{
		"CloudWatch.1": {rootUsage, pattern},
		"CloudWatch.4": {
			"IAMPolicyChanges",
			`{($.eventSource=iam.amazonaws.com) && (($.eventName=DeleteGroupPolicy) || ($.eventName=DeleteRolePolicy)` +
				` || ($.eventName=DeleteUserPolicy) || ($.eventName=PutGroupPolicy) || ($.eventName=PutRolePolicy)` +
				` || ($.eventName=PutUserPolicy) || ($.eventName=CreatePolicy) || ($.eventName=DeletePolicy)` +
				` || ($.eventName=CreatePolicyVersion) || ($.eventName=DeletePolicyVersion)` +
				` || ($.eventName=AttachRolePolicy) || ($.eventName=DetachRolePolicy) || ($.eventName=AttachUserPolicy)` +
				` || ($.eventName=DetachUserPolicy) || ($.eventName=AttachGroupPolicy)` +
				` || ($.eventName=DetachGroupPolicy))}`,
		},
		"CloudWatch.2": {
			"UnauthorizedAPICalls",
			`{($.errorCode="*UnauthorizedOperation") || ($.errorCode="AccessDenied*")}`,
		},
		"CloudWatch.3": {
			"ConsoleSignInWithoutMFA",
			`{ ($.eventName = "ConsoleLogin") && ($.additionalEventData.MFAUsed != "Yes") && ` +
				`($.userIdentity.type = "IAMUser") && ($.responseElements.ConsoleLogin = "Success") }`,
		},
		"CloudWatch.5": {
			"CloudTrailChanges",
			`{($.eventName=CreateTrail) || ($.eventName=UpdateTrail) || ($.eventName=DeleteTrail) || ` +
				`($.eventName=StartLogging) || ($.eventName=StopLogging)}`,
		},
		"CloudWatch.6": {
			"ConsoleSignInFailures",
			`{($.eventName=ConsoleLogin) && ($.errorMessage="Failed authentication")}`,
		},
		"CloudWatch.7": {
			"KeyDeletion",
			`{($.eventSource=kms.amazonaws.com) && (($.eventName=DisableKey) || ` +
				`($.eventName=ScheduleKeyDeletion))}`,
		},
	})
	return all
}

func moreRows() map[string][2]string {
	return map[string][2]string{
		"CloudWatch.8": {
			"S3BucketPolicyChanges",
			`{($.eventSource=s3.amazonaws.com) && (($.eventName=PutBucketAcl) || ` +
				`($.eventName=PutBucketPolicy) || ($.eventName=PutBucketCors) || ($.eventName=PutBucketLifecycle) || ` +
				`($.eventName=PutBucketReplication) || ($.eventName=DeleteBucketPolicy) || ` +
				`($.eventName=DeleteBucketCors) || ($.eventName=DeleteBucketLifecycle) || ` +
				`($.eventName=DeleteBucketReplication))}`,
		},
		"CloudWatch.9": {
			"ConfigChanges",
			`{($.eventSource=config.amazonaws.com) && (($.eventName=StopConfigurationRecorder) || ` +
				`($.eventName=DeleteDeliveryChannel) || ($.eventName=PutDeliveryChannel) || ` +
				`($.eventName=PutConfigurationRecorder))}`,
		},
		"CloudWatch.10": {
			"SecurityGroupChanges",
			`{($.eventName=AuthorizeSecurityGroupIngress) || ($.eventName=AuthorizeSecurityGroupEgress) || ` +
				`($.eventName=RevokeSecurityGroupIngress) || ($.eventName=RevokeSecurityGroupEgress) || ` +
				`($.eventName=CreateSecurityGroup) || ($.eventName=DeleteSecurityGroup)}`,
		},
		"CloudWatch.11": {
			"NetworkACLChanges",
			`{($.eventName=CreateNetworkAcl) || ($.eventName=CreateNetworkAclEntry) || ` +
				`($.eventName=DeleteNetworkAcl) || ($.eventName=DeleteNetworkAclEntry) || ` +
				`($.eventName=ReplaceNetworkAclEntry) || ($.eventName=ReplaceNetworkAclAssociation)}`,
		},
		"CloudWatch.12": {
			"NetworkGatewayChanges",
			`{($.eventName=CreateCustomerGateway) || ($.eventName=DeleteCustomerGateway) || ` +
				`($.eventName=AttachInternetGateway) || ($.eventName=CreateInternetGateway) || ` +
				`($.eventName=DeleteInternetGateway) || ($.eventName=DetachInternetGateway)}`,
		},
		"CloudWatch.13": {
			"RouteTableChanges",
			`{($.eventSource=ec2.amazonaws.com) && (($.eventName=CreateRoute) || ` +
				`($.eventName=CreateRouteTable) || ($.eventName=ReplaceRoute) || ` +
				`($.eventName=ReplaceRouteTableAssociation) || ($.eventName=DeleteRouteTable) || ` +
				`($.eventName=DeleteRoute) || ($.eventName=DisassociateRouteTable))}`,
		},
		"CloudWatch.14": {
			"VPCChanges",
			`{($.eventName=CreateVpc) || ($.eventName=DeleteVpc) || ($.eventName=ModifyVpcAttribute) || ` +
				`($.eventName=AcceptVpcPeeringConnection) || ($.eventName=CreateVpcPeeringConnection) || ` +
				`($.eventName=DeleteVpcPeeringConnection) || ($.eventName=RejectVpcPeeringConnection) || ` +
				`($.eventName=AttachClassicLinkVpc) || ($.eventName=DetachClassicLinkVpc) || ` +
				`($.eventName=DisableVpcClassicLink) || ($.eventName=EnableVpcClassicLink)}`,
		},
	}
}

// What rows share is shown by the first.
const (
	first     = "CloudWatch.1"
	rootUsage = "RootUsage"
	pattern   = `{$.userIdentity.type="Root" && $.userIdentity.invokedBy NOT EXISTS && $.eventType !="AwsServiceEvent"}`
	spaced    = `{ $.userIdentity.type = "Root" && $.userIdentity.invokedBy NOT EXISTS && ` +
		`$.eventType != "AwsServiceEvent" }`
)

// start is how a suite begins, in an account with a trail.
type start struct {
	params control.Params
	made   func(a account)
	unseen []string // actions that it leaves no need for
}

// widest is the start from which every row is tried: all is still to be made.
const widest = "no topic"

func starts() map[string]start {
	subscribe := control.Params{"topicArn": "", "subscribe": ann, "topicKey": "alias/cis-alarms"}
	listener := []string{
		"kms:DescribeKey", "kms:GetKeyPolicy", "sns:CreateTopic", "sns:ListSubscriptionsByTopic", "sns:Subscribe",
	}
	return map[string]start{
		widest:           {subscribe, func(account) {}, nil},
		"a silent topic": {subscribe, silent, []string{"sns:CreateTopic", "kms:DescribeKey", "kms:GetKeyPolicy"}},
		"heard topics":   {nil, heard, listener},
		"a filter without an alarm": {nil, func(a account) {
			heard(a)
			a.filter("seen-by-nobody", spaced)
		}, slices.Concat(listener, []string{"logs:PutMetricFilter", "logs:DeleteMetricFilter"})},
		"ours, changed": {nil, func(a account) {
			heard(a)
			a.filter(rootUsage, `{ $.userIdentity.type = "Root" }`, inOurs)
			a.alarm(rootUsage, "m", onOurs(rootUsage), func(in *cloudwatch.PutMetricAlarmInput) {
				in.AlarmActions, in.OKActions, in.ActionsEnabled = nil, []string{theirs}, aws.Bool(false)
			})
		}, slices.Concat(listener, []string{"cloudwatch:DeleteAlarms", "logs:DeleteMetricFilter"})},
	}
}

// silent makes the account's topic, which nobody hears.
func silent(a account) { a.topic(topic) }

// heard makes both topics, and somebody hears them.
func heard(a account) { a.topic(topic, ann); a.topic(theirs, ann) }

func TestAlarms(t *testing.T) {
	for name, start := range starts() {
		controls := playbook.Alarms()
		if name != widest {
			controls = []control.Control{playbooktest.Pick(t, controls, first)}
		}
		unseen := map[string]string{}
		for _, action := range start.unseen {
			unseen[action] = "another start shows it"
		}
		t.Run("from "+name, func(t *testing.T) {
			playbooktest.Family(t, controls, func(c control.Control) playbooktest.Suite {
				return playbooktest.Suite{
					Control: c, Params: start.params,
					Seed: func(_ context.Context, t *testing.T, _ aws.Config) string {
						t.Helper()
						start.made(watched(t))
						return accountID
					},
					Observe: func(_ context.Context, t *testing.T, _ aws.Config, _ string) any { return open(t).observe() },
					Disturb: func(_ context.Context, t *testing.T, _ aws.Config, _ string) {
						t.Helper()
						name := rows()[c.ID][0]
						open(t).alarm(name, "m", onOurs(name), func(in *cloudwatch.PutMetricAlarmInput) {
							in.Threshold, in.Period = aws.Float64(7), aws.Int32(3600)
						})
					},
					Unrelated: func(_ context.Context, t *testing.T, _ aws.Config, _ string) {
						t.Helper()
						open(t).filter("logins", `{ $.eventName = "ConsoleLogin" }`)
						open(t).alarm("logins", "logins")
					},
					DisturbFact: func(_ context.Context, t *testing.T, _ aws.Config, _ string) {
						t.Helper()
						open(t).trail("second", "other")
					},
					Skip: map[string]string{
						playbooktest.CaseGone:   "an account that reports findings is there",
						playbooktest.CaseNarrow: "an account is one resource; TestRows names alarm and topic",
					},
					Unseen: unseen,
				}
			})
		})
	}
}

// How a plan reads, with what undo leaves: additions, so that nobody needs to approve it. A run's session reaches the
// row's alarm and no other, which the lab cannot show: it does not derive which alarm a call is about.
func TestRows(t *testing.T) {
	for _, c := range playbook.Alarms() {
		t.Run(c.ID, func(t *testing.T) {
			row, ok := rows()[c.ID]
			if !ok {
				t.Fatal("the control is not in rows: copy alarm and pattern from Security Hub's page of it")
			}
			watched(t)
			env := playbooktest.Env(t, c, accountID, playbooktest.With(map[string]any{"subscribe": ann}))
			plan := playbooktest.Planned(t, c, env, fmt.Sprintf(`  + Alarms.%[1]s {"Actions":{%[3]q:true},`+
				`"Comparison":"GreaterThanOrEqualToThreshold","Enabled":true,"Metric":%[1]q,"Missing":"notBreaching",`+
				`"Namespace":"CISBenchmark","Period":300,"Periods":1,"Statistic":"Sum","Threshold":1}
  + Filters.audit:%[1]s {"Metric":%[1]q,"Namespace":"CISBenchmark","Pattern":%[2]q,"Value":"1"}
  + Subscriptions.ann@example.org to cis-alarms (undo leaves it: it ends with the link in each mail, or the `+
				`UnsubscribeURL in each https message)
  + Topics.cis-alarms (undo leaves it: others may use it by then)
`, row[0], row[1], topic))
			if plan.OneWay() {
				t.Error("the plan asks for approval")
			}
			want := []string{
				"arn:aws:cloudwatch:" + place + ":alarm:" + row[0], topic,
				"arn:aws:kms:" + place + ":key/*", "arn:aws:kms:" + place + ":alias/*",
			}
			if d := cmp.Diff(want, playbooktest.Got(c.Limits(env.Target, nil))(t)); d != "" {
				t.Errorf("limits (-want +got):\n%s", d)
			}
		})
	}
}
