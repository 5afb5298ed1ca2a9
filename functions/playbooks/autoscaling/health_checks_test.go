package autoscaling_test

import (
	"context"
	"crypto/rand"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancing"
	classic "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancing/types"
	elbv2 "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
	"github.com/aws/smithy-go"

	playbook "github.com/salve-security/salve/functions/playbooks/autoscaling"
	"github.com/salve-security/salve/functions/playbooktest"
	"github.com/salve-security/salve/internal/fault"
)

// arns has the start of the ARNs of groups.
const arns = "arn:aws:autoscaling:us-east-1:222222222222:autoScalingGroup:11111111-2222-3333-4444-555555555555:" +
	"autoScalingGroupName/"

func name(resource string) *string { return aws.String(resource[strings.Index(resource, "/")+1:]) }

func TestHealthChecks(t *testing.T) {
	root := playbooktest.Root(t)
	balancer, target := aws.String("suite"), targetGroup(t, root)
	playbooktest.Got(elb.NewFromConfig(root).CreateLoadBalancer(t.Context(), &elb.CreateLoadBalancerInput{
		LoadBalancerName: balancer, AvailabilityZones: []string{"us-east-1a"}, Listeners: []classic.Listener{{
			InstancePort: aws.Int32(80), LoadBalancerPort: 80, Protocol: aws.String("HTTP"),
		}},
	}))(t)
	configuration := launchConfiguration(t.Context(), t, root, nil)
	playbooktest.Run(t, playbooktest.Suite{
		Control: playbooktest.Pick(t, playbook.HealthChecks(), "AutoScaling.1"),
		Seed: func(ctx context.Context, t *testing.T, root aws.Config) string {
			group := "suite-" + rand.Text()
			playbooktest.Got(autoscaling.NewFromConfig(root).CreateAutoScalingGroup(ctx,
				&autoscaling.CreateAutoScalingGroupInput{
					AutoScalingGroupName: &group, MinSize: aws.Int32(0), MaxSize: aws.Int32(1), HealthCheckType: aws.String("EC2"),
					LaunchConfigurationName: configuration, AvailabilityZones: []string{"us-east-1a"},
					LoadBalancerNames: []string{*balancer}, TargetGroupARNs: []string{*target},
				}))(t)
			return arns + group
		},
		Foreign: []string{
			"web", arns + "*", arns + "a?", arns + "a:b",
			strings.Replace(arns, "autoScalingGroupName", "launchConfigurationName", 1) + "web",
		},
		Observe: func(ctx context.Context, t *testing.T, root aws.Config, resource string) any {
			g := group(ctx, t, root, resource)
			return []any{g.HealthCheckType, g.HealthCheckGracePeriod, g.MaxSize}
		},
		Disturb: change(func(in *autoscaling.UpdateAutoScalingGroupInput) { in.HealthCheckType = aws.String("EBS") }),
		Unrelated: change(func(in *autoscaling.UpdateAutoScalingGroupInput) {
			in.HealthCheckGracePeriod = aws.Int32(77)
		}),
		DisturbFact: func(ctx context.Context, t *testing.T, root aws.Config, resource string) {
			playbooktest.Got(autoscaling.NewFromConfig(root).DetachLoadBalancers(ctx, &autoscaling.DetachLoadBalancersInput{
				AutoScalingGroupName: name(resource), LoadBalancerNames: []string{*balancer},
			}))(t)
		},
		Delete: func(ctx context.Context, t *testing.T, root aws.Config, resource string) {
			playbooktest.Got(autoscaling.NewFromConfig(root).DeleteAutoScalingGroup(ctx,
				&autoscaling.DeleteAutoScalingGroupInput{AutoScalingGroupName: name(resource), ForceDelete: aws.Bool(true)}))(t)
		},
	})
}

// change is somebody who changes a group.
func change(how func(*autoscaling.UpdateAutoScalingGroupInput)) playbooktest.Act {
	return func(ctx context.Context, t *testing.T, root aws.Config, resource string) {
		in := autoscaling.UpdateAutoScalingGroupInput{AutoScalingGroupName: name(resource)}
		how(&in)
		playbooktest.Got(autoscaling.NewFromConfig(root).UpdateAutoScalingGroup(ctx, &in))(t)
	}
}

func group(ctx context.Context, t *testing.T, root aws.Config, resource string) types.AutoScalingGroup {
	in := autoscaling.DescribeAutoScalingGroupsInput{AutoScalingGroupNames: []string{*name(resource)}}
	return playbooktest.Got(autoscaling.NewFromConfig(root).DescribeAutoScalingGroups(ctx, &in))(t).AutoScalingGroups[0]
}

