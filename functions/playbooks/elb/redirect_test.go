package elb_test

import (
	"context"
	"crypto/rand"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	playbook "github.com/salve-security/salve/functions/playbooks/elb"
	"github.com/salve-security/salve/functions/playbooktest"
	"github.com/salve-security/salve/internal/fault"
)

func fixed(code string) types.Action {
	return types.Action{Type: types.ActionTypeEnumFixedResponse, FixedResponseConfig: &types.FixedResponseActionConfig{
		StatusCode: &code, ContentType: aws.String("text/plain"),
	}}
}

// listening is somebody who does something with the listener of a load balancer that speaks the protocol.
func listening(
	protocol types.ProtocolEnum, how func(ctx context.Context, client *elb.Client, listener *string) error,
) playbooktest.Act {
	return func(ctx context.Context, t *testing.T, root aws.Config, resource string) {
		in := &elb.DescribeListenersInput{LoadBalancerArn: &resource}
		for _, l := range playbooktest.Got(elb.NewFromConfig(root).DescribeListeners(ctx, in))(t).Listeners {
			if l.Protocol == protocol {
				playbooktest.Done(t, how(ctx, elb.NewFromConfig(root), l.ListenerArn))
			}
		}
	}
}

func TestRedirect(t *testing.T) {
	certificate := playbooktest.Got(iam.NewFromConfig(playbooktest.Root(t)).UploadServerCertificate(t.Context(),
		&iam.UploadServerCertificateInput{
			ServerCertificateName: aws.String("suite"), CertificateBody: aws.String("body"), PrivateKey: aws.String("none"),
		}))(t).ServerCertificateMetadata.Arn
	groups := playbooktest.Got(ec2.NewFromConfig(playbooktest.Root(t)).DescribeSecurityGroups(t.Context(), nil))(t)
	playbooktest.Run(t, playbooktest.Suite{
		Control: playbook.Redirect()[0],
		Seed: func(ctx context.Context, t *testing.T, root aws.Config) string {
			resource, client := newBalancer(ctx, t, root), elb.NewFromConfig(root)
			playbooktest.Got(client.SetSecurityGroups(ctx, &elb.SetSecurityGroupsInput{
				LoadBalancerArn: &resource, SecurityGroups: []string{*groups.SecurityGroups[0].GroupId},
			}))(t)
			for _, in := range []elb.CreateListenerInput{
				{Port: aws.Int32(80), Protocol: "HTTP", DefaultActions: []types.Action{fixed("200")}},
				{
					Port: aws.Int32(443), Protocol: "HTTPS", DefaultActions: []types.Action{fixed("200")},
					Certificates: []types.Certificate{{CertificateArn: certificate}},
				},
			} {
				in.LoadBalancerArn = &resource
				playbooktest.Got(client.CreateListener(ctx, &in))(t)
			}
			return resource
		},
		Foreign: []string{arns + "web", arns + "app/*/50dc6c495c0c9188"},
		Observe: func(ctx context.Context, t *testing.T, root aws.Config, resource string) any {
			in, seen := &elb.DescribeListenersInput{LoadBalancerArn: &resource}, []any{}
			for _, l := range playbooktest.Got(elb.NewFromConfig(root).DescribeListeners(ctx, in))(t).Listeners {
				rules := &elb.DescribeRulesInput{ListenerArn: l.ListenerArn}
				all := playbooktest.Got(elb.NewFromConfig(root).DescribeRules(ctx, rules))(t).Rules
				seen = append(seen, *l.Port, l.DefaultActions, len(all))
			}
			return seen
		},
		Disturb: listening("HTTP", func(ctx context.Context, client *elb.Client, listener *string) error {
			in := elb.ModifyListenerInput{ListenerArn: listener, DefaultActions: []types.Action{fixed("503")}}
			_, err := client.ModifyListener(ctx, &in)
			return err
		}),
		Unrelated: listening("HTTP", addRule),
		DisturbFact: listening("HTTPS", func(ctx context.Context, client *elb.Client, listener *string) error {
			_, err := client.DeleteListener(ctx, &elb.DeleteListenerInput{ListenerArn: listener})
			return err
		}),
		Delete: func(ctx context.Context, t *testing.T, root aws.Config, resource string) {
			in := &elb.DeleteLoadBalancerInput{LoadBalancerArn: &resource}
			playbooktest.Got(elb.NewFromConfig(root).DeleteLoadBalancer(ctx, in))(t)
		},
	})
}

