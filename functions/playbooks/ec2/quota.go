package ec2

import (
	"context"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
)

// mostRules is how many rules a group has at most in one direction and one family of addresses, unless the account's
// quota L-0EA8095F was changed. Source: Amazon VPC user guide, quotas.
const mostRules = 60

// tooMany says of rules that a group has no room for how many have to go first. Other errors stay as they are.
func tooMany(ctx context.Context, env control.Env, added []rule, err error) error {
	if fault.Of(err) != fault.Refused {
		return err
	}
	now, lost := rulesOf(ctx, env)
	if lost != nil {
		return err
	}
	var most int
	var said string
	for _, family := range []string{"IPv4", "IPv6"} {
		have, more := count(now, added[0].Egress, family), count(added, added[0].Egress, family)
		if free := max(have+more-mostRules, 1); more > 0 && free > most {
			most = free
			said = fmt.Sprintf("the group has %d %s rules for %s, and AWS does not take %d more: remove %d that it can do "+
				"without, or have the quota L-0EA8095F raised (%d, unless it was changed)",
				have, direction(added[0].Egress), family, more, free, mostRules)
		}
	}
	return fault.New(fault.Refused, "%s", said)
}

func direction(egress bool) string {
	if egress {
		return "outbound"
	}
	return "inbound"
}

// count are the rules that count for the quota of a direction and a family: a group or a prefix list does for both.
func count(rules []rule, egress bool, family string) int {
	n := 0
	for _, r := range rules {
		six := strings.Contains(r.Peer, ":")
		if r.Egress == egress && (!r.cidr() || six == (family == "IPv6")) {
			n++
		}
	}
	return n
}

// movable tells that AWS can make one rule of the other in place: a rule keeps its peer, its tags and what it says of
// itself, and only what it lets through changes, its ports or all traffic. Source: API reference of
// ModifySecurityGroupRules.
func movable(is, becomes rule) bool {
	ports := is.ported() && is.Protocol == becomes.Protocol
	everything := is.Protocol == allProtocols || becomes.Protocol == allProtocols
	return (ports || everything) && is.cidr() && is.Egress == becomes.Egress && is.Peer == becomes.Peer &&
		is.Description == becomes.Description && is.tagged() == becomes.tagged()
}

// modify changes what rules let through in place, all in one call.
func modify(ctx context.Context, env control.Env, pairs [][2]rule) error {
	in := ec2.ModifySecurityGroupRulesInput{GroupId: &env.Name}
	for _, pair := range pairs {
		is, becomes := pair[0], pair[1]
		request := types.SecurityGroupRuleRequest{ // for all traffic the ports do not matter
			IpProtocol: &becomes.Protocol, FromPort: &becomes.From, ToPort: &becomes.To,
		}
		if becomes.Description != "" {
			request.Description = &becomes.Description
		}
		if strings.Contains(becomes.Peer, ":") {
			request.CidrIpv6 = &becomes.Peer
		} else {
			request.CidrIpv4 = &becomes.Peer
		}
		in.SecurityGroupRules = append(in.SecurityGroupRules, types.SecurityGroupRuleUpdate{
			SecurityGroupRuleId: aws.String(is.ID), SecurityGroupRule: &request,
		})
	}
	_, err := ec2.NewFromConfig(env.Config).ModifySecurityGroupRules(ctx, &in)
	return err
}
