package elb_test

import (
	"context"
	"crypto/rand"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	playbook "github.com/salve-security/salve/functions/playbooks/elb"
	"github.com/salve-security/salve/functions/playbooktest"
	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
)

// arns has the start of a load balancer's ARN.
const arns = "arn:aws:elasticloadbalancing:us-east-1:222222222222:loadbalancer/"

func TestAttributes(t *testing.T) {
	disturb := map[string]playbooktest.Act{
		"ELB.12": func(ctx context.Context, t *testing.T, root aws.Config, resource string) {
			setMode(ctx, t, root, resource, "strictest")
		},
	}
	playbooktest.Family(t, playbook.Attributes(), func(c control.Control) playbooktest.Suite {
		two := map[string]string{playbooktest.CaseDrift: "the attribute has two values: a third does not exist"}
		if disturb[c.ID] != nil {
			two = nil
		}
		return playbooktest.Suite{
			Control: c,
			Seed: func(ctx context.Context, t *testing.T, root aws.Config) string {
				resource := newBalancer(ctx, t, root)
				setMode(ctx, t, root, resource, "monitor")
				return resource
			},
			Foreign: []string{
				arns + "classic", arns + "app/*/50dc6c495c0c9188", arns + "app/web", "web",
				strings.Replace(arns, "loadbalancer", "listener", 1) + "app/web/50dc6c495c0c9188/f2f7dc8efc522ab2",
			},
			Observe: func(ctx context.Context, t *testing.T, root aws.Config, resource string) any {
				in := &elb.DescribeLoadBalancerAttributesInput{LoadBalancerArn: &resource}
				seen := map[string]string{}
				for _, a := range playbooktest.Got(elb.NewFromConfig(root).DescribeLoadBalancerAttributes(ctx, in))(t).Attributes {
					seen[*a.Key] = *a.Value
				}
				return seen
			},
			Unrelated: func(ctx context.Context, t *testing.T, root aws.Config, resource string) {
				idle := types.LoadBalancerAttribute{Key: aws.String("idle_timeout.timeout_seconds"), Value: aws.String("7")}
				in := &elb.ModifyLoadBalancerAttributesInput{LoadBalancerArn: &resource}
				in.Attributes = append(in.Attributes, idle)
				playbooktest.Got(elb.NewFromConfig(root).ModifyLoadBalancerAttributes(ctx, in))(t)
			},
			Delete: func(ctx context.Context, t *testing.T, root aws.Config, resource string) {
				in := &elb.DeleteLoadBalancerInput{LoadBalancerArn: &resource}
				playbooktest.Got(elb.NewFromConfig(root).DeleteLoadBalancer(ctx, in))(t)
			},
			Skip: two, Disturb: disturb[c.ID],
		}
	})
}

// newBalancer is an application load balancer with the attributes that AWS gives it.
func newBalancer(ctx context.Context, t *testing.T, root aws.Config) string {
	nets := playbooktest.Got(ec2.NewFromConfig(root).DescribeSubnets(ctx, &ec2.DescribeSubnetsInput{}))(t).Subnets
	name := "suite-" + strings.ToLower(rand.Text()[:20])
	out := playbooktest.Got(elb.NewFromConfig(root).CreateLoadBalancer(ctx, &elb.CreateLoadBalancerInput{
		Name: &name, Type: types.LoadBalancerTypeEnumApplication, Subnets: []string{*nets[0].SubnetId, *nets[1].SubnetId},
	}))(t)
	return *out.LoadBalancers[0].LoadBalancerArn
}

func setMode(ctx context.Context, t *testing.T, root aws.Config, resource, mode string) {
	in := &elb.ModifyLoadBalancerAttributesInput{LoadBalancerArn: &resource, Attributes: []types.LoadBalancerAttribute{
		{Key: aws.String("routing.http.desync_mitigation_mode"), Value: &mode},
		{Key: aws.String("routing.http.drop_invalid_header_fields.enabled"), Value: aws.String("false")}, // AWS's default
	}}
	playbooktest.Got(elb.NewFromConfig(root).ModifyLoadBalancerAttributes(ctx, in))(t)
}

