package elb

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
)

// httpsPort is where clients come that are sent to HTTPS.
const httpsPort = 443

// redirects are what the HTTP listeners of a load balancer do with what none of their rules takes.
type redirects struct {
	DefaultAction map[string]types.Action // by port
	// Obstacle is why requests that are redirected would not be answered; empty where nothing is in the way.
	Obstacle string   `salve:"fact"`
	Rules    []string `salve:"fact"` // ports and conditions of rules that answer by HTTP
	Targets  bool     `salve:"fact"` // HTTPS on port 443 leads to targets
}

// Redirect returns the control that has HTTP listeners send everybody to HTTPS.
func Redirect() []control.Control {
	return []control.Control{control.Of[redirects]{
		Info: control.Info{
			ID: "ELB.1", Writes: "elb.listener.default-action",
			Effect: "HTTP listeners answer with a redirect (302, which browsers do not keep) to the same address by HTTPS, " +
				"port 443, in place of their default action. Clients that follow no redirects fail, and so do those that send " +
				"forms or calls by POST: look at the log of requests for old apps, webhooks and probes first. What ends " +
				"HTTPS in front and goes on by HTTP, such as CloudFront or another load balancer, would be sent in circles: " +
				"have it come by HTTPS first. Rules of the listeners stay.",
			Fails: control.Fails{
				When: "The default action of one of an application load balancer's HTTP listeners is another than a redirect to " +
					"HTTPS. Other rules of a listener are not looked at.",
				Rule: "alb-http-to-https-redirection-check",
			},
			Impact:  control.ImpactInterrupts,
			Pattern: balancer(),
			Actions: []string{
				"ec2:DescribeSecurityGroups", "elasticloadbalancing:DescribeListeners",
				"elasticloadbalancing:DescribeLoadBalancers", "elasticloadbalancing:DescribeRules",
				"elasticloadbalancing:ModifyListener",
			},
			Narrow: func(env control.Env) []string {
				return []string{strings.Replace(env.Target.Resource, ":loadbalancer/", ":listener/", 1) + "/*"}
			},
		},
		Read: readRedirects, Want: redirectAll, Write: writeRedirects,
		Mentions: func(now redirects) []string {
			var all []string
			for _, rule := range now.Rules {
				all = append(all, "the rule for "+rule+" answers by HTTP: look whether it should")
			}
			return all
		},
	}.Control()}
}

func readRedirects(ctx context.Context, env control.Env) (redirects, error) {
	now := redirects{DefaultAction: map[string]types.Action{}}
	if !strings.HasPrefix(env.Name, "app/") {
		return now, nil // the others speak no HTTP
	}
	all, err := listeners(ctx, env)
	if err != nil {
		return now, err
	}
	if len(all) == 0 { // AWS has said both of them
		return now, fault.New(fault.Refused, "add an HTTPS listener to the load balancer, or delete it: it has no listener")
	}
	for _, l := range all {
		if l.Protocol == types.ProtocolEnumHttp {
			if len(l.DefaultActions) != 1 { // an HTTP listener can have no other, which lets people in
				return now, fault.New(fault.Invalid, "DescribeListeners answered with %d default actions", len(l.DefaultActions))
			}
			now.DefaultAction[fmt.Sprint(aws.ToInt32(l.Port))] = l.DefaultActions[0]
		}
	}
	open := now.open()
	if len(open) == 0 {
		return now, nil
	}
	if err := now.readRules(ctx, env, all); err != nil || now.Obstacle != "" {
		return now, err
	}
	if now.Obstacle = now.unserved(all); now.Obstacle != "" {
		return now, nil
	}
	now.Obstacle, err = closed(ctx, env, open)
	return now, err
}

const (
	noHTTPS   = "add an HTTPS listener on port 443 first: those who are redirected would reach nothing"
	noTargets = "have the HTTPS listener on port 443 forward requests first, as HTTP does: it leads to no targets, and " +
		"what is reached by HTTP now would be reached by nobody"
)

// unserved is why HTTPS would not answer what HTTP does; empty where it may.
func (now *redirects) unserved(all []types.Listener) string {
	if !serves(all) {
		return noHTTPS
	}
	for _, action := range now.DefaultAction {
		if action.Type == types.ActionTypeEnumForward && !now.Targets {
			return noTargets
		}
	}
	return ""
}

// serves tells that there is an HTTPS listener where redirects lead.
func serves(all []types.Listener) bool {
	return slices.ContainsFunc(all, func(l types.Listener) bool {
		return l.Protocol == types.ProtocolEnumHttps && aws.ToInt32(l.Port) == httpsPort
	})
}

