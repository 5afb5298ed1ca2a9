package ec2_test

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	playbook "github.com/salve-security/salve/functions/playbooks/ec2"
	"github.com/salve-security/salve/functions/playbooktest"
	"github.com/salve-security/salve/internal/fault"
)

// vpns stands in for what the emulators lack: Client VPN endpoints, and what the tunnels of a VPN connection log.
//
//nolint:gochecknoglobals // the tests of this package share one lab, and the lab has one handler
var vpns = &vpnService{all: map[string]map[string]string{"": {}}} // "" is for who names none

type vpnService struct {
	mu  sync.Mutex
	all map[string]map[string]string // by id, what calls have said, "ADDRESS Enabled"
}

// make makes one that says so, and returns its id.
func (v *vpnService) make(kind string, says map[string]string) string {
	v.mu.Lock()
	defer v.mu.Unlock()
	id := fmt.Sprintf("%s-%017x", kind, len(v.all))
	v.all[id] = maps.Clone(says)
	return id
}

// set is somebody else, or EC2 itself.
func (v *vpnService) set(key, value string) playbooktest.Act {
	return func(_ context.Context, _ *testing.T, _ aws.Config, resource string) {
		v.mu.Lock()
		defer v.mu.Unlock()
		v.all[id(resource)][key] = value
	}
}

func (v *vpnService) remove(_ context.Context, _ *testing.T, _ aws.Config, resource string) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.all[id(resource)] = nil
}

// observe leaves out which tunnels are up.
func (v *vpnService) observe(_ context.Context, _ *testing.T, _ aws.Config, resource string) any {
	v.mu.Lock()
	defer v.mu.Unlock()
	seen := maps.Clone(v.all[id(resource)])
	maps.DeleteFunc(seen, func(key, value string) bool {
		on := seen[strings.TrimSuffix(key, "LogGroupArn")+"LogEnabled"] == "true" || seen["Enabled"] == "true"
		return strings.HasSuffix(key, "Up") || strings.Contains(key, "LogGroup") && !on // where nothing is logged
	})
	for key, value := range seen {
		seen[key] = strings.ReplaceAll(value, id(resource), "ID")
	}
	return seen
}

// addresses are those of the tunnels.
func addresses() []string { return []string{"192.0.2.1", "192.0.2.2"} }

// ServeHTTP answers what it stands in for, and 501 to everything else.
func (v *vpnService) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	v.mu.Lock()
	defer v.mu.Unlock()
	_ = r.ParseForm() // what it cannot read is not its
	action, about := r.Form.Get("Action"), ""
	for _, key := range []string{"ClientVpnEndpointId", "ClientVpnEndpointId.1", "VpnConnectionId", "VpnConnectionId.1"} {
		about += r.Form.Get(key)
	}
	is, answer := v.all[about], "<return>true</return>"
	switch action {
	case "DeleteLaunchTemplateVersions": // which stay in the lab
		is = map[string]string{}
	case "DescribeClientVpnEndpoints", "DescribeVpnConnections", "ModifyClientVpnEndpoint", "ModifyVpnTunnelOptions":
	default:
		w.WriteHeader(http.StatusNotImplemented)
		return
	}
	w.Header().Set("Content-Type", "text/xml")
	if is == nil {
		w.WriteHeader(http.StatusBadRequest)
		_, _ = fmt.Fprint(w, "<Response><Errors><Error><Code>InvalidVpn.NotFound</Code></Error></Errors></Response>")
		return
	}
	switch action {
	case "DescribeClientVpnEndpoints":
		answer = v.endpoints(about)
	case "DescribeVpnConnections":
		answer = connection(is)
	case "ModifyClientVpnEndpoint", "ModifyVpnTunnelOptions":
		for _, key := range []string{"Enabled", "CloudwatchLogGroup", "LogEnabled", "LogGroupArn"} {
			for _, group := range []string{"ConnectionLogOptions.", "TunnelOptions.LogOptions.CloudWatchLogOptions."} {
				if r.Form.Has(group + key) {
					is[strings.TrimSpace(r.Form.Get("VpnTunnelOutsideIpAddress")+" "+key)] = r.Form.Get(group + key)
				}
			}
		}
	}
	_, _ = fmt.Fprintf(w, "<%sResponse>%s</%sResponse>", action, answer, action)
}

// endpoints are the Client VPN endpoint of the id, or all that are there for who names none.
func (v *vpnService) endpoints(about string) string {
	var all strings.Builder
	for id, is := range v.all {
		if is != nil && strings.HasPrefix(id, "cvpn-endpoint-") && strings.HasPrefix(id, about) {
			fmt.Fprintf(&all, "<item><clientVpnEndpointId>%s</clientVpnEndpointId><connectionLogOptions><Enabled>%s</Enabled>"+
				"<CloudwatchLogGroup>%s</CloudwatchLogGroup></connectionLogOptions></item>",
				id, is["Enabled"], is["CloudwatchLogGroup"])
		}
	}
	return "<clientVpnEndpoint>" + all.String() + "</clientVpnEndpoint>"
}

