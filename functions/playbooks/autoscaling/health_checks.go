// Package autoscaling holds the playbooks for Amazon EC2 Auto Scaling.
package autoscaling

import (
	"context"
	"regexp"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancing"
	elbv2 "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
)

// byBalancer is the kind of health check in which a load balancer says who is well; every group has that of byEC2.
const (
	byBalancer = "ELB"
	byEC2      = "EC2"
)

// health is how a group finds out which instances are well.
type health struct {
	HealthCheckType string   // one or several, with commas
	Balanced        bool     `salve:"fact"` // it has a load balancer
	Unwell          []string `salve:"fact"` // instances that its load balancers would have replaced at once
}

// HealthChecks returns the control that has a group replace what its load balancer finds unwell.
func HealthChecks() []control.Control {
	return []control.Control{control.Of[health]{
		Info: control.Info{
			ID: "AutoScaling.1",
			Effect: "The group replaces instances that its load balancer finds unhealthy, once their grace period is over, " +
				"which stays as it is: with a health check that is too strict, instances that work are replaced again and again. " +
				"While the load balancer finds any of them unhealthy, the group is left as it is.",
			Fails: control.Fails{
				When: "The group has a load balancer, of whatever kind, and its health check types are without ELB. Groups " +
					"without one are not looked at.",
				Rule: "autoscaling-group-elb-healthcheck-required",
			},
			Impact: control.ImpactInterrupts,
			// AWS takes stars and question marks in names, and rights would be given for more groups by them.
			Pattern: regexp.MustCompile(`^arn:aws[a-z-]*:autoscaling:[a-z0-9-]+:\d{12}:autoScalingGroup:[0-9a-f-]{36}:` +
				`autoScalingGroupName/([^\x00-\x1f\x7f:*?]{1,255})$`),
			Actions: []string{
				"autoscaling:DescribeAutoScalingGroups", "autoscaling:UpdateAutoScalingGroup",
				"elasticloadbalancing:DescribeInstanceHealth", "elasticloadbalancing:DescribeTargetHealth",
			},
			Narrow: limits,
		},
		Read: readHealth, Want: askTheBalancer,
		Write: func(ctx context.Context, env control.Env, _, to health) error {
			_, err := autoscaling.NewFromConfig(env.Config).UpdateAutoScalingGroup(ctx,
				&autoscaling.UpdateAutoScalingGroupInput{AutoScalingGroupName: &env.Name, HealthCheckType: &to.HealthCheckType})
			return gone(err)
		},
	}.Control()}
}

// plain are names that may stand in a policy as they are.
var plain = regexp.MustCompile(`^[!-)+->@-~]+$`)

// limits are the group by its name, or where that has a space, by the id in front of it, which no other group has.
func limits(env control.Env) []string {
	if plain.MatchString(env.Name) {
		return []string{env.Target.Resource}
	}
	return []string{strings.TrimSuffix(env.Target.Resource, env.Name) + "*"}
}

// gone tells that a group is gone, which Auto Scaling calls an invalid parameter.
func gone(err error) error {
	if fault.Of(err) == fault.Invalid && strings.Contains(err.Error(), "not found") {
		return fault.Wrap(fault.Gone, err)
	}
	return err
}

func readHealth(ctx context.Context, env control.Env) (health, error) {
	out, err := autoscaling.NewFromConfig(env.Config).DescribeAutoScalingGroups(ctx,
		&autoscaling.DescribeAutoScalingGroupsInput{AutoScalingGroupNames: []string{env.Name}})
	switch {
	case err != nil:
		return health{}, err
	case len(out.AutoScalingGroups) == 0: // Auto Scaling has no error for it
		return health{}, fault.New(fault.Gone, "there is no Auto Scaling group %s", env.Name)
	case aws.ToString(out.AutoScalingGroups[0].HealthCheckType) == "":
		return health{}, fault.New(fault.Invalid, "DescribeAutoScalingGroups answered without HealthCheckType")
	}
	g := out.AutoScalingGroups[0]
	now := health{HealthCheckType: *g.HealthCheckType, Balanced: len(g.LoadBalancerNames)+len(g.TargetGroupARNs) > 0}
	if now.asked() {
		return now, nil
	}
	if now.Unwell, err = unwell(ctx, env, g); err != nil {
		return now, err
	}
	return now, nil
}

// asked tells that the group asks the load balancer already.
func (h health) asked() bool {
	return slices.Contains(strings.Split(h.HealthCheckType, ","), byBalancer)
}

// unwell are the instances that a load balancer of the group finds unhealthy now.
func unwell(ctx context.Context, env control.Env, g types.AutoScalingGroup) ([]string, error) {
	var all []string
	for _, arn := range g.TargetGroupARNs {
		out, err := elbv2.NewFromConfig(env.Config).DescribeTargetHealth(ctx,
			&elbv2.DescribeTargetHealthInput{TargetGroupArn: &arn})
		if err != nil {
			return nil, of(err, arn)
		}
		for _, d := range out.TargetHealthDescriptions {
			if d.Target != nil && d.TargetHealth != nil && d.TargetHealth.State == elbtypes.TargetHealthStateEnumUnhealthy {
				all = append(all, aws.ToString(d.Target.Id))
			}
		}
	}
	for _, name := range g.LoadBalancerNames {
		out, err := elb.NewFromConfig(env.Config).DescribeInstanceHealth(ctx,
			&elb.DescribeInstanceHealthInput{LoadBalancerName: &name})
		if err != nil {
			return nil, of(err, name)
		}
		for _, s := range out.InstanceStates {
			if aws.ToString(s.State) == "OutOfService" {
				all = append(all, aws.ToString(s.InstanceId))
			}
		}
	}
	member := func(id string) bool {
		return slices.ContainsFunc(g.Instances, func(i types.Instance) bool { return aws.ToString(i.InstanceId) == id })
	}
	all = slices.DeleteFunc(all, func(id string) bool { return !member(id) })
	slices.Sort(all)
	return slices.Compact(all), nil
}

// of says of what is missing that it is the load balancer, and not the group.
func of(err error, balancer string) error {
	if fault.Of(err) == fault.Gone {
		return fault.New(fault.Refused, "take the load balancer %s from the group, or make it again: it is gone: %w",
			balancer, err)
	}
	return err
}

// askTheBalancer keeps the other kinds of checks. The one of EC2 is part of each.
func askTheBalancer(now health, _ control.Env) (health, error) {
	switch {
	case !now.Balanced || now.asked():
		return now, nil
	case len(now.Unwell) > 0:
		return now, fault.New(fault.Refused, "mend %s, or the health check, then try again: the load balancer finds them "+
			"unhealthy, and the group would replace them at once", strings.Join(now.Unwell, ", "))
	case now.HealthCheckType == byEC2:
		now.HealthCheckType = byBalancer
	default:
		now.HealthCheckType += "," + byBalancer
	}
	return now, nil
}