func listeners(ctx context.Context, env control.Env) ([]types.Listener, error) {
	pages := elb.NewDescribeListenersPaginator(elb.NewFromConfig(env.Config),
		&elb.DescribeListenersInput{LoadBalancerArn: &env.Target.Resource})
	var all []types.Listener
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		all = append(all, page.Listeners...)
	}
	return all, nil
}

// readRules looks at what the rules of listeners do: those of HTTP that stay, and those by which HTTPS leads back.
func (now *redirects) readRules(ctx context.Context, env control.Env, all []types.Listener) error {
	for _, l := range all {
		now.leads(l, l.DefaultActions...)
		out, err := elb.NewFromConfig(env.Config).DescribeRules(ctx, &elb.DescribeRulesInput{ListenerArn: l.ListenerArn})
		if err != nil {
			return err
		}
		for _, rule := range out.Rules {
			if len(rule.Actions) == 0 {
				continue
			}
			does := rule.Actions[len(rule.Actions)-1] // what comes before only lets people in
			switch to := does.RedirectConfig; {
			case l.Protocol == types.ProtocolEnumHttps:
				now.leads(l, does)
				if to != nil && aws.ToString(to.Protocol) == "HTTP" {
					now.Obstacle = fmt.Sprintf("see that the HTTPS listener on port %d does not send requests back to HTTP: they "+
						"would never end", aws.ToInt32(l.Port))
				}
			case !aws.ToBool(rule.IsDefault) && !secure(does):
				now.Rules = append(now.Rules, fmt.Sprintf("%s on port %d", condition(rule), aws.ToInt32(l.Port)))
			}
		}
	}
	return nil
}

// leads notes that HTTPS leads to targets where redirects go.
func (now *redirects) leads(l types.Listener, actions ...types.Action) {
	now.Targets = now.Targets || serves([]types.Listener{l}) && slices.ContainsFunc(actions, func(a types.Action) bool {
		return a.Type == types.ActionTypeEnumForward
	})
}

// condition is the first of a rule's conditions, in short.
func condition(rule types.Rule) string {
	if len(rule.Conditions) == 0 {
		return "priority " + aws.ToString(rule.Priority)
	}
	c := rule.Conditions[0]
	values := c.Values
	if c.PathPatternConfig != nil {
		values = c.PathPatternConfig.Values
	}
	if c.HostHeaderConfig != nil {
		values = c.HostHeaderConfig.Values
	}
	return strings.TrimSpace(aws.ToString(c.Field) + " " + strings.Join(values, ", "))
}

// secure tells an action that sends to HTTPS.
func secure(a types.Action) bool {
	return a.Type == types.ActionTypeEnumRedirect && a.RedirectConfig != nil &&
		aws.ToString(a.RedirectConfig.Protocol) == "HTTPS"
}

// open are the ports on which HTTP is answered.
func (now *redirects) open() []int32 {
	var ports []int32
	for port, action := range now.DefaultAction {
		var n int32
		if _, err := fmt.Sscan(port, &n); err == nil && !secure(action) {
			ports = append(ports, n)
		}
	}
	return ports
}

func redirectAll(now redirects, _ control.Env) (redirects, error) {
	for port, action := range now.DefaultAction {
		if secure(action) {
			continue
		}
		if now.Obstacle != "" {
			return now, fault.New(fault.Refused, "%s", now.Obstacle)
		}
		now.DefaultAction[port] = types.Action{
			Type: types.ActionTypeEnumRedirect, Order: action.Order, RedirectConfig: &types.RedirectActionConfig{
				Protocol: aws.String("HTTPS"), Port: aws.String(fmt.Sprint(httpsPort)), Host: aws.String("#{host}"),
				Path: aws.String("/#{path}"), Query: aws.String("#{query}"), StatusCode: types.RedirectActionStatusCodeEnumHttp302,
			},
		}
	}
	return now, nil
}

// writeRedirects names the default action of a listener and leaves out the rest of it, which stays.
func writeRedirects(ctx context.Context, env control.Env, from, to redirects) error {
	all, err := listeners(ctx, env)
	if err != nil {
		return err
	}
	for _, l := range all {
		port := fmt.Sprint(aws.ToInt32(l.Port))
		was, wanted := from.DefaultAction[port], to.DefaultAction[port]
		if l.Protocol != types.ProtocolEnumHttp || wanted.Type == "" || secure(was) == secure(wanted) {
			continue
		}
		if secure(wanted) && !serves(all) { // any more
			return fault.New(fault.Refused, "%s", noHTTPS)
		}
		_, err := elb.NewFromConfig(env.Config).ModifyListener(ctx, &elb.ModifyListenerInput{
			ListenerArn: l.ListenerArn, DefaultActions: []types.Action{wanted},
		})
		if err != nil {
			return err
		}
	}
	return nil
}
