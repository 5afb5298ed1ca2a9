package ec2

import (
	"context"
	"maps"

	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/kind"
)

// networkACL are the entries of an ACL, in the order of whose numbers AWS looks for the one that decides.
type networkACL struct {
	Entries map[string]aclEntry // by direction and number
	Default bool                `salve:"fact"`
}

// NetworkACL returns the control that closes SSH and RDP to everybody in a network ACL.
func NetworkACL() []control.Control {
	return []control.Control{control.Of[networkACL]{
		Info: control.Info{
			ID: "EC2.21",
			Effect: "The ACL lets nobody from anywhere (0.0.0.0/0, ::/0) reach the ports 22 and 3389 of its subnets. An " +
				"entry that allows more becomes several, in its place. One for all traffic becomes entries for TCP, UDP and " +
				"ICMP: other protocols, as those of a VPN, need one of their own. An ACL does not know connections: an answer " +
				"from the internet that comes to one of the two ports of a client is lost, one in some ten thousand.",
			Fails: control.Fails{
				When: "An inbound entry of the ACL allows 0.0.0.0/0 or ::/0 the port 22 or 3389 of TCP or UDP, or all traffic, " +
					"whatever entries before it deny and whether a subnet uses the ACL. Default ACLs are not looked at.",
				Rule: "nacl-no-unrestricted-ssh-rdp",
			},
			Impact: control.ImpactInterrupts, Pattern: arnOf("network-acl", "acl"),
			Actions: []string{
				"ec2:CreateNetworkAclEntry", "ec2:DeleteNetworkAclEntry", "ec2:DescribeNetworkAcls", "ec2:ReplaceNetworkAclEntry",
			},
		},
		Read: readNetworkACL,
		Want: closeNetworkACL,
		Write: func(ctx context.Context, env control.Env, from, to networkACL) error {
			return aclEntries().Write(ctx, env, from.Entries, to.Entries)
		},
	}.Control()}
}

func readNetworkACL(ctx context.Context, env control.Env) (networkACL, error) {
	found, err := describeNetworkACL(ctx, env)
	if err != nil {
		return networkACL{}, err
	}
	now := networkACL{Entries: map[string]aclEntry{}}
	for _, listed := range found.Entries {
		e, err := aclEntryOf(listed)
		if err != nil {
			return networkACL{}, err
		}
		now.Entries[e.key()] = e
	}
	now.Default, err = kind.Answered(found.IsDefault, "DescribeNetworkAcls", "whether it is a default ACL")
	return now, err
}

func describeNetworkACL(ctx context.Context, env control.Env) (types.NetworkAcl, error) {
	out, err := ec2.NewFromConfig(env.Config).DescribeNetworkAcls(ctx, &ec2.DescribeNetworkAclsInput{
		NetworkAclIds: []string{env.Name},
	})
	if err != nil {
		return types.NetworkAcl{}, err
	}
	if len(out.NetworkAcls) != 1 {
		return types.NetworkAcl{}, fault.New(fault.Invalid, "DescribeNetworkAcls answered %d ACLs for %s",
			len(out.NetworkAcls), env.Name)
	}
	return out.NetworkAcls[0], nil
}

// closeNetworkACL puts in the place of an entry that lets in too much what may stay: the first part under its number,
// the others under the next ones, before the entry that follows. So the order in which AWS looks stays the same.
func closeNetworkACL(now networkACL, _ control.Env) (networkACL, error) {
	remote := append(at(22), at(3389)...)
	to := networkACL{Entries: maps.Clone(now.Entries)}
	for key, e := range now.Entries {
		left, less := harmless(e.rule, map[string][]span{tcp: remote, udp: remote})
		everybody := e.Peer == anybody4 || e.Peer == anybody6
		if now.Default || e.Egress || e.Action != types.RuleActionAllow || !less || !everybody {
			continue
		}
		delete(to.Entries, key)
		for n, part := range left {
			next := aclEntry{e.Number + int32(n), e.Action, part}
			// A part that is there already is of a run that came so far.
			if there, taken := now.Entries[next.key()]; taken && n > 0 && there.text() != next.text() {
				return now, fault.New(fault.Refused, "entry %d would become %d, and the number %d is taken: renumber the "+
					"entries of the ACL, or narrow this one yourself", e.Number, len(left), next.Number)
			}
			to.Entries[next.key()] = next
		}
	}
	return to, nil
}
