package ec2

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/kind"
)

// aclEntry is a rule with a number, which plans show as text.
type aclEntry struct {
	Number int32
	Action types.RuleAction
	rule
}

// key is "in 100".
func (e aclEntry) key() string {
	return strings.Fields(e.rule.key())[0] + " " + strconv.Itoa(int(e.Number))
}

// text is "in 100 allow tcp 0-21 from 0.0.0.0/0", "in 100 allow icmp 8/-1 from ::/0", "out 100 deny all from ::/0".
func (e aclEntry) text() string {
	between := "/"
	if e.ported() {
		between = "-"
	}
	says := fmt.Sprintf("%s %s %s %d%s%d from %s", e.key(), e.Action, e.Protocol, e.From, between, e.To, e.Peer)
	return strings.Replace(says, " "+allProtocols+" -1/-1 ", " all ", 1)
}

// MarshalText writes the text.
func (e aclEntry) MarshalText() ([]byte, error) { return []byte(e.text()), nil }

// UnmarshalText reads the text.
func (e *aclEntry) UnmarshalText(raw []byte) error {
	says := strings.Replace(string(raw), " all ", " "+allProtocols+" -1/-1 ", 1)
	direction, says, _ := strings.Cut(strings.Replace(says, "/", "-", 1), " ")
	e.Egress, e.Peer = direction == "out", string(raw[strings.LastIndex(string(raw), " ")+1:])
	_, err := fmt.Sscanf(says, "%d %s %s %d-%d from", &e.Number, &e.Action, &e.Protocol, &e.From, &e.To)
	if err != nil {
		return fmt.Errorf("read the entry %q: %w", raw, err)
	}
	return nil
}

func aclEntryOf(listed types.NetworkAclEntry) (aclEntry, error) {
	number, err := kind.Answered(listed.RuleNumber, "DescribeNetworkAcls", "the number of an entry")
	if err != nil {
		return aclEntry{}, err
	}
	e := aclEntry{Number: number, Action: listed.RuleAction, rule: rule{
		Egress: aws.ToBool(listed.Egress), Protocol: named(aws.ToString(listed.Protocol)), From: all, To: all,
		Peer: aws.ToString(listed.CidrBlock) + aws.ToString(listed.Ipv6CidrBlock),
	}}
	ports, kinds := listed.PortRange, listed.IcmpTypeCode
	switch {
	case ports != nil:
		e.From, e.To = aws.ToInt32(ports.From), aws.ToInt32(ports.To)
	case kinds != nil:
		e.From, e.To = aws.ToInt32(kinds.Type), aws.ToInt32(kinds.Code)
	case e.ported():
		return e, fault.New(fault.Invalid, "DescribeNetworkAcls answered the entry %d without its ports", number)
	}
	return e, nil
}

// aclEntries write entries one by one. A number is what tells them apart.
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
		Change: func(ctx context.Context, env control.Env, _, to aclEntry) error {
			in := ec2.ReplaceNetworkAclEntryInput(to.input(env))
			_, err := ec2.NewFromConfig(env.Config).ReplaceNetworkAclEntry(ctx, &in)
			return err
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

// protocols are the numbers that ACLs have for them, by name.
func protocols() map[string]string {
	return map[string]string{icmp: "1", tcp: "6", udp: "17", icmpv6: "58"}
}

// named is a protocol as a rule has it.
func named(number string) string {
	for name, n := range protocols() {
		if n == number {
			return name
		}
	}
	return number
}