func targetGroup(t *testing.T, root aws.Config) *string {
	vpcs := playbooktest.Got(ec2.NewFromConfig(root).DescribeVpcs(t.Context(), &ec2.DescribeVpcsInput{}))(t).Vpcs
	return playbooktest.Got(elbv2.NewFromConfig(root).CreateTargetGroup(t.Context(), &elbv2.CreateTargetGroupInput{
		Name: aws.String("suite"), Protocol: elbtypes.ProtocolEnumHttp, Port: aws.Int32(80), VpcId: vpcs[0].VpcId,
	}))(t).TargetGroups[0].TargetGroupArn
}

// launchConfiguration is one of an image that is not there, of which no group here starts an instance.
func launchConfiguration(
	ctx context.Context, t *testing.T, root aws.Config, how func(*autoscaling.CreateLaunchConfigurationInput),
) *string {
	in := autoscaling.CreateLaunchConfigurationInput{
		LaunchConfigurationName: aws.String("suite-" + rand.Text()), ImageId: aws.String("ami-12345678"),
		InstanceType: aws.String("t3.micro"),
	}
	if how != nil {
		how(&in)
	}
	playbooktest.Got(autoscaling.NewFromConfig(root).CreateLaunchConfiguration(ctx, &in))(t)
	return in.LaunchConfigurationName
}

// better: AutoScaling.1 keeps the grace period of the group
func TestHealthChecksFailWhereAWSDoes(t *testing.T) {
	well := &elbv2.DescribeTargetHealthOutput{}
	sick := &elbv2.DescribeTargetHealthOutput{TargetHealthDescriptions: []elbtypes.TargetHealthDescription{{
		Target:       &elbtypes.TargetDescription{Id: aws.String("i-1")},
		TargetHealth: &elbtypes.TargetHealth{State: elbtypes.TargetHealthStateEnumUnhealthy},
	}}}
	states := &elb.DescribeInstanceHealthOutput{InstanceStates: []classic.InstanceState{
		{InstanceId: aws.String("i-1"), State: aws.String("OutOfService")},
	}}
	shape := func(kind string, g types.AutoScalingGroup, health *elbv2.DescribeTargetHealthOutput) playbooktest.StandIn {
		g.HealthCheckType = &kind
		g.Instances = []types.Instance{{InstanceId: aws.String("i-1")}, {InstanceId: aws.String("i-2")}}
		return playbooktest.Answers(states, health,
			&autoscaling.DescribeAutoScalingGroupsOutput{AutoScalingGroups: []types.AutoScalingGroup{g}})
	}
	newer := types.AutoScalingGroup{TargetGroupARNs: []string{"arn"}}
	older := types.AutoScalingGroup{LoadBalancerNames: []string{"web"}}
	gone := shape("EC2", newer, well)
	gone["DescribeTargetHealth"] = func(any) (any, error) {
		return nil, &smithy.GenericAPIError{Code: "TargetGroupNotFound"}
	}
	c := playbooktest.Pick(t, playbook.HealthChecks(), "AutoScaling.1")
	playbooktest.Judged(t, c, arns+"web", map[string]playbooktest.Shape{
		"EC2":                {Answers: shape("EC2", newer, well), Fails: true},
		"others":             {Answers: shape("EC2,EBS", newer, well), Fails: true},
		"ELB":                {Answers: shape("ELB", newer, sick)},
		"ELB among others":   {Answers: shape("EBS,ELB", newer, sick)},
		"without balancer":   {Answers: shape("EC2", types.AutoScalingGroup{}, well)},
		"of the classic one": {Answers: shape("EC2", older, well), Class: fault.Refused, Words: []string{"mend i-1"}},
		"unhealthy":          {Answers: shape("EC2", newer, sick), Class: fault.Refused, Words: []string{"mend i-1"}},
		"not said":           {Answers: shape("", newer, well), Class: fault.Invalid},
		"deleted": {
			Answers: playbooktest.Answers(&autoscaling.DescribeAutoScalingGroupsOutput{}), Class: fault.Gone,
		},
		"without target": {Answers: gone, Class: fault.Refused, Words: []string{"it is gone"}},
	})
	playbooktest.Planned(t, c, playbooktest.Env(t, c, arns+"web", playbooktest.Unplugged(), shape("EC2,EBS", newer, well)),
		"  ~ HealthCheckType: \"EC2,EBS\" → \"EC2,EBS,ELB\"\n")
}
