// Package elb holds the playbooks for Elastic Load Balancing.
package elb

import (
	"context"
	"regexp"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/kind"
)

// Attributes returns the controls that are met by an attribute of a load balancer.
func Attributes() []control.Control {
	return []control.Control{
		attribute("deletion_protection.enabled", "true", control.Info{
			ID:      "ELB.6",
			Pattern: balancer(),
			Impact:  control.ImpactNone,
			Effect: "Nobody can delete the load balancer until somebody turns the protection off; a stack or a Kubernetes " +
				"controller that is to remove it fails.",
			Fails: control.Fails{
				When: "Deletion protection is off on the load balancer.",
				Rule: "elb-deletion-protection-enabled",
			},
		}),
		attribute("routing.http.drop_invalid_header_fields.enabled", "true", control.Info{
			ID:      "ELB.4",
			Pattern: balancer(),
			Impact:  control.ImpactInterrupts,
			Effect: "The load balancer drops HTTP headers with names that have other characters than letters, digits and " +
				"hyphens, such as underscores: see first that no application reads one.",
			Fails: control.Fails{
				When: "An application load balancer routes headers with invalid names on.",
				Rule: "alb-http-drop-invalid-header-enabled",
			},
		}),
		attribute(desyncMode, "defensive", control.Info{
			ID:      "ELB.12",
			Pattern: balancer(),
			Impact:  control.ImpactInterrupts,
			Effect:  desyncEffect,
			Fails: control.Fails{
				When: "The desync mitigation mode of an application load balancer is another than defensive or strictest, " +
					"whatever it does with invalid headers.",
				Rule: "alb-desync-mode-check",
			},
		}, "strictest"),
	}
}

// desyncMode is the attribute of both kinds of load balancers that read HTTP.
const (
	desyncMode   = "routing.http.desync_mitigation_mode"
	desyncEffect = "Requests that are ambiguous get an error, or a connection of their own, and badly made clients may " +
		"notice. The metric DesyncMitigationMode_NonCompliant_Request_Count counts such requests already."
)

// attribute returns the control that is met when the attribute has the value, or one of the others that do as well.
func attribute(key, value string, info control.Info, others ...string) control.Control {
	info.Writes = "elb." + key
	info.Actions = []string{
		"elasticloadbalancing:DescribeLoadBalancerAttributes", "elasticloadbalancing:ModifyLoadBalancerAttributes",
	}
	return kind.Attributes{
		Keys: []string{key}, Put: writeAttributes,
		Want: func(now map[string]string, _ control.Env) (map[string]string, error) {
			if now[key] != "" && !slices.Contains(others, now[key]) {
				now[key] = value
			}
			return now, nil
		},
		Get: func(ctx context.Context, env control.Env) (map[string]string, error) {
			if strings.HasPrefix(key, "routing.http.") && !strings.HasPrefix(env.Name, "app/") {
				return nil, nil // the others read no HTTP
			}
			all, err := readAttributes(ctx, env)
			if err == nil && all[key] == "" { // every balancer of the types has a value
				err = fault.New(fault.Invalid, "DescribeLoadBalancerAttributes answered without %s", key)
			}
			return all, err
		},
	}.Control(info)
}

// balancer accepts load balancers of all types but classic ones, which have a name and no type, and another API.
func balancer() *regexp.Regexp {
	return regexp.MustCompile(`^arn:aws[a-z-]*:elasticloadbalancing:[a-z0-9-]+:\d{12}:loadbalancer/` +
		`((?:app|net|gwy)/[A-Za-z0-9-]{1,32}/[0-9a-f]+)$`)
}

func readAttributes(ctx context.Context, env control.Env) (map[string]string, error) {
	out, err := elb.NewFromConfig(env.Config).DescribeLoadBalancerAttributes(ctx, &elb.DescribeLoadBalancerAttributesInput{
		LoadBalancerArn: &env.Target.Resource,
	})
	if err != nil {
		return nil, err
	}
	all := map[string]string{}
	for _, a := range out.Attributes {
		all[aws.ToString(a.Key)] = aws.ToString(a.Value)
	}
	return all, nil
}

// writeAttributes names those that change, and Elastic Load Balancing leaves alone what is not named.
func writeAttributes(ctx context.Context, env control.Env, change map[string]string) error {
	in := &elb.ModifyLoadBalancerAttributesInput{LoadBalancerArn: &env.Target.Resource}
	for key, value := range change {
		in.Attributes = append(in.Attributes, types.LoadBalancerAttribute{Key: &key, Value: &value})
	}
	_, err := elb.NewFromConfig(env.Config).ModifyLoadBalancerAttributes(ctx, in)
	return err
}
