package ec2

import (
	"context"
	"regexp"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/salve-security/salve/functions/playbooks/needs"
	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/kind"
)

// clientVPN is what a Client VPN endpoint logs of connections. Where it logged while it did is not undone: it logs
// nothing there.
type clientVPN struct {
	ConnectionLog connectionLog
	Groups        map[string]needs.Group
	Before        connectionLog `salve:"fact"` // where it logged when it last did
}

type connectionLog struct {
	Enabled             bool
	CloudwatchLogGroup  string `json:",omitempty"`
	CloudwatchLogStream string `json:",omitempty"`
}

// ClientVPN returns the control that has a Client VPN endpoint log who connects.
func ClientVPN() []control.Control {
	return []control.Control{control.Of[clientVPN]{
		Info: control.Info{
			ID: "EC2.51",
			Effect: "The endpoint logs who connects and disconnects, with names and addresses, into a CloudWatch log group. " +
				"Nobody is disconnected. CloudWatch bills what is logged; people who connect may have to be told.",
			Fails: control.Fails{
				When: "The Client VPN endpoint does not log connections.", Rule: "ec2-client-vpn-connection-log-enabled",
			},
			Impact: control.ImpactNone,
			Params: []control.Param{
				needs.GroupParam("connections", "the one that the endpoint has, else /aws/clientvpn/ENDPOINT"),
			},
			Pattern: regexp.MustCompile(
				`^arn:aws[a-z-]*:ec2:[a-z0-9-]+:\d{12}:client-vpn-endpoint/(cvpn-endpoint-[0-9a-f]{17})$`),
			Actions: append(needs.GroupActions(), "ec2:DescribeClientVpnEndpoints", "ec2:ModifyClientVpnEndpoint"),
			OneWay:  map[string]string{"Groups/*": needs.LeftGroups},
			// The endpoint may have named any log group, and log groups are no more than a place for logs.
			Narrow: func(env control.Env) []string { return []string{env.Target.Resource} },
		},
		Read: readClientVPN, Want: logConnections,
		Write: func(ctx context.Context, env control.Env, from, to clientVPN) error {
			if err := needs.EnsureGroup().Write(ctx, env, from.Groups, to.Groups); err != nil {
				return err
			}
			if from.ConnectionLog == to.ConnectionLog {
				return nil
			}
			log := &types.ConnectionLogOptions{Enabled: &to.ConnectionLog.Enabled}
			if to.ConnectionLog.CloudwatchLogGroup != "" {
				log.CloudwatchLogGroup = &to.ConnectionLog.CloudwatchLogGroup
			}
			if to.ConnectionLog.CloudwatchLogStream != "" {
				log.CloudwatchLogStream = &to.ConnectionLog.CloudwatchLogStream
			}
			_, err := ec2.NewFromConfig(env.Config).ModifyClientVpnEndpoint(ctx, &ec2.ModifyClientVpnEndpointInput{
				ClientVpnEndpointId: &env.Name, ConnectionLogOptions: log,
			})
			return err
		},
	}.Control()}
}

func readClientVPN(ctx context.Context, env control.Env) (clientVPN, error) {
	out, err := ec2.NewFromConfig(env.Config).DescribeClientVpnEndpoints(ctx, &ec2.DescribeClientVpnEndpointsInput{
		ClientVpnEndpointIds: []string{env.Name},
	})
	if err != nil {
		return clientVPN{}, err
	}
	if len(out.ClientVpnEndpoints) != 1 || out.ClientVpnEndpoints[0].ConnectionLogOptions == nil {
		return clientVPN{}, fault.New(fault.Invalid, "DescribeClientVpnEndpoints answered without ConnectionLogOptions")
	}
	found := out.ClientVpnEndpoints[0]
	if s := found.Status; s != nil && (s.Code == types.ClientVpnEndpointStatusCodeDeleted ||
		s.Code == types.ClientVpnEndpointStatusCodeDeleting) {
		return clientVPN{}, fault.New(fault.Gone, "the endpoint is %s", s.Code)
	}
	log := found.ConnectionLogOptions
	on, err := kind.Answered(log.Enabled, "DescribeClientVpnEndpoints", "whether connections are logged")
	if err != nil {
		return clientVPN{}, err
	}
	now := clientVPN{}
	is := connectionLog{on, aws.ToString(log.CloudwatchLogGroup), aws.ToString(log.CloudwatchLogStream)}
	if on {
		now.ConnectionLog = is
	} else {
		now.Before = is
	}
	now.Groups, err = needs.FoundGroup(ctx, env, is.group(env))
	return now, err
}

// group is where connections are logged, or will be.
func (l connectionLog) group(env control.Env) string {
	named := env.Params.Text(needs.ParamGroup)
	switch {
	case l.Enabled || named == "" && l.CloudwatchLogGroup != "":
		return l.CloudwatchLogGroup
	case named == "":
		return "/aws/clientvpn/" + env.Name
	}
	return named
}

func logConnections(now clientVPN, env control.Env) (clientVPN, error) {
	if now.ConnectionLog.Enabled {
		return now, nil
	}
	group, log := now.Before.group(env), connectionLog{Enabled: true}
	if log.CloudwatchLogGroup = group; group == now.Before.CloudwatchLogGroup {
		log.CloudwatchLogStream = now.Before.CloudwatchLogStream
	}
	now.ConnectionLog, now.Groups[group] = log, needs.Group{Name: group}
	return now, nil
}
