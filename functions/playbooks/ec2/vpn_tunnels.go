package ec2

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/salve-security/salve/functions/playbooks/needs"
	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/kind"
)

// vpnTunnels are what the tunnels of a VPN connection log, by their addresses on AWS's side.
type vpnTunnels struct {
	Tunnels map[string]tunnelLog
	Groups  map[string]needs.Group
	Before  map[string]tunnelLog `salve:"fact"` // where those that do not log did
	Up      map[string]bool      `salve:"fact"`
	State   types.VpnState       `salve:"fact"`
}

type tunnelLog struct {
	LogEnabled      bool
	LogGroupArn     string `json:",omitempty"`
	LogOutputFormat string `json:",omitempty"`
}

// VPNTunnels returns the control that has both tunnels of a VPN connection log what they do.
func VPNTunnels() []control.Control {
	return []control.Control{control.Of[vpnTunnels]{
		Info: control.Info{
			ID: "EC2.171",
			Effect: "Both tunnels log into a CloudWatch log group what becomes of their negotiations. A tunnel is down for " +
				"some minutes while it changes: the second one changes once the first is up again. A tunnel that is up is left " +
				"as it is while the other is down, or where there is no other. CloudWatch bills what is logged.",
			Fails: control.Fails{
				When: "A tunnel of the Site-to-Site VPN connection does not log to CloudWatch.",
				Rule: "ec2-vpn-connection-logging-enabled",
			},
			Impact:  control.ImpactInterrupts,
			Params:  []control.Param{needs.GroupParam("tunnels", "/aws/vpn/CONNECTION")},
			Pattern: arnOf("vpn-connection", "vpn"),
			Actions: append(needs.GroupActions(), "ec2:DescribeVpnConnections", "ec2:ModifyVpnTunnelOptions",
				"logs:CreateLogDelivery", "logs:DescribeResourcePolicies", "logs:GetLogDelivery", "logs:ListLogDeliveries",
				"logs:PutResourcePolicy", "logs:UpdateLogDelivery"),
			UndoActions: []string{"logs:DeleteLogDelivery"},
			OneWay:      map[string]string{"Groups/*": needs.LeftGroups},
			Narrow:      func(env control.Env) []string { return []string{env.Target.Resource} },
			Settle:      control.Settle{Typical: 5 * time.Minute, Within: time.Hour},
		},
		Read: readVPNTunnels, Want: logTunnels, Write: writeVPNTunnels,
	}.Control()}
}

// tunnelGroup is the log group of tunnels that log nowhere.
func tunnelGroup(env control.Env) string {
	if named := env.Params.Text(needs.ParamGroup); named != "" {
		return named
	}
	return "/aws/vpn/" + env.Name
}

func readVPNTunnels(ctx context.Context, env control.Env) (vpnTunnels, error) {
	now := vpnTunnels{Tunnels: map[string]tunnelLog{}, Before: map[string]tunnelLog{}, Up: map[string]bool{}}
	out, err := ec2.NewFromConfig(env.Config).DescribeVpnConnections(ctx, &ec2.DescribeVpnConnectionsInput{
		VpnConnectionIds: []string{env.Name},
	})
	if err != nil {
		return now, err
	}
	found, err := kind.Only(out.VpnConnections, "DescribeVpnConnections", "VPN connections", env.Name)
	if err != nil {
		return now, err
	}
	if now.State = found.State; now.State == types.VpnStateDeleted || now.State == types.VpnStateDeleting {
		return now, fault.New(fault.Gone, "the VPN connection is %s", now.State)
	}
	if found.Options == nil || len(found.Options.TunnelOptions) == 0 {
		return now, fault.New(fault.Invalid, "DescribeVpnConnections answered without the tunnels of %s", env.Name)
	}
	for _, o := range found.Options.TunnelOptions {
		address := aws.ToString(o.OutsideIpAddress)
		if address == "" {
			return now, fault.New(fault.Invalid, "DescribeVpnConnections answered a tunnel without its address")
		}
		log := tunnelLogOf(o.LogOptions)
		if now.Tunnels[address] = log; !log.LogEnabled {
			now.Tunnels[address], now.Before[address] = tunnelLog{}, log
		}
	}
	for _, t := range found.VgwTelemetry {
		now.Up[aws.ToString(t.OutsideIpAddress)] = t.Status == types.TelemetryStatusUp
	}
	now.Groups, err = needs.FoundGroup(ctx, env, tunnelGroup(env))
	return now, err
}