func addRule(ctx context.Context, client *elb.Client, listener *string) error {
	_, err := client.CreateRule(ctx, &elb.CreateRuleInput{
		ListenerArn: listener, Priority: aws.Int32(7), Actions: []types.Action{fixed("200")},
		Conditions: []types.RuleCondition{{Field: aws.String("path-pattern"), Values: []string{"/" + rand.Text()}}},
	})
	return err
}

func to(protocol string) types.Action {
	return types.Action{
		Type: types.ActionTypeEnumRedirect, RedirectConfig: &types.RedirectActionConfig{Protocol: &protocol},
	}
}

func on(port int32, protocol types.ProtocolEnum, does types.Action) types.Listener {
	return types.Listener{
		ListenerArn: aws.String("listener"), Port: &port, Protocol: protocol, DefaultActions: []types.Action{does},
	}
}

// balanced answers with listeners that have one rule, and a security group that lets these in, by port.
func balanced(rule types.Rule, in map[int32]string, all ...types.Listener) playbooktest.StandIn {
	group := ec2types.SecurityGroup{}
	for port, from := range in {
		p := ec2types.IpPermission{IpProtocol: aws.String("tcp"), FromPort: aws.Int32(port), ToPort: aws.Int32(port)}
		if strings.HasPrefix(from, "sg-") {
			p.UserIdGroupPairs = []ec2types.UserIdGroupPair{{GroupId: &from}}
		} else {
			p.IpRanges = []ec2types.IpRange{{CidrIp: &from}}
		}
		group.IpPermissions = append(group.IpPermissions, p)
	}
	return playbooktest.Answers(&elb.DescribeListenersOutput{Listeners: all},
		&elb.DescribeRulesOutput{Rules: []types.Rule{rule}},
		&elb.DescribeLoadBalancersOutput{LoadBalancers: []types.LoadBalancer{{SecurityGroups: []string{"sg-1"}}}},
		&ec2.DescribeSecurityGroupsOutput{SecurityGroups: []ec2types.SecurityGroup{group}})
}

// better: ELB.1 redirects only where port 443 is served, and keeps the old actions
func TestRedirectFailsWhereAWSDoes(t *testing.T) {
	http, https, c := on(80, "HTTP", fixed("200")), on(443, "HTTPS", fixed("200")), playbook.Redirect()[0]
	everywhere := map[int32]string{80: "0.0.0.0/0", 443: "0.0.0.0/0"}
	says := func(all ...types.Listener) playbooktest.StandIn { return balanced(types.Rule{}, everywhere, all...) }
	open := func(in map[int32]string) playbooktest.StandIn { return balanced(types.Rule{}, in, http, https) }
	back := types.Rule{Actions: []types.Action{to("HTTP")}}
	forward := types.Action{Type: types.ActionTypeEnumForward, TargetGroupArn: aws.String("blue")}
	shop := on(80, "HTTP", forward)
	playbooktest.Judged(t, c, arns+"app/web/50dc6c495c0c9188", map[string]playbooktest.Shape{
		"answered":       {Answers: says(http, https), Fails: true},
		"one of two":     {Answers: says(on(80, "HTTP", to("HTTPS")), on(8080, "HTTP", fixed("200")), https), Fails: true},
		"redirected":     {Answers: says(on(80, "HTTP", to("HTTPS")))},
		"to HTTP":        {Answers: says(on(80, "HTTP", to("HTTP")), https), Fails: true},
		"to the same":    {Answers: says(on(80, "HTTP", to("#{protocol}")), https), Fails: true},
		"only HTTPS":     {Answers: says(https)},
		"no listener":    {Answers: says(), Class: fault.Refused, Words: []string{"it has no listener"}},
		"no HTTPS":       {Answers: says(http), Class: fault.Refused, Words: []string{"HTTPS listener on port 443 first"}},
		"HTTPS besides":  {Answers: says(http, on(8443, "HTTPS", fixed("200"))), Class: fault.Refused},
		"HTTP on 443":    {Answers: says(on(443, "HTTP", fixed("200"))), Class: fault.Refused},
		"an app, served": {Answers: says(shop, on(443, "HTTPS", forward)), Fails: true},
		"an app, by a rule": {
			Answers: balanced(types.Rule{Actions: []types.Action{forward}}, everywhere, shop, https), Fails: true,
		},
		"an app, not served": {Answers: says(shop, https), Class: fault.Refused, Words: []string{"leads to no targets"}},
		"an app, served elsewhere": {
			Answers: says(shop, https, on(8443, "HTTPS", forward)), Class: fault.Refused, Words: []string{"leads to no targets"},
		},
		"never ends": {
			Answers: balanced(back, everywhere, http, https), Class: fault.Refused, Words: []string{"never end"},
		},
		"closed": {
			Answers: open(map[int32]string{80: "0.0.0.0/0"}), Class: fault.Refused, Words: []string{"let 0.0.0.0/0 in"},
		},
		"for others":     {Answers: open(map[int32]string{80: "10.0.0.0/8", 443: "192.0.2.0/24"}), Class: fault.Refused},
		"more on HTTPS":  {Answers: open(map[int32]string{80: "10.0.0.0/8", 443: "0.0.0.0/0"}), Fails: true},
		"of a group":     {Answers: open(map[int32]string{80: "sg-2", 443: "0.0.0.0/0"}), Class: fault.Refused},
		"without action": {Answers: says(types.Listener{Protocol: "HTTP", Port: aws.Int32(80)}, https), Class: fault.Invalid},
	})
	playbooktest.Judged(t, c, arns+"net/web/50dc6c495c0c9188", map[string]playbooktest.Shape{
		"speaks no HTTP": {Answers: says()},
	})
}

