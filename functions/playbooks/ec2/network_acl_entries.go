package ec2

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/kind"
)

// aclEntries write entries one by one. One with the same number takes the place of the other.
func aclEntries() kind.Entries[aclEntry] {
	each := func(write func(context.Context, *ec2.Client, control.Env, aclEntry) error) func(
		context.Context, control.Env, []aclEntry) error {
		return func(ctx context.Context, env control.Env, entries []aclEntry) error {
			for _, e := range entries {
				if err := write(ctx, ec2.NewFromConfig(env.Config), env, e); err != nil {
					return err
				}
			}
			return nil
		}
	}
	return kind.Entries[aclEntry]{
		Key: aclEntry.key,
		List: func(ctx context.Context, env control.Env) ([]aclEntry, error) {
			now, err := readNetworkACL(ctx, env)
			return slices.Collect(maps.Values(now.Entries)), err
		},
		Add: each(func(ctx context.Context, client *ec2.Client, env control.Env, e aclEntry) error {
			in := e.input(env)
			_, err := client.CreateNetworkAclEntry(ctx, &in)
			return err
		}),
		Movable: func(is, becomes aclEntry) bool { return is.Egress == becomes.Egress && is.Number == becomes.Number },
		Move: func(ctx context.Context, env control.Env, pairs [][2]aclEntry) error {
			for _, pair := range pairs {
				in := ec2.ReplaceNetworkAclEntryInput(pair[1].input(env))
				if _, err := ec2.NewFromConfig(env.Config).ReplaceNetworkAclEntry(ctx, &in); err != nil {
					return err
				}
			}
			return nil
		},
		Remove: each(func(ctx context.Context, client *ec2.Client, env control.Env, e aclEntry) error {
			_, err := client.DeleteNetworkAclEntry(ctx, &ec2.DeleteNetworkAclEntryInput{
				NetworkAclId: &env.Name, RuleNumber: &e.Number, Egress: &e.Egress,
			})
			return err
		}),
	}
}

// input is the entry as AWS takes it.
func (e aclEntry) input(env control.Env) ec2.CreateNetworkAclEntryInput {
	protocol := cmp.Or(protocols()[e.Protocol], e.Protocol)
	in := ec2.CreateNetworkAclEntryInput{
		NetworkAclId: &env.Name, RuleNumber: &e.Number, Egress: &e.Egress, RuleAction: e.Action, Protocol: &protocol,
	}
	if strings.Contains(e.Peer, ":") {
		in.Ipv6CidrBlock = &e.Peer
	} else {
		in.CidrBlock = &e.Peer
	}
	switch {
	case e.ported():
		in.PortRange = &types.PortRange{From: &e.From, To: &e.To}
	case e.Protocol == icmp, e.Protocol == icmpv6:
		in.IcmpTypeCode = &types.IcmpTypeCode{Type: &e.From, Code: &e.To}
	}
	return in
}
