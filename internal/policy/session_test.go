package policy_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/salve-security/salve/internal/policy"
)

const (
	account = "222222222222"
	region  = "eu-west-1"
)

func TestSession(t *testing.T) {
	cases := map[string]struct {
		actions, arns []string
		region        string
		want          string
	}{
		"one bucket": {
			actions: []string{
				"s3:PutBucketPublicAccessBlock", "s3:ListBucket", "s3:GetBucketPublicAccessBlock", "s3:ListBucket",
			},
			arns:   []string{"arn:aws:s3:::logs-eu"},
			region: region,
			want: `{"Version":"2012-10-17","Statement":[{"Effect":"Allow",` +
				`"Action":["s3:GetBucketPublicAccessBlock","s3:ListBucket","s3:PutBucketPublicAccessBlock"],` +
				`"Resource":"arn:aws:s3:::logs-eu","Condition":{"StringEquals":{"aws:RequestedRegion":"eu-west-1"}}}]}`,
		},
		"a bucket and what lies in it": {
			actions: []string{"s3:PutBucketPolicy"},
			arns:    []string{"arn:aws:s3:::logs-eu/*", "arn:aws:s3:::logs-eu", "arn:aws:s3:::logs-eu"},
			want: `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:PutBucketPolicy",` +
				`"Resource":["arn:aws:s3:::logs-eu","arn:aws:s3:::logs-eu/*"]}]}`,
		},
		"account-wide calls stay wide": {
			actions: []string{"s3:PutAccountPublicAccessBlock", "s3:PutBucketTagging"},
			arns:    []string{"arn:aws:s3:::logs-eu"},
			region:  policy.Global,
			want: `{"Version":"2012-10-17","Statement":[` +
				`{"Effect":"Allow","Action":"s3:PutAccountPublicAccessBlock","Resource":"*"},` +
				`{"Effect":"Allow","Action":"s3:PutBucketTagging","Resource":"arn:aws:s3:::logs-eu"}]}`,
		},
		"lists stay wide, others and global services are apart": {
			actions: []string{
				"ec2:DescribeSecurityGroups", "ec2:RevokeSecurityGroupIngress", "iam:GetAccountSummary", "sns:ListTopics",
			},
			arns:   []string{"arn:aws-us-gov:ec2:eu-west-1:222222222222:security-group/sg-1"},
			region: region,
			want: `{"Version":"2012-10-17","Statement":[` +
				`{"Effect":"Allow","Action":["ec2:DescribeSecurityGroups","sns:ListTopics"],"Resource":"*",` +
				`"Condition":{"StringEquals":{"aws:RequestedRegion":"eu-west-1"}}},` +
				`{"Effect":"Allow","Action":"ec2:RevokeSecurityGroupIngress",` +
				`"Resource":"arn:aws-us-gov:ec2:eu-west-1:222222222222:security-group/sg-1",` +
				`"Condition":{"StringEquals":{"aws:RequestedRegion":"eu-west-1"}}},` +
				`{"Effect":"Allow","Action":"iam:GetAccountSummary","Resource":"*"}]}`,
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			got, err := policy.Session(c.actions, c.arns, account, c.region)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// TestAccountOfARunbook: what IAM has once for an account is read beside the one role that is passed on.
func TestAccountOfARunbook(t *testing.T) {
	got, err := policy.Session([]string{"iam:GetAccountPasswordPolicy", "iam:PassRole"},
		[]string{"arn:aws:iam::222222222222:role/salve/user/closer"}, account, region)
	if err != nil {
		t.Fatal(err)
	}
	want := `{"Version":"2012-10-17","Statement":[` +
		`{"Effect":"Allow","Action":"iam:GetAccountPasswordPolicy","Resource":"*"},` +
		`{"Effect":"Allow","Action":"iam:PassRole","Resource":"arn:aws:iam::222222222222:role/salve/user/closer",` +
		`"Condition":{"StringEquals":{"iam:PassedToService":"ssm.amazonaws.com"}}}]}`
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestRunbookSession: a runbook is started by its name, as the role of its family, which nobody else gets.
func TestRunbookSession(t *testing.T) {
	got, err := policy.Session(
		[]string{"iam:PassRole", "ssm:DescribeDocument", "ssm:StartAutomationExecution"},
		[]string{
			"arn:aws:iam::222222222222:role/salve/automation/salve-closing", "arn:aws:iam::222222222222:role/app/suspect",
			"arn:aws:ssm:eu-west-1:222222222222:document/Salve-CloseBucket",
			"arn:aws:ssm:eu-west-1:222222222222:automation-execution/*",
			"arn:aws:ssm:eu-west-1:222222222222:automation-definition/Salve-CloseBucket:*",
		}, account, region)
	if err != nil {
		t.Fatal(err)
	}
	want := `{"Version":"2012-10-17","Statement":[` +
		`{"Effect":"Allow","Action":"iam:PassRole",` +
		`"Resource":"arn:aws:iam::222222222222:role/salve/automation/salve-closing",` +
		`"Condition":{"StringEquals":{"iam:PassedToService":"ssm.amazonaws.com"}}},` +
		`{"Effect":"Allow","Action":"ssm:DescribeDocument","Resource":"*",` +
		`"Condition":{"StringEquals":{"aws:RequestedRegion":"eu-west-1"}}},` +
		`{"Effect":"Allow","Action":"ssm:StartAutomationExecution","Resource":[` +
		`"arn:aws:ssm:eu-west-1:222222222222:automation-definition/Salve-CloseBucket:*",` +
		`"arn:aws:ssm:eu-west-1:222222222222:automation-execution/*",` +
		`"arn:aws:ssm:eu-west-1:222222222222:document/Salve-CloseBucket"],` +
		`"Condition":{"StringEquals":{"aws:RequestedRegion":"eu-west-1"}}}]}`
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// AWS has one credential report for all users: an ARN would deny it.
func TestCredentialReportStaysWide(t *testing.T) {
	got, err := policy.Session(
		[]string{"iam:GenerateCredentialReport", "iam:GetCredentialReport", "iam:GetUser"},
		[]string{"arn:aws:iam::222222222222:user/eve"}, account, region)
	if err != nil {
		t.Fatal(err)
	}
	want := `{"Version":"2012-10-17","Statement":[` +
		`{"Effect":"Allow","Action":["iam:GenerateCredentialReport","iam:GetCredentialReport"],"Resource":"*"},` +
		`{"Effect":"Allow","Action":"iam:GetUser","Resource":"arn:aws:iam::222222222222:user/eve"}]}`
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// What IAM keeps of the account has no ARN: that of a role beside it would deny it, as of one that a runbook runs as.
func TestTheAccountItselfStaysWide(t *testing.T) {
	got, err := policy.Session(
		[]string{"iam:GetAccountPasswordPolicy", "iam:PassRole"},
		[]string{"arn:aws:iam::222222222222:role/salve/user/closer"}, account, region)
	if err != nil {
		t.Fatal(err)
	}
	want := `{"Version":"2012-10-17","Statement":[` +
		`{"Effect":"Allow","Action":"iam:GetAccountPasswordPolicy","Resource":"*"},` +
		`{"Effect":"Allow","Action":"iam:PassRole","Resource":"arn:aws:iam::222222222222:role/salve/user/closer",` +
		`"Condition":{"StringEquals":{"iam:PassedToService":"ssm.amazonaws.com"}}}]}`
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// Which role a project has shows only once a run looks: every role can be asked about, whatever else it is limited to.
func TestRolesAreAskedAbout(t *testing.T) {
	got, err := policy.Session([]string{"iam:SimulatePrincipalPolicy", "iam:UpdateAccessKey"},
		[]string{"arn:aws:iam::222222222222:user/ann"}, account, policy.Global)
	if err != nil || !strings.Contains(got, `"Action":"iam:SimulatePrincipalPolicy","Resource":"*"`) {
		t.Errorf("%s (%v)", got, err)
	}
}

// All topics that alarms tell are looked at, and one is subscribed to.
func TestTopicsAreLookedAt(t *testing.T) {
	got, err := policy.Session(
		[]string{"sns:CreateTopic", "sns:GetTopicAttributes", "sns:ListSubscriptionsByTopic", "sns:Subscribe"},
		[]string{"arn:aws:sns:eu-west-1:222222222222:ours"}, account, policy.Global)
	if err != nil {
		t.Fatal(err)
	}
	want := `{"Version":"2012-10-17","Statement":[` +
		`{"Effect":"Allow","Action":["sns:CreateTopic","sns:ListSubscriptionsByTopic","sns:Subscribe"],` +
		`"Resource":"arn:aws:sns:eu-west-1:222222222222:ours"},` +
		`{"Effect":"Allow","Action":"sns:GetTopicAttributes","Resource":"*"}]}`
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestSessionRefuses(t *testing.T) {
	one := []string{"s3:ListBucket"}
	bucket := []string{"arn:aws:s3:::b"}
	many := make([]string, 60)
	for i := range many {
		many[i] = fmt.Sprintf("ec2:SomeRatherLongOperationNumber%d", i)
	}
	cases := map[string]struct {
		actions, arns   []string
		account, region string
		want            string
	}{
		"no actions":        {nil, bucket, account, region, "no actions"},
		"wildcard action":   {[]string{"s3:*"}, bucket, account, region, `action "s3:*"`},
		"account":           {one, bucket, "12", region, `account "12"`},
		"region":            {one, bucket, account, "eu west", `region "eu west"`},
		"another account":   {one, []string{"arn:aws:sqs:eu-west-1:999999999999:q"}, account, region, "lies in account"},
		"another Region":    {one, []string{"arn:aws:sqs:us-east-1:222222222222:q"}, account, region, "lies in Region"},
		"no ARN":            {one, []string{"my-bucket"}, account, region, "want an ARN"},
		"everything":        {one, []string{"*"}, account, region, "want an ARN"},
		"every bucket":      {one, []string{"arn:aws:s3:::*"}, account, region, "want an ARN"},
		"wildcard in name":  {one, []string{"arn:aws:s3:::b*"}, account, region, "want an ARN"},
		"wildcard inside":   {one, []string{"arn:aws:s3:::b/*/c"}, account, region, "want an ARN"},
		"question mark":     {one, []string{"arn:aws:s3:::b?"}, account, region, "want an ARN"},
		"wildcard account":  {one, []string{"arn:aws:sqs:eu-west-1:*:q"}, account, region, "want an ARN"},
		"wildcard service":  {one, []string{"arn:aws:*:::b"}, account, region, "want an ARN"},
		"policy variable":   {one, []string{"arn:aws:s3:::${aws:username}"}, account, region, "want an ARN"},
		"line break":        {one, []string{"arn:aws:s3:::b\n"}, account, region, "want an ARN"},
		"invisible letters": {one, []string{"arn:aws:s3:::b\u202e"}, account, region, "want an ARN"},
		"too long an ARN":   {one, []string{"arn:aws:s3:::" + strings.Repeat("b", 600)}, account, region, "want an ARN"},
		"too many actions":  {many, nil, account, region, "STS takes 2048"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			got, err := policy.Session(c.actions, c.arns, c.account, c.region)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %q, error %v, want an error with %q", got, err, c.want)
			}
		})
	}
}

// TestSessionInEveryPartition: Regions have names of several forms.
func TestSessionInEveryPartition(t *testing.T) {
	for region, partition := range map[string]string{
		"eu-west-1": "aws", "ap-southeast-4": "aws", "cn-north-1": "aws-cn", "us-gov-west-1": "aws-us-gov",
		"us-iso-east-1": "aws-iso", "us-isob-east-1": "aws-iso-b", "us-isof-south-1": "aws-iso-f",
		"eu-isoe-west-1": "aws-iso-e", "eusc-de-east-1": "aws-eusc",
	} {
		queue := "arn:" + partition + ":sqs:" + region + ":" + account + ":q"
		text, err := policy.Session([]string{"sqs:GetQueueAttributes"}, []string{queue}, account, region)
		if err != nil || !strings.Contains(text, queue) || !strings.Contains(text, `"aws:RequestedRegion":"`+region+`"`) {
			t.Errorf("%s: %s, %v", region, text, err)
		}
	}
}
