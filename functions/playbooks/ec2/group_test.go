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
	"github.com/salve-security/salve/internal/control"
)

// arnPrefix is what stands before the id of a security group.
const arnPrefix = "arn:aws:ec2:" + playbooktest.DefaultRegion + ":" + playbooktest.DefaultAccount + ":security-group/"

func target(resource string) control.Target {
	return control.Target{
		Account: playbooktest.DefaultAccount, Region: playbooktest.DefaultRegion, Partition: "aws", Resource: resource,
	}
}

// must fails the test when a call of the test's own does not succeed.
func must(t *testing.T) func(_ any, err error) {
	t.Helper()
	return func(_ any, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
}

// open is an inbound rule as a test writes it.
type open struct {
	protocol    string
	from, to    int32
	cidr        string
	description string
	team        string // a tag
}

func opened(protocol string, from, to int32, cidr, description string) open {
	return open{protocol: protocol, from: from, to: to, cidr: cidr, description: description}
}

// newGroup makes a group with the rules and returns its ARN.
func newGroup(seed ...open) func(context.Context, *testing.T, aws.Config) string {
	return func(ctx context.Context, t *testing.T, root aws.Config) string {
		t.Helper()
		made, err := ec2.NewFromConfig(root).CreateSecurityGroup(ctx, &ec2.CreateSecurityGroupInput{
			GroupName: aws.String("suite-" + strings.ToLower(rand.Text())), Description: aws.String("suite"),
		})
		must(t)(made, err)
		resource := arnPrefix + *made.GroupId
		for _, o := range seed {
			allow(ctx, t, root, resource, o)
		}
		return resource
	}
}

func groupID(resource string) *string { return aws.String(strings.TrimPrefix(resource, arnPrefix)) }

// allow adds an inbound rule.
func allow(ctx context.Context, t *testing.T, root aws.Config, resource string, o open) {
	t.Helper()
	must(t)(ec2.NewFromConfig(root).AuthorizeSecurityGroupIngress(ctx, &ec2.AuthorizeSecurityGroupIngressInput{
		GroupId: groupID(resource), IpPermissions: []types.IpPermission{permission(o)}, TagSpecifications: tagged(o.team),
	}))
}

func permission(o open) types.IpPermission {
	p := types.IpPermission{IpProtocol: &o.protocol, FromPort: &o.from, ToPort: &o.to}
	if strings.Contains(o.cidr, ":") {
		p.Ipv6Ranges = []types.Ipv6Range{{CidrIpv6: &o.cidr, Description: &o.description}}
	} else {
		p.IpRanges = []types.IpRange{{CidrIp: &o.cidr, Description: &o.description}}
	}
	return p
}

func tagged(team string) []types.TagSpecification {
	if team == "" {
		return nil
	}
	return []types.TagSpecification{{
		ResourceType: types.ResourceTypeSecurityGroupRule,
		Tags:         []types.Tag{{Key: aws.String("team"), Value: &team}},
	}}
}

// redescribe is somebody who makes the rule anew with another description, whether it is there or not.
func redescribe(o open) playbooktest.Act {
	return func(ctx context.Context, t *testing.T, root aws.Config, resource string) {
		t.Helper()
		client := ec2.NewFromConfig(root)
		for _, r := range listRules(ctx, t, root, resource) {
			if !aws.ToBool(r.IsEgress) && aws.ToString(r.CidrIpv4) == o.cidr && aws.ToInt32(r.FromPort) == o.from {
				must(t)(client.RevokeSecurityGroupIngress(ctx, &ec2.RevokeSecurityGroupIngressInput{
					GroupId: groupID(resource), SecurityGroupRuleIds: []string{*r.SecurityGroupRuleId},
				}))
			}
		}
		o.description = "reopened by hand"
		allow(ctx, t, root, resource, o)
	}
}

// allowNTP is a change that no control here is about.
func allowNTP(ctx context.Context, t *testing.T, root aws.Config, resource string) {
	t.Helper()
	allow(ctx, t, root, resource, open{protocol: "udp", from: 123, to: 123, cidr: "10.9.0.0/16", description: "clocks"})
}

func deleteGroup(ctx context.Context, t *testing.T, root aws.Config, resource string) {
	t.Helper()
	must(t)(ec2.NewFromConfig(root).DeleteSecurityGroup(ctx, &ec2.DeleteSecurityGroupInput{GroupId: groupID(resource)}))
}

func listRules(ctx context.Context, t *testing.T, root aws.Config, resource string) []types.SecurityGroupRule {
	t.Helper()
	out, err := ec2.NewFromConfig(root).DescribeSecurityGroupRules(ctx, &ec2.DescribeSecurityGroupRulesInput{
		Filters: []types.Filter{{Name: aws.String("group-id"), Values: []string{*groupID(resource)}}},
	})
	must(t)(out, err)
	return out.SecurityGroupRules
}

// observeRules writes each rule as a line, without ids, which no undo can bring back.
func observeRules(ctx context.Context, t *testing.T, root aws.Config, resource string) any {
	t.Helper()
	return strings.Join(lines(ctx, t, root, resource), "\n")
}

func lines(ctx context.Context, t *testing.T, root aws.Config, resource string) []string {
	t.Helper()
	var out []string
	for _, r := range listRules(ctx, t, root, resource) {
		peer := aws.ToString(cmp.Or(r.CidrIpv4, r.CidrIpv6, r.PrefixListId))
		if r.ReferencedGroupInfo != nil {
			peer = "a group" // its id would name the resource
		}
		tags := map[string]string{}
		for _, tag := range r.Tags {
			tags[*tag.Key] = *tag.Value
		}
		direction := "in"
		if aws.ToBool(r.IsEgress) {
			direction = "out"
		}
		line := fmt.Sprintf("%s %s %d-%d %s %s", direction, aws.ToString(r.IpProtocol), aws.ToInt32(r.FromPort),
			aws.ToInt32(r.ToPort), peer, aws.ToString(r.Description))
		for _, key := range slices.Sorted(maps.Keys(tags)) {
			line += " " + key + "=" + tags[key]
		}
		out = append(out, strings.TrimSpace(line))
	}
	slices.Sort(out)
	return out
}