// The suite tries an application load balancer; the others have the same attributes.
func TestTypes(t *testing.T) {
	for id, want := range map[string]string{"ELB.6": "app net gwy", "ELB.4": "app net gwy", "ELB.12": "app net gwy"} {
		c, got := playbooktest.Pick(t, playbook.Attributes(), id), []string{}
		for _, kind := range []string{"app", "net", "gwy", "new"} {
			if c.Pattern.MatchString(arns + kind + "/web/50dc6c495c0c9188") {
				got = append(got, kind)
			}
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%s accepts %q, want %q", id, got, want)
		}
	}
}

// AWS fails each load balancer of the newer kinds that is not protected, whatever other attributes it has.
func TestLine(t *testing.T) {
	const protected, idle = "deletion_protection.enabled", "idle_timeout.timeout_seconds"
	for _, kind := range []string{"app", "net", "gwy"} {
		shapes := map[string]playbooktest.Shape{
			"not said": {Answers: attributes(idle, "60"), Class: fault.Invalid, Words: []string{"without " + protected}},
			"no value": {Answers: attributes(protected, ""), Class: fault.Invalid},
			"nothing":  {Answers: attributes(), Class: fault.Invalid},
		}
		for name, beside := range map[string][]string{
			"alone": nil, "first": {idle, "60"}, "without headers": {"routing.http.drop_invalid_header_fields.enabled", "false"},
			"across zones": {"load_balancing.cross_zone.enabled", "true"}, "logging": {"access_logs.s3.enabled", "true"},
			"without logs": {"access_logs.s3.enabled", "false"}, "shifting": {"zonal_shift.config.enabled", "true"},
			"strict": {"routing.http.desync_mitigation_mode", "strictest"}, "HTTP/2": {"routing.http2.enabled", "true"},
			"open to failure": {"waf.fail_open.enabled", "true"}, "a key that is new": {"new.enabled", ""},
		} {
			shapes[name+", on"] = playbooktest.Shape{Answers: attributes(append([]string{protected, "true"}, beside...)...)}
			shapes[name+", off"] = playbooktest.Shape{
				Answers: attributes(append(beside, protected, "false")...), Fails: true,
			}
		}
		c := playbooktest.Pick(t, playbook.Attributes(), "ELB.6")
		playbooktest.Judged(t, c, arns+kind+"/web/50dc6c495c0c9188", shapes)
	}
}

// attributes answers with pairs of key and value.
func attributes(pairs ...string) playbooktest.StandIn {
	out := &elb.DescribeLoadBalancerAttributesOutput{}
	for i := 0; i < len(pairs); i += 2 {
		out.Attributes = append(out.Attributes, types.LoadBalancerAttribute{Key: &pairs[i], Value: &pairs[i+1]})
	}
	return playbooktest.Answers(out)
}

// What has another value than those that AWS names fails, whatever the attributes beside say.
func TestLineOfHTTP(t *testing.T) {
	const drop, mode = "routing.http.drop_invalid_header_fields.enabled", "routing.http.desync_mitigation_mode"
	for id, shapes := range map[string]map[string]playbooktest.Shape{
		"ELB.4": {
			"routed":   {Answers: attributes(drop, "false", mode, "strictest"), Fails: true},
			"dropped":  {Answers: attributes(drop, "true")},
			"not said": {Answers: attributes(mode, "strictest"), Class: fault.Invalid},
		},
		"ELB.12": {
			"monitor":   {Answers: attributes(mode, "monitor", drop, "true"), Fails: true},
			"defensive": {Answers: attributes(mode, "defensive")},
			"strictest": {Answers: attributes(mode, "strictest")},
			"not said":  {Answers: attributes(drop, "true"), Class: fault.Invalid},
		},
	} {
		c := playbooktest.Pick(t, playbook.Attributes(), id)
		playbooktest.Judged(t, c, arns+"app/web/50dc6c495c0c9188", shapes)
		playbooktest.Judged(t, c, arns+"net/web/50dc6c495c0c9188", map[string]playbooktest.Shape{
			"reads no HTTP": {Answers: attributes("deletion_protection.enabled", "false")},
		})
	}
}
