// Package cloudwatch holds the playbooks for Amazon CloudWatch.
package cloudwatch

import (
	"regexp"
	"strings"
	"time"

	"github.com/salve-security/salve/functions/playbooks/needs"
	"github.com/salve-security/salve/internal/control"
)

// Alarms returns the controls that are met by an alarm on certain events of the account. A row has the terms that
// Security Hub looks for, all of them and no others; spaces do not matter to it. Source:
// https://docs.aws.amazon.com/securityhub/latest/userguide/cloudwatch-controls.html.
func Alarms() []control.Control {
	var all []control.Control
	for _, r := range rules() {
		all = append(all, r.control())
	}
	return all
}

func rules() []rule {
	return append([]rule{
		{
			"CloudWatch.1", "RootUsage", "Somebody used the root user of this account.",
			[]string{`{$.userIdentity.type="Root" && $.userIdentity.invokedBy NOT EXISTS && $.eventType !="AwsServiceEvent"}`},
		},
		{
			"CloudWatch.2", "UnauthorizedAPICalls", "Somebody called what they may not.",
			[]string{`{($.errorCode="*UnauthorizedOperation") || ($.errorCode="AccessDenied*")}`},
		},
		{
			"CloudWatch.3", "ConsoleSignInWithoutMFA", "A user of this account signed in without MFA.",
			[]string{`{ ($.eventName = "ConsoleLogin") && ($.additionalEventData.MFAUsed != "Yes") && ` +
				`($.userIdentity.type = "IAMUser") && ($.responseElements.ConsoleLogin = "Success") }`},
		},
		{
			"CloudWatch.6", "ConsoleSignInFailures", "Somebody failed to sign in to the console.",
			[]string{`{($.eventName=ConsoleLogin) && ($.errorMessage="Failed authentication")}`},
		},
		{
			keys, "KeyDeletion", "Somebody turned off a KMS key of this account or scheduled its deletion.",
			[]string{from("kms", "DisableKey", "ScheduleKeyDeletion")},
		},
	}, changes()...)
}

// changes are the rules about changes of what an account is set up with.
func changes() []rule {
	policies := []string{
		"DeleteGroupPolicy", "DeleteRolePolicy", "DeleteUserPolicy", "PutGroupPolicy", "PutRolePolicy", "PutUserPolicy",
		"CreatePolicy", "DeletePolicy", "CreatePolicyVersion", "DeletePolicyVersion", "AttachRolePolicy",
		"DetachRolePolicy", "AttachUserPolicy", "DetachUserPolicy", "AttachGroupPolicy", "DetachGroupPolicy",
	}
	routes := []string{
		"CreateRoute", "CreateRouteTable", "ReplaceRoute", "ReplaceRouteTableAssociation", "DeleteRouteTable", "DeleteRoute",
		"DisassociateRouteTable",
	}
	return []rule{
		{
			"CloudWatch.4", "IAMPolicyChanges", "Somebody changed an IAM policy of this account or whom it is attached to.",
			// Security Hub's page asked for these events, and later for their source too.
			[]string{from("iam", policies...), events(policies...)},
		},
		{
			"CloudWatch.5", "CloudTrailChanges", "Somebody changed a trail of this account.",
			[]string{events("CreateTrail", "UpdateTrail", "DeleteTrail", "StartLogging", "StopLogging")},
		},
		{
			"CloudWatch.8", "S3BucketPolicyChanges", "Somebody changed who may use a bucket of this account, or its rules.",
			[]string{from("s3", "PutBucketAcl", "PutBucketPolicy", "PutBucketCors", "PutBucketLifecycle",
				"PutBucketReplication", "DeleteBucketPolicy", "DeleteBucketCors", "DeleteBucketLifecycle",
				"DeleteBucketReplication")},
		},
		{
			"CloudWatch.9", "ConfigChanges", "Somebody changed what AWS Config records of this account.",
			[]string{from("config", "StopConfigurationRecorder", "DeleteDeliveryChannel", "PutDeliveryChannel",
				"PutConfigurationRecorder")},
		},
		{
			"CloudWatch.10", "SecurityGroupChanges", "Somebody changed a security group of this account.",
			[]string{events("AuthorizeSecurityGroupIngress", "AuthorizeSecurityGroupEgress", "RevokeSecurityGroupIngress",
				"RevokeSecurityGroupEgress", "CreateSecurityGroup", "DeleteSecurityGroup")},
		},
		{
			"CloudWatch.11", "NetworkACLChanges", "Somebody changed a network ACL of this account.",
			[]string{events("CreateNetworkAcl", "CreateNetworkAclEntry", "DeleteNetworkAcl", "DeleteNetworkAclEntry",
				"ReplaceNetworkAclEntry", "ReplaceNetworkAclAssociation")},
		},
		{
			"CloudWatch.12", "NetworkGatewayChanges", "Somebody changed a network gateway of this account.",
			[]string{events("CreateCustomerGateway", "DeleteCustomerGateway", "AttachInternetGateway",
				"CreateInternetGateway", "DeleteInternetGateway", "DetachInternetGateway")},
		},
		{
			"CloudWatch.13", "RouteTableChanges", "Somebody changed a route table of this account.",
			[]string{from("ec2", routes...), events(routes...)}, // as of CloudWatch.4
		},
		{
			"CloudWatch.14", "VPCChanges", "Somebody changed a VPC of this account, or its peerings.",
			[]string{events("CreateVpc", "DeleteVpc", "ModifyVpcAttribute", "AcceptVpcPeeringConnection",
				"CreateVpcPeeringConnection", "DeleteVpcPeeringConnection", "RejectVpcPeeringConnection",
				"AttachClassicLinkVpc", "DetachClassicLinkVpc", "DisableVpcClassicLink", "EnableVpcClassicLink")},
		},
	}
}

