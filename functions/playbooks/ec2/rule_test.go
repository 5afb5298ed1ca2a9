package ec2

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/smithy-go/document"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// What AWS lists, how people read it, and what puts it back. The lab knows neither groups of other accounts nor
// descriptions of such rules, so they are here.
func TestRule(t *testing.T) {
	const own, foreign = "222222222222", "333333333333"
	anybody, anybody6, group, list, why := aws.String("0.0.0.0/0"), aws.String("::/0"), aws.String("sg-1"),
		aws.String("pl-1"), aws.String("why")
	peer := func(account string) *types.ReferencedSecurityGroup {
		return &types.ReferencedSecurityGroup{GroupId: group, UserId: &account}
	}
	// Tags that AWS sets itself cannot be put back: a call that tried would fail as a whole.
	ours := types.Tag{Key: aws.String("team"), Value: aws.String("ops")}
	tags := []types.Tag{{Key: aws.String("aws:cloudformation:stack-name"), Value: aws.String("net")}, ours}
	for key, tc := range map[string]struct {
		protocol string
		from, to int32
		listed   types.SecurityGroupRule
		back     types.IpPermission // protocol and ports are the listed ones
	}{
		"in tcp 0-22 from 0.0.0.0/0": {
			"tcp", 0, 22,
			types.SecurityGroupRule{CidrIpv4: anybody, Description: why},
			types.IpPermission{IpRanges: []types.IpRange{{CidrIp: anybody, Description: why}}},
		},
		"out udp 53 to ::/0": {
			"udp", 53, 53,
			types.SecurityGroupRule{CidrIpv6: anybody6, IsEgress: aws.Bool(true)},
			types.IpPermission{Ipv6Ranges: []types.Ipv6Range{{CidrIpv6: anybody6}}},
		},
		"in tcp 80 from sg-1": { // the group itself
			"tcp", 80, 80,
			types.SecurityGroupRule{Description: why, ReferencedGroupInfo: peer(own)},
			types.IpPermission{UserIdGroupPairs: []types.UserIdGroupPair{{GroupId: group, Description: why}}},
		},
		"in 50 from 333333333333/sg-1": { // a group of another account
			"50", -1, -1,
			types.SecurityGroupRule{ReferencedGroupInfo: peer(foreign)},
			types.IpPermission{UserIdGroupPairs: []types.UserIdGroupPair{{GroupId: group, UserId: aws.String(foreign)}}},
		},
		"in icmp type 8 code -1 from pl-1": {
			"icmp", 8, -1,
			types.SecurityGroupRule{PrefixListId: list, Description: why},
			types.IpPermission{PrefixListIds: []types.PrefixListId{{PrefixListId: list, Description: why}}},
		},
		// AWS lists ports of a rule for all traffic, and refuses or ignores them in a call.
		"in all from sg-1": {
			"-1", -1, -1,
			types.SecurityGroupRule{ReferencedGroupInfo: peer("")},
			types.IpPermission{UserIdGroupPairs: []types.UserIdGroupPair{{GroupId: group}}},
		},
	} {
		t.Run(key, func(t *testing.T) {
			tc.listed.IpProtocol, tc.listed.FromPort, tc.listed.ToPort = &tc.protocol, &tc.from, &tc.to
			if tc.back.IpProtocol = &tc.protocol; tc.protocol != "-1" {
				tc.back.FromPort, tc.back.ToPort = &tc.from, &tc.to
			}
			tc.listed.Tags = tags
			r := ruleOf(tc.listed, own)
			same(t, "key", key, r.key())
			same(t, "permission", tc.back, r.permission())
			same(t, "tags", []types.Tag{ours}, r.tagging()[0].Tags)
		})
	}
}

func same[V any](t *testing.T, what string, want, got V) {
	t.Helper()
	if d := cmp.Diff(want, got, cmpopts.IgnoreTypes(document.NoSerde{})); d != "" {
		t.Errorf("%s (-want +got):\n%s", what, d)
	}
}