// tunnelLogOf reads what a tunnel logs; one that AWS says nothing of has never logged.
func tunnelLogOf(o *types.VpnTunnelLogOptions) tunnelLog {
	if o == nil || o.CloudWatchLogOptions == nil {
		return tunnelLog{}
	}
	c := o.CloudWatchLogOptions
	return tunnelLog{aws.ToBool(c.LogEnabled), aws.ToString(c.LogGroupArn), aws.ToString(c.LogOutputFormat)}
}

func logTunnels(now vpnTunnels, env control.Env) (vpnTunnels, error) {
	group := tunnelGroup(env)
	for address, log := range now.Tunnels {
		if log.LogEnabled {
			continue
		}
		if why := now.needed(address); why != "" {
			return now, fault.New(fault.Refused, "%s", why)
		}
		log = now.Before[address]
		log.LogEnabled = true
		if log.LogGroupArn == "" {
			log.LogGroupArn = env.Target.ARN("logs", "log-group:"+group)
			now.Groups[group] = needs.Group{Name: group}
		}
		now.Tunnels[address] = log
	}
	return now, nil
}

// needed says why a tunnel must not go down now; nothing where it may.
func (now vpnTunnels) needed(address string) string {
	if !now.Up[address] {
		return ""
	}
	for other, up := range now.Up {
		if other != address && up {
			return ""
		}
	}
	return "bring the other tunnel up first: " + address + " is the only one that is, and it goes down while it changes"
}

// writeVPNTunnels changes one tunnel at a time. The run comes back for the next once AWS is done with it.
func writeVPNTunnels(ctx context.Context, env control.Env, from, to vpnTunnels) error {
	if err := needs.EnsureGroup().Write(ctx, env, from.Groups, to.Groups); err != nil {
		return err
	}
	for _, address := range slices.Sorted(maps.Keys(to.Tunnels)) {
		if from.Tunnels[address] == to.Tunnels[address] {
			continue
		}
		now, err := readVPNTunnels(ctx, env)
		switch why := now.needed(address); {
		case err != nil:
			return err
		case now.State != types.VpnStateAvailable:
			return fault.New(fault.Retry, "the VPN connection is %s: the tunnel %s is next", now.State, address)
		case why != "":
			return fault.New(fault.Retry, "%s", why)
		}
		if err := changeTunnel(ctx, env, address, to.Tunnels[address]); err != nil {
			return err
		}
	}
	return nil
}

func changeTunnel(ctx context.Context, env control.Env, address string, log tunnelLog) error {
	options := &types.CloudWatchLogOptionsSpecification{LogEnabled: &log.LogEnabled}
	if log.LogEnabled {
		options.LogGroupArn = &log.LogGroupArn
	}
	if log.LogEnabled && log.LogOutputFormat != "" {
		options.LogOutputFormat = &log.LogOutputFormat
	}
	_, err := ec2.NewFromConfig(env.Config).ModifyVpnTunnelOptions(ctx, &ec2.ModifyVpnTunnelOptionsInput{
		VpnConnectionId: &env.Name, VpnTunnelOutsideIpAddress: &address,
		TunnelOptions: &types.ModifyVpnTunnelOptionsSpecification{
			LogOptions: &types.VpnTunnelLogOptionsSpecification{CloudWatchLogOptions: options},
		},
	})
	return err
}
