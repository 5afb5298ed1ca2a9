package elb_test

import (
	"context"
	"crypto/rand"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	classic "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancing"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancing/types"

	playbook "github.com/salve-security/salve/functions/playbooks/elb"
	"github.com/salve-security/salve/functions/playbooktest"
	"github.com/salve-security/salve/internal/fault"
)

// setClassic is somebody who changes attributes of a classic load balancer.
func setClassic(to *types.LoadBalancerAttributes) playbooktest.Act {
	return func(ctx context.Context, t *testing.T, root aws.Config, resource string) {
		name := resource[len(arns):]
		in := classic.ModifyLoadBalancerAttributesInput{LoadBalancerName: &name, LoadBalancerAttributes: to}
		playbooktest.Got(classic.NewFromConfig(root).ModifyLoadBalancerAttributes(ctx, &in))(t)
	}
}

func mode(value string) *types.LoadBalancerAttributes {
	return &types.LoadBalancerAttributes{AdditionalAttributes: []types.AdditionalAttribute{
		{Key: aws.String("elb.http.desyncmitigationmode"), Value: &value},
	}}
}

func TestClassic(t *testing.T) {
	playbooktest.Run(t, playbooktest.Suite{
		Control: playbook.Classic()[0],
		Seed: func(ctx context.Context, t *testing.T, root aws.Config) string {
			name := "suite-" + strings.ToLower(rand.Text()[:20])
			playbooktest.Got(classic.NewFromConfig(root).CreateLoadBalancer(ctx, &classic.CreateLoadBalancerInput{
				LoadBalancerName: &name, AvailabilityZones: []string{"us-east-1a"}, Listeners: []types.Listener{{
					InstancePort: aws.Int32(80), LoadBalancerPort: 80, Protocol: aws.String("HTTP"),
				}},
			}))(t)
			setClassic(mode("monitor"))(ctx, t, root, arns+name)
			return arns + name
		},
		Foreign: []string{arns + "app/web/50dc6c495c0c9188", arns + "*", "web"},
		Observe: func(ctx context.Context, t *testing.T, root aws.Config, resource string) any {
			in := &classic.DescribeLoadBalancerAttributesInput{LoadBalancerName: aws.String(resource[len(arns):])}
			out := playbooktest.Got(classic.NewFromConfig(root).DescribeLoadBalancerAttributes(ctx, in))(t)
			seen := out.LoadBalancerAttributes // the lab says the mode once more with each other change
			return []any{seen.AdditionalAttributes[0].Value, seen.ConnectionSettings.IdleTimeout}
		},
		Disturb: setClassic(mode("strictest")),
		Unrelated: func(ctx context.Context, t *testing.T, root aws.Config, resource string) {
			idle := &types.ConnectionSettings{IdleTimeout: aws.Int32(7)}
			setClassic(&types.LoadBalancerAttributes{ConnectionSettings: idle})(ctx, t, root, resource)
		},
		Delete: func(ctx context.Context, t *testing.T, root aws.Config, resource string) {
			in := &classic.DeleteLoadBalancerInput{LoadBalancerName: aws.String(resource[len(arns):])}
			playbooktest.Got(classic.NewFromConfig(root).DeleteLoadBalancer(ctx, in))(t)
		},
		Skip: map[string]string{playbooktest.CaseGone: "the lab has no answer for a load balancer that is gone: see below"},
	})
}

func TestClassicFailsWhereAWSDoes(t *testing.T) {
	says := func(a *types.LoadBalancerAttributes) playbooktest.StandIn {
		return playbooktest.Answers(&classic.DescribeLoadBalancerAttributesOutput{LoadBalancerAttributes: a})
	}
	gone := playbooktest.StandIn{"DescribeLoadBalancerAttributes": func(any) (any, error) {
		return nil, &types.AccessPointNotFoundException{}
	}}
	playbooktest.Judged(t, playbook.Classic()[0], arns+"web", map[string]playbooktest.Shape{
		"monitor":   {Answers: says(mode("monitor")), Fails: true},
		"defensive": {Answers: says(mode("defensive"))},
		"strictest": {Answers: says(mode("strictest"))},
		"no value":  {Answers: says(mode("")), Class: fault.Invalid},
		"not said":  {Answers: says(&types.LoadBalancerAttributes{}), Class: fault.Invalid},
		"deleted":   {Answers: gone, Class: fault.Gone},
		"nothing":   {Answers: says(nil), Class: fault.Invalid},
	})
}
