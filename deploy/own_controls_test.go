package deploy_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
)

// left is what a control finds on a resource of the stack, or why it cannot look in the lab.
type left struct{ control, resource, why string }

// leftOver is what is found all the same, each with the reason that a reader accepts.
func leftOver() []left {
	return []left{
		{"KMS.4", ":key/", "the lab's CloudFormation makes keys in one emulator, and KMS is another: the template says " +
			"EnableKeyRotation, which TestWhatSalveMakesPassesItsControls holds"},
		{"SNS.1", ":salve-notices", "the lab's CloudFormation forgets KmsMasterKeyId, which the same test holds"},
	}
}

// tryOwnControls has every playbook look at whatever of the hub's stack is of its kind, as in plan mode: nothing is
// left to change, but for leftOver.
func (d deployed) tryOwnControls(t *testing.T, root aws.Config) {
	controls, err := registry()
	if err != nil {
		t.Fatal(err)
	}
	d.protect(t, root)
	expected, looks := map[left]bool{}, map[string]int{}
	for resource, kind := range d.made(t.Context(), t, root) {
		for _, c := range controls.All() {
			target := control.Target{Account: d.Hub(), Region: d.Region(), Partition: "aws", Resource: resource}
			if _, its := c.Name(target); !its || control.Own(c.ID) {
				continue // what is Salve's own is asked for by people, and nothing fails it
			}
			looks[kind]++
			plan, err := c.Plan(t.Context(), control.Env{Config: root, Target: target, Now: time.Now()})
			if err == nil && len(plan.Changes) == 0 {
				continue
			}
			if known, ok := among(c.ID, resource); ok {
				expected[known] = true
				continue
			}
			t.Errorf("%s fails %s: %v (%s)\n%s", resource, c.ID, err, fault.Of(err), plan)
		}
	}
	leftAndLooked(t, expected, looks)
}

// leftAndLooked fails for what nothing finds any more, and for kinds that no control looked at.
func leftAndLooked(t *testing.T, expected map[left]bool, looks map[string]int) {
	t.Helper()
	for _, one := range leftOver() {
		if !expected[one] {
			t.Errorf("%s is left on %s, and nothing finds it any more", one.control, one.resource)
		}
	}
	for _, kind := range []string{
		"AWS::DynamoDB::Table", "AWS::Lambda::Function", "AWS::SQS::Queue", "AWS::SNS::Topic", "AWS::KMS::Key",
	} {
		if looks[kind] == 0 {
			t.Errorf("no control looked at any %s", kind)
		}
	}
}

// protect is the command after the deployment: docs/install.md. A template cannot say it of its own stack.
func (d deployed) protect(t *testing.T, root aws.Config) {
	t.Helper()
	_, err := cloudformation.NewFromConfig(root).UpdateTerminationProtection(t.Context(),
		&cloudformation.UpdateTerminationProtectionInput{
			StackName: aws.String("salve-hub"), EnableTerminationProtection: aws.Bool(true),
		})
	if err != nil {
		t.Fatal(err)
	}
}

func among(id, resource string) (left, bool) {
	for _, one := range leftOver() {
		if one.control == id && strings.Contains(resource, one.resource) {
			return one, true
		}
	}
	return left{}, false
}

// made are the resources of the hub's stack and the stack itself, by their ARNs, with their types.
func (d deployed) made(ctx context.Context, t *testing.T, root aws.Config) map[string]string {
	t.Helper()
	client, name := cloudformation.NewFromConfig(root), aws.String("salve-hub")
	stacks, err := client.DescribeStacks(ctx, &cloudformation.DescribeStacksInput{StackName: name})
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{aws.ToString(stacks.Stacks[0].StackId): "AWS::CloudFormation::Stack"}
	all, err := client.DescribeStackResources(ctx, &cloudformation.DescribeStackResourcesInput{StackName: name})
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range all.StackResources {
		arn, known := d.arnOf(r)
		if !known {
			t.Errorf("%s is a %s: say what its ARN is, or that it has none", aws.ToString(r.LogicalResourceId),
				aws.ToString(r.ResourceType))
		}
		if arn != "" {
			out[arn] = aws.ToString(r.ResourceType)
		}
	}
	return out
}

// arnOf is how a finding names a resource of the stack; empty for what findings never name.
func (d deployed) arnOf(r types.StackResource) (arn string, known bool) {
	id, place := aws.ToString(r.PhysicalResourceId), ":"+d.Region()+":"+d.Hub()+":"
	switch aws.ToString(r.ResourceType) {
	case "AWS::DynamoDB::Table":
		return "arn:aws:dynamodb" + place + "table/" + id, true
	case "AWS::Lambda::Function":
		return "arn:aws:lambda" + place + "function:" + id, true
	case "AWS::SQS::Queue":
		return "arn:aws:sqs" + place + id[strings.LastIndex(id, "/")+1:], true
	case "AWS::KMS::Key":
		return "arn:aws:kms" + place + "key/" + id, true
	case "AWS::Logs::LogGroup":
		return "arn:aws:logs" + place + "log-group:" + id, true
	case "AWS::CloudWatch::Alarm":
		return "arn:aws:cloudwatch" + place + "alarm:" + id, true
	case "AWS::Events::Rule":
		return "arn:aws:events" + place + "rule/" + id, true
	case "AWS::IAM::Role":
		return "arn:aws:iam::" + d.Hub() + ":role/" + id, true
	case "AWS::SNS::Topic", "AWS::IAM::ManagedPolicy":
		return id, true
	case "AWS::SQS::QueuePolicy", "AWS::SNS::TopicPolicy", "AWS::SNS::Subscription", "AWS::CloudWatch::Dashboard",
		"AWS::Lambda::EventSourceMapping", "AWS::Scheduler::Schedule", "AWS::SecurityHub::ActionTarget",
		"AWS::Lambda::Version", "AWS::Lambda::Alias":
		return "", true
	}
	return "", false
}