func connection(is map[string]string) string {
	var tunnels, telemetry strings.Builder
	for _, a := range addresses() {
		fmt.Fprintf(&tunnels, "<item><outsideIpAddress>%s</outsideIpAddress><logOptions><cloudWatchLogOptions><logEnabled>%s"+
			"</logEnabled><logGroupArn>%s</logGroupArn></cloudWatchLogOptions></logOptions></item>",
			a, is[a+" LogEnabled"], is[a+" LogGroupArn"])
		fmt.Fprintf(&telemetry, "<item><outsideIpAddress>%s</outsideIpAddress><status>%s</status></item>", a, is[a+" Up"])
	}
	return fmt.Sprintf("<vpnConnectionSet><item><state>available</state><options><tunnelOptionSet>%s</tunnelOptionSet>"+
		"</options><vgwTelemetry>%s</vgwTelemetry></item></vpnConnectionSet>", &tunnels, &telemetry)
}

func TestClientVPN(t *testing.T) {
	playbooktest.Run(t, playbooktest.Suite{
		World: playbooktest.Serving(t, "ec2", vpns), Control: playbooktest.Pick(t, playbook.ClientVPN(), "EC2.51"),
		Seed: func(context.Context, *testing.T, aws.Config) string {
			return arn("client-vpn-endpoint", vpns.make("cvpn-endpoint", map[string]string{"Enabled": "false"}))
		},
		Foreign:   []string{"cvpn-endpoint-0123456789abcdef0", arn("client-vpn-endpoint", "*")},
		Observe:   vpns.observe,
		Disturb:   vpns.set("CloudwatchLogGroup", "elsewhere"),
		Unrelated: vpns.set("Description", "of somebody else"),
		Delete:    vpns.remove,
		Skip:      map[string]string{playbooktest.CaseFacts: "where it logged before does not change while it logs"},
	})
}

func TestVPNTunnels(t *testing.T) {
	one, two := addresses()[0], addresses()[1]
	playbooktest.Run(t, playbooktest.Suite{
		World: playbooktest.Serving(t, "ec2", vpns), Control: playbooktest.Pick(t, playbook.VPNTunnels(), "EC2.171"),
		Seed: func(context.Context, *testing.T, aws.Config) string {
			return arn("vpn-connection", vpns.make("vpn", map[string]string{
				one + " LogEnabled": "false", two + " LogEnabled": "false", one + " Up": "UP", two + " Up": "UP",
			}))
		},
		Foreign:   []string{"vpn-0123456789abcdef0", arn("vpn-connection", "*")},
		Observe:   vpns.observe,
		Disturb:   vpns.set(two+" LogGroupArn", "arn:aws:logs:us-east-1:222222222222:log-group:elsewhere"),
		Unrelated: vpns.set("Description", "of somebody else"),
		DisturbFact: func(ctx context.Context, t *testing.T, root aws.Config, resource string) { // nothing is up to lose
			vpns.set(one+" Up", "DOWN")(ctx, t, root, resource)
			vpns.set(two+" Up", "DOWN")(ctx, t, root, resource)
		},
		Delete: vpns.remove,
		Unseen: delivery("logs:CreateLogDelivery", "logs:DeleteLogDelivery", "logs:DescribeResourcePolicies",
			"logs:GetLogDelivery", "logs:ListLogDeliveries", "logs:PutResourcePolicy", "logs:UpdateLogDelivery"),
	})
}

func delivery(actions ...string) map[string]string {
	out := map[string]string{}
	for _, a := range actions {
		out[a] = "AWS asks for it where a tunnel begins to log, or ends it"
	}
	return out
}

func TestClientVPNFailsWhereAWSDoes(t *testing.T) {
	shape := func(e types.ClientVpnEndpoint) playbooktest.StandIn {
		out := &ec2.DescribeClientVpnEndpointsOutput{ClientVpnEndpoints: []types.ClientVpnEndpoint{e}}
		return playbooktest.Answers(out, noGroups())
	}
	log := func(on *bool, group string) types.ClientVpnEndpoint {
		return types.ClientVpnEndpoint{ConnectionLogOptions: &types.ConnectionLogResponseOptions{
			Enabled: on, CloudwatchLogGroup: &group,
		}}
	}
	on, off := aws.Bool(true), aws.Bool(false)
	deleted := log(off, "")
	deleted.Status = &types.ClientVpnEndpointStatus{Code: types.ClientVpnEndpointStatusCodeDeleted}
	c := playbooktest.Pick(t, playbook.ClientVPN(), "EC2.51")
	resource := arn("client-vpn-endpoint", "cvpn-endpoint-0123456789abcdef0")
	playbooktest.Judged(t, c, resource, map[string]playbooktest.Shape{
		"on":       {Answers: shape(log(on, "vpn"))},
		"off":      {Answers: shape(log(off, "")), Fails: true},
		"off, was": {Answers: shape(log(off, "vpn")), Fails: true},
		"not said": {Answers: shape(log(nil, "")), Class: fault.Invalid},
		"nothing":  {Answers: shape(types.ClientVpnEndpoint{}), Class: fault.Invalid},
		"deleted":  {Answers: shape(deleted), Class: fault.Gone},
	})
	env := playbooktest.Env(t, c, resource, playbooktest.Unplugged(), shape(log(off, "vpn")))
	playbooktest.Planned(t, c, env, `  ~ ConnectionLog.CloudwatchLogGroup: none → "vpn"
  ~ ConnectionLog.Enabled: false → true
  + Groups.vpn (undo leaves it: it holds logs)
`)
}

