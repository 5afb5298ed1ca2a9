package lab

import (
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/securityhub"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
)

// extraTypes are the CloudFormation types the launcher adds to ministack.
const extraTypes = `
Parameters:
  Text: {Type: String}
Resources:
  Remediate:
    Type: AWS::SecurityHub::ActionTarget
    Properties: {Id: Remediate, Name: Remediate, Description: !Ref Text}
  Rule:
    Type: AWS::SecurityHub::AutomationRule
    Properties: {RuleName: r, RuleOrder: 1, Description: d, Criteria: {}, Actions: []}
  Runbook:
    Type: AWS::SSM::Document
    Properties:
      Name: lab-runbook
      DocumentType: Automation
      Content:
        schemaVersion: "0.3"
        description: !Ref Text
        mainSteps: [{name: s, action: "aws:sleep", inputs: {Duration: PT1S}}]
  Slack:
    Type: AWS::Chatbot::SlackChannelConfiguration
    Properties: {ConfigurationName: c, IamRoleArn: "arn:aws:iam::1:role/r", SlackChannelId: C, SlackWorkspaceId: W}
  Alarm:
    Type: AWS::CloudWatch::Alarm
    Properties:
      AlarmName: one
      Namespace: n
      MetricName: m
      Statistic: Sum
      Period: 60
      EvaluationPeriods: 1
      Threshold: 1
      ComparisonOperator: GreaterThanThreshold
  Both:
    Type: AWS::CloudWatch::CompositeAlarm
    DependsOn: Alarm
    Properties: {AlarmName: both, AlarmRule: "ALARM(one)"}
Outputs:
  Action: {Value: !Ref Remediate}
  Arn: {Value: !GetAtt Remediate.ActionTargetArn}
  Runbook: {Value: !Ref Runbook}
  Slack: {Value: !Ref Slack}
  Both: {Value: !GetAtt Both.Arn}
`

func TestStacksWithTheAddedTypes(t *testing.T) {
	l := fresh(t)
	stack := Stack{Name: "extra", Account: l.Hub(), Region: l.Region(), Template: extraTypes}
	hub := securityhub.NewFromConfig(l.Config(l.Hub(), l.Region()))
	for _, text := range []string{"first", "second"} {
		stack.Parameters = map[string]string{"Text": text}
		outputs := got[map[string]string](t)(l.Deploy(t.Context(), stack))
		want := "arn:aws:securityhub:" + l.Region() + ":" + l.Hub() + ":action/custom/Remediate"
		if outputs["Action"] != want || outputs["Arn"] != want || outputs["Runbook"] != "lab-runbook" {
			t.Errorf("outputs: %v", outputs)
		}
		targets := got[*securityhub.DescribeActionTargetsOutput](t)(hub.DescribeActionTargets(t.Context(),
			&securityhub.DescribeActionTargetsInput{}))
		if len(targets.ActionTargets) != 1 || aws.ToString(targets.ActionTargets[0].Description) != text {
			t.Errorf("action targets: %+v", targets.ActionTargets)
		}
		runbook := got[*ssm.GetDocumentOutput](t)(ssm.NewFromConfig(l.Config(l.Hub(), l.Region())).GetDocument(
			t.Context(), &ssm.GetDocumentInput{Name: aws.String("lab-runbook")}))
		if !strings.Contains(aws.ToString(runbook.Content), text) {
			t.Errorf("runbook: %s", aws.ToString(runbook.Content))
		}
	}
	got[map[string]string](t)(l.Deploy(t.Context(), stack)) // nothing to update is no error
	must(t, l.Undeploy(t.Context(), "extra", l.Hub(), l.Region()))
	targets := got[*securityhub.DescribeActionTargetsOutput](t)(hub.DescribeActionTargets(t.Context(),
		&securityhub.DescribeActionTargetsInput{}))
	if len(targets.ActionTargets) != 0 {
		t.Errorf("action targets outlive their stack: %+v", targets.ActionTargets)
	}
}

func TestFailedStackNamesTheCause(t *testing.T) {
	l := fresh(t)
	stack := Stack{Name: "broken", Account: l.Hub(), Region: l.Region(), Template: `
Resources:
  Both:
    Type: AWS::CloudWatch::CompositeAlarm
    Properties: {AlarmName: both, AlarmRule: "ALARM(missing)"}
`}
	for range 2 { // the second time over the rolled-back first
		_, err := l.Deploy(t.Context(), stack)
		if err == nil || !strings.Contains(err.Error(), "Both (AWS::CloudWatch::CompositeAlarm)") ||
			!strings.Contains(err.Error(), "missing") {
			t.Fatalf("got %v, want the resource and its reason", err)
		}
	}
}

// sized is a template with a queue that is called after the stack, of just so many bytes.
func sized(bytes int) string {
	const template = "Resources:\n  Q: {Type: AWS::SQS::Queue, Properties: {QueueName: !Ref AWS::StackName}}\n#"
	return template + strings.Repeat("x", bytes-len(template)-1) + "\n"
}

// TestTemplatesByURL: what CloudFormation takes in a request goes there, what is larger by the URL of an object. What
// stands in the object is what the stack is made of: nothing else of the template reaches CloudFormation.
func TestTemplatesByURL(t *testing.T) {
	l := fresh(t)
	cases := map[string]struct {
		bytes  int
		linked bool
	}{"inline": {inlineTemplate, false}, "linked": {inlineTemplate + 1, true}}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			stack := Stack{Name: name, Account: memberOne, Region: l.Region(), Template: sized(c.bytes)}
			body, address, err := l.handOver(t.Context(), stack)
			if err != nil || (body == nil) != c.linked || (address != nil) != c.linked {
				t.Fatalf("in the request: %v, by URL: %v, %v", body != nil, address != nil, err)
			}
			l.ClearCalls()
			got[map[string]string](t)(l.Deploy(t.Context(), stack))
			uploaded := slices.ContainsFunc(l.Calls(0), func(e Entry) bool {
				return e.Action == "s3:PutObject" && strings.HasSuffix(e.Resource, "/templates/"+name+".yaml")
			})
			if uploaded != c.linked {
				t.Errorf("its template was uploaded: %v", uploaded)
			}
			_, err = sqs.NewFromConfig(l.Config(memberOne, l.Region())).GetQueueUrl(t.Context(),
				&sqs.GetQueueUrlInput{QueueName: aws.String(name)})
			must(t, err)
		})
	}
	_, err := l.Deploy(t.Context(), Stack{
		Name: "larger", Account: memberOne, Region: l.Region(), Template: sized(linkedTemplate + 1),
	})
	if err == nil || !strings.Contains(err.Error(), "CloudFormation takes 1000000") {
		t.Errorf("got %v, want the limit", err)
	}
}
