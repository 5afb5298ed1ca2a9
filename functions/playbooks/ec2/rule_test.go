package ec2

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// What AWS lists, how people read it, and what puts it back. The lab knows neither groups of other accounts nor
// descriptions of such rules, so they are here.
func TestRule(t *testing.T) {
	const own, foreign = "222222222222", "333333333333"
	text := aws.String("why")
	for name, tc := range map[string]struct {
		protocol string
		from, to int32
		listed   types.SecurityGroupRule
		key      string
		back     types.IpPermission // protocol and ports are the listed ones
	}{
		"IPv4": {
			"tcp", 0, 22,
			types.SecurityGroupRule{CidrIpv4: aws.String("0.0.0.0/0"), Description: text},
			"in tcp 0-22 from 0.0.0.0/0",
			types.IpPermission{IpRanges: []types.IpRange{{CidrIp: aws.String("0.0.0.0/0"), Description: text}}},
		},
		"IPv6, out": {
			"udp", 53, 53,
			types.SecurityGroupRule{CidrIpv6: aws.String("::/0"), IsEgress: aws.Bool(true)},
			"out udp 53 to ::/0",
			types.IpPermission{Ipv6Ranges: []types.Ipv6Range{{CidrIpv6: aws.String("::/0")}}},
		},
		"from the group itself": {
			"tcp", 80, 80,
			types.SecurityGroupRule{Description: text, ReferencedGroupInfo: peer(own)},
			"in tcp 80 from sg-1",
			types.IpPermission{UserIdGroupPairs: []types.UserIdGroupPair{{GroupId: aws.String("sg-1"), Description: text}}},
		},
		"group of another account": {
			"50", -1, -1,
			types.SecurityGroupRule{ReferencedGroupInfo: peer(foreign)},
			"in 50 from 333333333333/sg-1",
			types.IpPermission{UserIdGroupPairs: []types.UserIdGroupPair{
				{GroupId: aws.String("sg-1"), UserId: aws.String(foreign)},
			}},
		},
		"prefix list": {
			"icmp", 8, -1,
			types.SecurityGroupRule{PrefixListId: aws.String("pl-1"), Description: text},
			"in icmp type 8 code -1 from pl-1",
			types.IpPermission{PrefixListIds: []types.PrefixListId{{PrefixListId: aws.String("pl-1"), Description: text}}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			tc.listed.IpProtocol, tc.listed.FromPort, tc.listed.ToPort = &tc.protocol, &tc.from, &tc.to
			tc.back.IpProtocol, tc.back.FromPort, tc.back.ToPort = &tc.protocol, &tc.from, &tc.to
			r := ruleOf(tc.listed, own)
			if r.key() != tc.key {
				t.Errorf("key %q, want %q", r.key(), tc.key)
			}
			if d := cmp.Diff(tc.back, r.permission(), ignoreDocument()); d != "" {
				t.Errorf("permission (-want +got):\n%s", d)
			}
		})
	}
}

func peer(account string) *types.ReferencedSecurityGroup {
	return &types.ReferencedSecurityGroup{GroupId: aws.String("sg-1"), UserId: &account}
}

// AWS lists ports of a rule for all traffic, and refuses or ignores them in a call.
func TestAllTrafficHasNoPorts(t *testing.T) {
	r := ruleOf(types.SecurityGroupRule{
		IpProtocol: aws.String("-1"), FromPort: aws.Int32(-1), ToPort: aws.Int32(-1), ReferencedGroupInfo: peer(""),
	}, "222222222222")
	want := types.IpPermission{
		IpProtocol: aws.String("-1"), UserIdGroupPairs: []types.UserIdGroupPair{{GroupId: aws.String("sg-1")}},
	}
	if d := cmp.Diff(want, r.permission(), ignoreDocument()); d != "" || r.key() != "in all from sg-1" {
		t.Errorf("key %q, permission (-want +got):\n%s", r.key(), d)
	}
}

// Tags that AWS sets itself cannot be put back: a call that tried would fail as a whole.
func TestTagsOfAWSAreNotOurs(t *testing.T) {
	r := ruleOf(types.SecurityGroupRule{Tags: []types.Tag{
		{Key: aws.String("aws:cloudformation:stack-name"), Value: aws.String("net")},
		{Key: aws.String("team"), Value: aws.String("ops")},
	}}, "222222222222")
	want := []types.TagSpecification{{
		ResourceType: types.ResourceTypeSecurityGroupRule,
		Tags:         []types.Tag{{Key: aws.String("team"), Value: aws.String("ops")}},
	}}
	if d := cmp.Diff(want, r.tagging(), ignoreDocument()); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}

// ignoreDocument leaves out the unexported field of the SDK's types.
func ignoreDocument() cmp.Option {
	return cmpopts.IgnoreUnexported(types.IpPermission{}, types.IpRange{}, types.Ipv6Range{}, types.PrefixListId{},
		types.Tag{}, types.TagSpecification{}, types.UserIdGroupPair{})
}