// The old action comes back as it was, with its weights and stickiness, and people hear of rules that answer by HTTP.
func TestRedirectKeepsTheOldAction(t *testing.T) {
	old := types.Action{
		Type: types.ActionTypeEnumForward, Order: aws.Int32(1), ForwardConfig: &types.ForwardActionConfig{
			TargetGroups: []types.TargetGroupTuple{
				{TargetGroupArn: aws.String("blue"), Weight: aws.Int32(9)},
				{TargetGroupArn: aws.String("green"), Weight: aws.Int32(1)},
			},
			TargetGroupStickinessConfig: &types.TargetGroupStickinessConfig{
				Enabled: aws.Bool(true), DurationSeconds: aws.Int32(60),
			},
		},
	}
	all, c := []types.Listener{on(80, "HTTP", old), on(443, "HTTPS", old)}, playbook.Redirect()[0]
	rule := types.Rule{Actions: []types.Action{fixed("200")}, Conditions: []types.RuleCondition{{
		Field: aws.String("path-pattern"), PathPatternConfig: &types.PathPatternConditionConfig{Values: []string{"/old"}},
	}}}
	answers := balanced(rule, nil, all...)
	answers["ModifyListener"] = func(input any) (any, error) {
		all[0].DefaultActions = input.(*elb.ModifyListenerInput).DefaultActions
		return &elb.ModifyListenerOutput{}, nil
	}
	env := playbooktest.Env(t, c, arns+"app/web/50dc6c495c0c9188", playbooktest.Unplugged(), answers)
	plan := playbooktest.Got(c.Plan(t.Context(), env))(t)
	if d := cmp.Diff([]string{"the rule for path-pattern /old on port 80 answers by HTTP: look whether it should"},
		plan.Mentions); d != "" {
		t.Error(d)
	}
	changes := playbooktest.Fix(t, c, env)
	if is := all[0].DefaultActions[0].RedirectConfig; is == nil || *is.Protocol != "HTTPS" || *is.Port != "443" {
		t.Errorf("the listener does %+v", all[0].DefaultActions)
	}
	playbooktest.Undo(t, c, env, changes)
	if d := cmp.Diff([]types.Action{old}, all[0].DefaultActions, cmpopts.IgnoreUnexported(types.Action{},
		types.ForwardActionConfig{}, types.TargetGroupTuple{}, types.TargetGroupStickinessConfig{})); d != "" {
		t.Error(d)
	}
}
