package ec2_test

import (
	"cmp"
	"context"
	"crypto/rand"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/salve-security/salve/functions/playbooktest"
)

// arnPrefix is what stands before the id of a security group.
const arnPrefix = "arn:aws:ec2:" + playbooktest.DefaultRegion + ":" + playbooktest.DefaultAccount + ":security-group/"

func groupID(resource string) *string { return aws.String(strings.TrimPrefix(resource, arnPrefix)) }

// newGroup makes a group with rules as allow takes them, and returns its ARN.
func newGroup(rules ...string) func(context.Context, *testing.T, aws.Config) string {
	return func(ctx context.Context, t *testing.T, root aws.Config) string {
		made := playbooktest.Got(ec2.NewFromConfig(root).CreateSecurityGroup(ctx, &ec2.CreateSecurityGroupInput{
			GroupName: aws.String("suite-" + strings.ToLower(rand.Text())), Description: aws.String("suite"),
		}))(t)
		resource := arnPrefix + *made.GroupId
		allow(ctx, t, root, resource, rules...)
		return resource
	}
}

// allow adds rules: direction, protocol, ports, peer, then a description of one word and a tag, which both may lack.
// So observeRules shows them. The peer "group" is the group itself.
func allow(ctx context.Context, t *testing.T, root aws.Config, resource string, rules ...string) {
	client, id := ec2.NewFromConfig(root), groupID(resource)
	for _, rule := range rules {
		words := strings.Fields(rule)
		p := types.IpPermission{IpProtocol: &words[1], FromPort: new(int32), ToPort: new(int32)}
		playbooktest.Got(fmt.Sscanf(words[2], "%d-%d", p.FromPort, p.ToPort))(t)
		var description *string
		var tags []types.TagSpecification
		for _, word := range words[4:] {
			if key, value, tag := strings.Cut(word, "="); tag {
				tags = []types.TagSpecification{{
					ResourceType: types.ResourceTypeSecurityGroupRule, Tags: []types.Tag{{Key: &key, Value: &value}},
				}}
				continue
			}
			description = &word
		}
		switch peer := &words[3]; {
		case *peer == "group":
			p.UserIdGroupPairs = []types.UserIdGroupPair{{GroupId: id}}
		case strings.HasPrefix(*peer, "sg-"):
			p.UserIdGroupPairs = []types.UserIdGroupPair{{GroupId: peer, Description: description}}
		case strings.HasPrefix(*peer, "pl-"):
			p.PrefixListIds = []types.PrefixListId{{PrefixListId: peer, Description: description}}
		case strings.Contains(*peer, ":"):
			p.Ipv6Ranges = []types.Ipv6Range{{CidrIpv6: peer, Description: description}}
		default:
			p.IpRanges = []types.IpRange{{CidrIp: peer, Description: description}}
		}
		var err error
		if all := []types.IpPermission{p}; words[0] == "in" {
			_, err = client.AuthorizeSecurityGroupIngress(ctx, &ec2.AuthorizeSecurityGroupIngressInput{
				GroupId: id, IpPermissions: all, TagSpecifications: tags,
			})
		} else {
			_, err = client.AuthorizeSecurityGroupEgress(ctx, &ec2.AuthorizeSecurityGroupEgressInput{
				GroupId: id, IpPermissions: all, TagSpecifications: tags,
			})
		}
		playbooktest.Done(t, err)
	}
}

// allowNTP is a change that no control here is about.
func allowNTP(ctx context.Context, t *testing.T, root aws.Config, resource string) {
	allow(ctx, t, root, resource, "in udp 123-123 10.9.0.0/16 clocks")
}

// reopen is somebody who makes an inbound rule anew with another description, whether it is there or not.
func reopen(rule string) playbooktest.Act {
	return func(ctx context.Context, t *testing.T, root aws.Config, resource string) {
		for shown, id := range listed(ctx, t, root, resource) {
			if !strings.HasPrefix(shown, rule) {
				continue
			}
			in := ec2.RevokeSecurityGroupIngressInput{GroupId: groupID(resource), SecurityGroupRuleIds: []string{id}}
			playbooktest.Got(ec2.NewFromConfig(root).RevokeSecurityGroupIngress(ctx, &in))(t)
		}
		allow(ctx, t, root, resource, rule+" reopened")
	}
}

// observeRules leaves out ids, which no undo can bring back.
func observeRules(ctx context.Context, t *testing.T, root aws.Config, resource string) any {
	return slices.Sorted(maps.Keys(listed(ctx, t, root, resource)))
}

// listed are the ids of a group's rules by what another client sees of them.
func listed(ctx context.Context, t *testing.T, root aws.Config, resource string) map[string]string {
	client, out := ec2.NewFromConfig(root), map[string]string{}
	in := ec2.DescribeSecurityGroupRulesInput{Filters: filter("group-id", *groupID(resource))}
	for _, r := range playbooktest.Got(client.DescribeSecurityGroupRules(ctx, &in))(t).SecurityGroupRules {
		peer := aws.ToString(cmp.Or(r.CidrIpv4, r.CidrIpv6, r.PrefixListId))
		if r.ReferencedGroupInfo != nil {
			peer = "group" // its id would name the resource
		}
		direction := map[bool]string{true: "out", false: "in"}[aws.ToBool(r.IsEgress)]
		shown := fmt.Sprintf("%s %s %d-%d %s %s", direction, aws.ToString(r.IpProtocol), aws.ToInt32(r.FromPort),
			aws.ToInt32(r.ToPort), peer, aws.ToString(r.Description))
		for _, tag := range r.Tags {
			shown = strings.TrimSpace(shown) + " " + *tag.Key + "=" + *tag.Value
		}
		out[strings.TrimSpace(shown)] = *r.SecurityGroupRuleId
	}
	return out
}

func filter(name, value string) []types.Filter {
	return []types.Filter{{Name: &name, Values: []string{value}}}
}