// A tunnel is down while it changes. One that is the only one up is left as it is.
func TestTunnelsFailWhereAWSDoes(t *testing.T) {
	shape := func(state types.VpnState, says ...string) playbooktest.StandIn { // "on UP", a tunnel each
		one := types.VpnConnection{State: state, Options: &types.VpnConnectionOptions{}}
		for n, say := range says {
			address, words := addresses()[n], strings.Fields(say)
			tunnel := types.TunnelOption{OutsideIpAddress: &address}
			if words[0] != "unset" {
				tunnel.LogOptions = &types.VpnTunnelLogOptions{CloudWatchLogOptions: &types.CloudWatchLogOptions{
					LogEnabled: aws.Bool(words[0] == "on"),
				}}
			}
			one.Options.TunnelOptions = append(one.Options.TunnelOptions, tunnel)
			one.VgwTelemetry = append(one.VgwTelemetry, types.VgwTelemetry{
				OutsideIpAddress: &address, Status: types.TelemetryStatus(words[1]),
			})
		}
		return playbooktest.Answers(&ec2.DescribeVpnConnectionsOutput{VpnConnections: []types.VpnConnection{one}}, noGroups())
	}
	const is = types.VpnStateAvailable
	c := playbooktest.Pick(t, playbook.VPNTunnels(), "EC2.171")
	playbooktest.Judged(t, c, arn("vpn-connection", "vpn-0123456789abcdef0"),
		map[string]playbooktest.Shape{
			"both on":          {Answers: shape(is, "on UP", "on UP")},
			"both off":         {Answers: shape(is, "off UP", "off UP"), Fails: true},
			"one off":          {Answers: shape(is, "on UP", "off UP"), Fails: true},
			"never set":        {Answers: shape(is, "unset UP", "unset UP"), Fails: true},
			"both are down":    {Answers: shape(is, "off DOWN", "off DOWN"), Fails: true},
			"the one off down": {Answers: shape(is, "off DOWN", "on UP"), Fails: true},
			"the only one up": {
				Answers: shape(is, "off UP", "on DOWN"), Class: fault.Refused, Words: []string{"192.0.2.1 is the only one"},
			},
			"deleted":    {Answers: shape(types.VpnStateDeleted), Class: fault.Gone},
			"no tunnels": {Answers: shape(is), Class: fault.Invalid},
			"deleted, without options": {
				Answers: playbooktest.Answers(&ec2.DescribeVpnConnectionsOutput{
					VpnConnections: []types.VpnConnection{{State: types.VpnStateDeleted}},
				}), Class: fault.Gone,
			},
			"nothing": {Answers: playbooktest.Answers(&ec2.DescribeVpnConnectionsOutput{}), Class: fault.Invalid},
		})
}

// The second tunnel waits until AWS is done with the first.
func TestTunnelsChangeOneByOne(t *testing.T) {
	c, asked := playbooktest.Pick(t, playbook.VPNTunnels(), "EC2.171"), []string{}
	one := types.VpnConnection{State: types.VpnStateAvailable, Options: &types.VpnConnectionOptions{}}
	for _, a := range addresses() {
		one.Options.TunnelOptions = append(one.Options.TunnelOptions, types.TunnelOption{OutsideIpAddress: &a})
	}
	out := &ec2.DescribeVpnConnectionsOutput{VpnConnections: []types.VpnConnection{one}}
	answers := playbooktest.Answers(out, noGroups(), groupMade(), groupKept())
	answers["ModifyVpnTunnelOptions"] = func(input any) (any, error) {
		asked = append(asked, *input.(*ec2.ModifyVpnTunnelOptionsInput).VpnTunnelOutsideIpAddress)
		out.VpnConnections[0].State = "modifying"
		return &ec2.ModifyVpnTunnelOptionsOutput{}, nil
	}
	env := playbooktest.Env(t, c, arn("vpn-connection", "vpn-0123456789abcdef0"), playbooktest.Unplugged(), answers)
	plan := playbooktest.Got(c.Plan(t.Context(), env))(t)
	playbooktest.Fails(t, c.Apply(t.Context(), env, plan), fault.Retry, "192.0.2.2 is next")
	if !slices.Equal(asked, addresses()[:1]) {
		t.Errorf("changed %q, want the first alone", asked)
	}
}

func noGroups() *cloudwatchlogs.DescribeLogGroupsOutput {
	return &cloudwatchlogs.DescribeLogGroupsOutput{}
}

func groupMade() *cloudwatchlogs.CreateLogGroupOutput { return &cloudwatchlogs.CreateLogGroupOutput{} }

func groupKept() *cloudwatchlogs.PutRetentionPolicyOutput {
	return &cloudwatchlogs.PutRetentionPolicyOutput{}
}