// keys is the control for which events of KMS have to be in the trail.
const keys = "CloudWatch.7"

// events is the pattern of events by their names.
func events(names ...string) string { return "{" + anyOf(names) + "}" }

// from is the pattern of events that a service is the source of.
func from(service string, names ...string) string {
	return "{($.eventSource=" + service + ".amazonaws.com) && (" + anyOf(names) + ")}"
}

func anyOf(names []string) string {
	return "($.eventName=" + strings.Join(names, ") || ($.eventName=") + ")"
}

// rule is what sets a control of the family apart from the others.
type rule struct {
	id   string
	name string // of the filter, the metric and the alarm
	says string // the alarm's description
	// patterns are those that a filter may have; the first is written.
	patterns []string
}

// kms says whether a trail may leave out what happens to keys.
func (r rule) kms() string {
	if r.id == keys {
		return "must not leave out KMS events"
	}
	return "may leave out KMS events"
}

// control returns the rule as a control.
func (r rule) control() control.Control {
	info := control.Info{
		ID: r.id,
		Effect: "Within five minutes of the event an alarm tells an SNS topic. Nothing else changes; a metric and an " +
			"alarm are billed. The topic must have a confirmed subscription, as Security Hub asks. Where nobody hears it, " +
			"Salve refuses; told whom to subscribe, it makes the topic " + topicName + ", encrypted with a key of the " +
			"account, and has SNS ask them to confirm.",
		Fails: control.Fails{
			When: "No active multi-Region trail of the account, in the Region where it is based, has a log group with a " +
				"metric filter of exactly the prescribed terms and an alarm on its metric that tells an SNS topic with a " +
				"confirmed subscription. When the alarm goes off does not matter, and the trail " + r.kms() + ".",
			Custom: true,
		},
		Impact:  control.ImpactNone,
		Pattern: regexp.MustCompile(`^AWS::::Account:(\d{12})$`),
		Writes:  "cloudwatch.alarm." + r.name, // each its own
		Params:  params(),
		Actions: []string{
			"cloudtrail:DescribeTrails", "cloudtrail:GetEventSelectors", "cloudtrail:GetTrailStatus",
			"cloudwatch:DescribeAlarms", "cloudwatch:DescribeAlarmsForMetric", "cloudwatch:PutMetricAlarm",
			"kms:DescribeKey", "kms:GetKeyPolicy",
			"logs:DescribeMetricFilters", "logs:PutMetricFilter",
			"sns:CreateTopic", "sns:GetTopicAttributes", "sns:ListSubscriptionsByTopic", "sns:Subscribe",
		},
		UndoActions: []string{"cloudwatch:DeleteAlarms", "logs:DeleteMetricFilter"},
		OneWay: map[string]string{
			"Topics/*":        "others may use it by then",
			"Subscriptions/*": "it ends with the link in each mail, or the UnsubscribeURL in each https message",
		},
		// Confirmation tokens of SNS hold for two days.
		Waits: map[string]control.Wait{
			"Subscriptions/*": {For: "somebody to confirm the subscription of", Within: 48 * time.Hour},
		},
		Narrow: func(env control.Env) []string {
			return append([]string{env.Target.ARN("cloudwatch", "alarm:"+r.name), ownTopic(env)}, needs.KeyARNs(env)...)
		},
		Lock: func(env control.Env) []string { return []string{env.Target.Resource + "/" + r.name} },
	}
	return control.Of[watch]{Info: info, Read: r.read, Want: r.want, Write: r.write}.Control()
}

const (
	// paramTopic is the parameter with the topic that alarms tell.
	paramTopic = "topicArn"
	// paramSubscribe is the parameter with whom to subscribe to a topic that nobody hears.
	paramSubscribe = "subscribe"
)

// The forms of parameters that all rows share, compiled once for all.
var (
	topicForm = regexp.MustCompile(`^(arn:aws[a-z-]*:sns:[a-z0-9-]+:\d{12}:[A-Za-z0-9_-]{1,256})?$`)
	// Nothing in a URL that is there to hold a secret: user, query, fragment.
	listenerForm = regexp.MustCompile(
		`^([\w.%+-]{1,64}@[\w-]+(\.[\w-]+)+|https://[\w-]+(\.[\w-]+)+(:\d{1,5})?(/[!"$->A-~]{0,400})?)?$`)
)

func params() []control.Param {
	return []control.Param{{
		Name: paramTopic,
		Meaning: "ARN of the SNS topic that the alarm tells, in the same Region and with a confirmed subscription; empty " +
			"for the topic " + topicName + ".",
		Default: "",
		Pattern: topicForm,
		Form:    "the ARN of an SNS topic, or nothing",
	}, {
		Name: paramSubscribe,
		Meaning: "Mail address or https URL that is subscribed to the account's topic " + topicName + " where nobody hears " +
			"it, with the topic made where there is none; empty for nobody. Plans, notes, mails and logs show it, so name " +
			"no URL with a token in it: subscribe that yourself, and name its topic in " + paramTopic + ".",
		Default: "",
		Pattern: listenerForm,
		Form:    "a mail address, an https URL without user, query (?) and fragment (#), or nothing",
	}, keyParam()}
}
