package ec2_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	playbook "github.com/salve-security/salve/functions/playbooks/ec2"
	"github.com/salve-security/salve/functions/playbooktest"
	"github.com/salve-security/salve/internal/fault"
)

// aclPrefix is what stands before the id of a network ACL.
const aclPrefix = "arn:aws:ec2:" + playbooktest.DefaultRegion + ":" + playbooktest.DefaultAccount + ":network-acl/"

func aclID(resource string) *string { return aws.String(strings.TrimPrefix(resource, aclPrefix)) }

// newACL makes an ACL with entries as entryOf reads them, in the account's default VPC.
func newACL(entries ...string) func(context.Context, *testing.T, aws.Config) string {
	return func(ctx context.Context, t *testing.T, root aws.Config) string {
		client := ec2.NewFromConfig(root)
		in := ec2.DescribeVpcsInput{Filters: filter("is-default", "true")}
		vpcs := playbooktest.Got(client.DescribeVpcs(ctx, &in))(t).Vpcs
		made := playbooktest.Got(client.CreateNetworkAcl(ctx, &ec2.CreateNetworkAclInput{VpcId: vpcs[0].VpcId}))(t)
		resource := aclPrefix + *made.NetworkAcl.NetworkAclId
		for _, entry := range entries {
			enter(ctx, t, root, resource, entry)
		}
		return resource
	}
}

// entryOf reads "in 100 allow 6 22-22 0.0.0.0/0": direction, number, action, protocol, ports or type and code, peer.
func entryOf(t *testing.T, text string) types.NetworkAclEntry {
	words, number, from, to := strings.Fields(text), int32(0), int32(0), int32(0)
	playbooktest.Got(fmt.Sscanf(words[1]+" "+words[4], "%d %d-%d", &number, &from, &to))(t)
	e := types.NetworkAclEntry{
		Egress: aws.Bool(words[0] == "out"), RuleNumber: &number, RuleAction: types.RuleAction(words[2]), Protocol: &words[3],
	}
	switch words[3] {
	case "6", "17":
		e.PortRange = &types.PortRange{From: &from, To: &to}
	case "1", "58":
		e.IcmpTypeCode = &types.IcmpTypeCode{Type: &from, Code: &to}
	}
	if strings.Contains(words[5], ":") {
		e.Ipv6CidrBlock = &words[5]
	} else {
		e.CidrBlock = &words[5]
	}
	return e
}

func enter(ctx context.Context, t *testing.T, root aws.Config, resource, text string) {
	e := entryOf(t, text)
	playbooktest.Got(ec2.NewFromConfig(root).CreateNetworkAclEntry(ctx, &ec2.CreateNetworkAclEntryInput{
		NetworkAclId: aclID(resource), Egress: e.Egress, RuleNumber: e.RuleNumber, RuleAction: e.RuleAction,
		Protocol: e.Protocol, CidrBlock: e.CidrBlock, Ipv6CidrBlock: e.Ipv6CidrBlock, PortRange: e.PortRange,
		IcmpTypeCode: e.IcmpTypeCode,
	}))(t)
}

// entered are the entries of an ACL as another client sees them, in the order of directions and numbers.
func entered(ctx context.Context, t *testing.T, root aws.Config, resource string) []types.NetworkAclEntry {
	in := ec2.DescribeNetworkAclsInput{NetworkAclIds: []string{*aclID(resource)}}
	all := playbooktest.Got(ec2.NewFromConfig(root).DescribeNetworkAcls(ctx, &in))(t).NetworkAcls[0].Entries
	place := func(e types.NetworkAclEntry) string { return fmt.Sprintf("%t %d", *e.Egress, *e.RuleNumber) }
	slices.SortFunc(all, func(a, b types.NetworkAclEntry) int { return strings.Compare(place(a), place(b)) })
	return all
}

func deleteACL(ctx context.Context, t *testing.T, root aws.Config, resource string) {
	in := ec2.DeleteNetworkAclInput{NetworkAclId: aclID(resource)}
	playbooktest.Got(ec2.NewFromConfig(root).DeleteNetworkAcl(ctx, &in))(t)
}

func TestNetworkACL(t *testing.T) {
	playbooktest.Run(t, playbooktest.Suite{
		Control: playbooktest.Pick(t, playbook.NetworkACL(), "EC2.21"),
		Seed: newACL("in 100 allow 6 22-22 0.0.0.0/0", "in 110 allow 17 3380-3390 ::/0", "in 200 allow 1 8--1 0.0.0.0/0",
			"out 100 allow -1 0-0 0.0.0.0/0"),
		Foreign: []string{"acl-0123456789abcdef0", aclPrefix + "*", aclPrefix + "aclassoc-0123456789abcdef0"},
		Observe: func(ctx context.Context, t *testing.T, root aws.Config, resource string) any {
			return entered(ctx, t, root, resource)
		},
		Disturb: func(ctx context.Context, t *testing.T, root aws.Config, resource string) {
			in := ec2.DeleteNetworkAclEntryInput{
				NetworkAclId: aclID(resource), RuleNumber: aws.Int32(110), Egress: aws.Bool(false),
			}
			playbooktest.Got(ec2.NewFromConfig(root).DeleteNetworkAclEntry(ctx, &in))(t)
			enter(ctx, t, root, resource, "in 110 allow 6 443-443 0.0.0.0/0")
		},
		DisturbFact: func(context.Context, *testing.T, aws.Config, string) {},
		Unrelated: func(ctx context.Context, t *testing.T, root aws.Config, resource string) {
			enter(ctx, t, root, resource, "in 300 deny 6 25-25 0.0.0.0/0")
		},
		Delete: deleteACL,
		Skip:   map[string]string{playbooktest.CaseFacts: "whether an ACL is the default one never changes"},
	})
}

