package elb

import (
	"context"
	"regexp"

	"github.com/aws/aws-sdk-go-v2/aws"
	classic "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancing"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancing/types"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/kind"
)

// classicDesync is what classic load balancers call desyncMode.
const classicDesync = "elb.http.desyncmitigationmode"

// Classic returns the control that has a classic load balancer meet ambiguous requests.
func Classic() []control.Control {
	return []control.Control{kind.Attributes{
		Keys: []string{classicDesync}, Get: readClassic,
		Want: func(now map[string]string, _ control.Env) (map[string]string, error) {
			if now[classicDesync] != "strictest" {
				now[classicDesync] = "defensive"
			}
			return now, nil
		},
		Put: func(ctx context.Context, env control.Env, change map[string]string) error {
			_, err := classic.NewFromConfig(env.Config).ModifyLoadBalancerAttributes(ctx,
				&classic.ModifyLoadBalancerAttributesInput{
					LoadBalancerName: &env.Name, LoadBalancerAttributes: &types.LoadBalancerAttributes{
						AdditionalAttributes: []types.AdditionalAttribute{
							{Key: aws.String(classicDesync), Value: aws.String(change[classicDesync])},
						},
					},
				})
			return err
		},
	}.Control(control.Info{
		ID: "ELB.14", Writes: "elb.classic.desync", Effect: desyncEffect, Impact: control.ImpactInterrupts,
		Fails: control.Fails{
			When: "The desync mitigation mode of a classic load balancer is another than defensive or strictest, whatever " +
				"its listeners speak.",
			Rule: "clb-desync-mode-check",
		},
		Pattern: regexp.MustCompile(
			`^arn:aws[a-z-]*:elasticloadbalancing:[a-z0-9-]+:\d{12}:loadbalancer/([A-Za-z0-9-]{1,32})$`),
		Actions: []string{
			"elasticloadbalancing:DescribeLoadBalancerAttributes", "elasticloadbalancing:ModifyLoadBalancerAttributes",
		},
	})}
}

func readClassic(ctx context.Context, env control.Env) (map[string]string, error) {
	out, err := classic.NewFromConfig(env.Config).DescribeLoadBalancerAttributes(ctx,
		&classic.DescribeLoadBalancerAttributesInput{LoadBalancerName: &env.Name})
	if err != nil {
		return nil, err
	}
	if out.LoadBalancerAttributes != nil {
		for _, a := range out.LoadBalancerAttributes.AdditionalAttributes {
			if aws.ToString(a.Key) == classicDesync && aws.ToString(a.Value) != "" {
				return map[string]string{classicDesync: *a.Value}, nil
			}
		}
	}
	return nil, fault.New(fault.Invalid, "DescribeLoadBalancerAttributes answered without %s", classicDesync)
}