// A range and all traffic keep their allowed parts, in their place among the entries.
func TestWhatAnACLStillAllows(t *testing.T) {
	c := playbooktest.Pick(t, playbook.NetworkACL(), "EC2.21")
	answers := acl(t, false,
		"in 100 allow 6 0-65535 0.0.0.0/0", "in 103 deny 6 80-80 0.0.0.0/0", "in 200 allow -1 0-0 ::/0")
	env := playbooktest.Env(t, c, aclPrefix+"acl-0123456789abcdef0", playbooktest.Unplugged(), answers)
	playbooktest.Planned(t, c, env, ""+
		`  ~ Entries.in 100: "in 100 allow tcp 0-65535 from 0.0.0.0/0" → "in 100 allow tcp 0-21 from 0.0.0.0/0"
  ~ Entries.in 101: none → "in 101 allow tcp 23-3388 from 0.0.0.0/0"
  ~ Entries.in 102: none → "in 102 allow tcp 3390-65535 from 0.0.0.0/0"
  ~ Entries.in 200: "in 200 allow all from ::/0" → "in 200 allow tcp 0-21 from ::/0"
  ~ Entries.in 201: none → "in 201 allow tcp 23-3388 from ::/0"
  ~ Entries.in 202: none → "in 202 allow tcp 3390-65535 from ::/0"
  ~ Entries.in 203: none → "in 203 allow udp 0-21 from ::/0"
  ~ Entries.in 204: none → "in 204 allow udp 23-3388 from ::/0"
  ~ Entries.in 205: none → "in 205 allow udp 3390-65535 from ::/0"
  ~ Entries.in 206: none → "in 206 allow icmpv6 -1/-1 from ::/0"
`)
}

func acl(t *testing.T, standard bool, entries ...string) playbooktest.StandIn {
	one := types.NetworkAcl{IsDefault: &standard}
	for _, e := range entries {
		one.Entries = append(one.Entries, entryOf(t, e))
	}
	return playbooktest.Answers(&ec2.DescribeNetworkAclsOutput{NetworkAcls: []types.NetworkAcl{one}})
}

func TestNetworkACLFailsWhereAWSDoes(t *testing.T) {
	c, shapes := playbooktest.Pick(t, playbook.NetworkACL(), "EC2.21"), map[string]playbooktest.Shape{}
	for entry, fails := range map[string]bool{
		"in 100 allow 6 22-22 0.0.0.0/0": true, "in 100 allow 6 22-22 ::/0": true, "in 100 allow 6 3389-3389 0.0.0.0/0": true,
		"in 100 allow 17 3389-3389 ::/0": true, "in 100 allow 6 1024-65535 0.0.0.0/0": true,
		"in 100 allow -1 0-0 0.0.0.0/0": true, "in 100 allow -1 0-0 ::/0": true, "in 100 allow 6 23-3388 0.0.0.0/0": false,
		"in 100 allow 6 22-22 10.0.0.0/8": false, "in 100 deny 6 22-22 0.0.0.0/0": false,
		"out 100 allow 6 22-22 0.0.0.0/0": false,
		"in 100 allow 1 -1--1 0.0.0.0/0":  false, "in 100 allow 50 0-0 0.0.0.0/0": false,
	} {
		shapes[entry] = playbooktest.Shape{Answers: acl(t, false, entry, "in 32767 deny -1 0-0 0.0.0.0/0"), Fails: fails}
		shapes[entry+", default"] = playbooktest.Shape{Answers: acl(t, true, entry)}
	}
	shapes["before it is denied"] = playbooktest.Shape{
		Fails: true, Answers: acl(t, false, "in 90 deny 6 22-22 0.0.0.0/0", "in 100 allow 6 22-22 0.0.0.0/0"),
	}
	shapes["no number is free"] = playbooktest.Shape{
		Class: fault.Refused, Words: []string{"number 101 is taken"},
		Answers: acl(t, false, "in 100 allow 6 0-80 0.0.0.0/0", "in 101 allow 6 0-80 0.0.0.0/0"),
	}
	shapes["without ports"] = playbooktest.Shape{Class: fault.Invalid, Answers: playbooktest.Answers(
		&ec2.DescribeNetworkAclsOutput{NetworkAcls: []types.NetworkAcl{{
			IsDefault: aws.Bool(false),
			Entries:   []types.NetworkAclEntry{{RuleNumber: aws.Int32(1), Protocol: aws.String("6")}},
		}}})}
	shapes["nothing"] = playbooktest.Shape{
		Class: fault.Invalid, Answers: playbooktest.Answers(&ec2.DescribeNetworkAclsOutput{}),
	}
	playbooktest.Judged(t, c, aclPrefix+"acl-0123456789abcdef0", shapes)
}
