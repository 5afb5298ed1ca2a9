package ec2

import (
	"context"
	"fmt"
	"regexp"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/salve-security/salve/internal/control"
)

// groupARN accepts security groups of every partition.
// groupRules names what all controls of security groups write.
const groupRules = "ec2.security-group.rules"

var groupARN = regexp.MustCompile(`^arn:aws[a-z-]*:ec2:[a-z0-9-]+:\d{12}:security-group/(sg-[0-9a-f]{8,17})$`)

// group is the security group that a run is about.
type group struct {
	client      *ec2.Client
	id, account string
}

func openGroup(env control.Env) group {
	return group{client: ec2.NewFromConfig(env.Config), id: env.Name, account: env.Target.Account}
}

// groupAndRules are the group and, since rules are resources of their own to IAM, any rule. The group stays
// the limit: a call that changes rules must be allowed on their group too.
func groupAndRules(env control.Env) []string {
	t := env.Target
	return []string{
		t.Resource,
		fmt.Sprintf("arn:%s:ec2:%s:%s:security-group-rule/*", t.Partition, t.Region, t.Account),
	}
}

// describe is also how a group that is gone is noticed: the list of its rules would just be empty.
func (g group) describe(ctx context.Context) (types.SecurityGroup, error) {
	out, err := g.client.DescribeSecurityGroups(ctx, &ec2.DescribeSecurityGroupsInput{GroupIds: []string{g.id}})
	if err != nil {
		return types.SecurityGroup{}, err
	}
	if len(out.SecurityGroups) != 1 {
		return types.SecurityGroup{}, fmt.Errorf("EC2 answered %d groups for %s", len(out.SecurityGroups), g.id)
	}
	return out.SecurityGroups[0], nil
}

// list returns the rules of the group, and their ids under the same keys.
func (g group) list(ctx context.Context) (rules, map[string]string, error) {
	found, ids := rules{}, map[string]string{}
	pages := ec2.NewDescribeSecurityGroupRulesPaginator(g.client, &ec2.DescribeSecurityGroupRulesInput{
		Filters: []types.Filter{{Name: aws.String("group-id"), Values: []string{g.id}}},
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, nil, err
		}
		for _, listed := range page.SecurityGroupRules {
			r := ruleOf(listed, g.account)
			found[r.key()] = r
			ids[r.key()] = aws.ToString(listed.SecurityGroupRuleId)
		}
	}
	return found, ids, nil
}

// read returns the rules of a group that exists.
func (g group) read(ctx context.Context) (rules, error) {
	if _, err := g.describe(ctx); err != nil {
		return nil, err
	}
	found, _, err := g.list(ctx)
	return found, err
}

// write makes the rules of to out of those of from. Rules that are in neither stay. What is to stay open gets
// its new rules before the old ones close, so that no connection is refused in between; and when AWS does not
// take the new ones (a group may hold only so many), nothing has been closed yet.
func (g group) write(ctx context.Context, from, to rules) error {
	if _, err := g.describe(ctx); err != nil {
		return err
	}
	now, ids, err := g.list(ctx)
	if err != nil {
		return err
	}
	added, removed, err := steps(now, from, to)
	if err != nil {
		return err
	}
	for _, batch := range batches(added) {
		if err := g.authorize(ctx, batch); err != nil {
			return err
		}
	}
	return g.revoke(ctx, ids, removed)
}

// authorize adds rules of one direction with the same tags.
func (g group) authorize(ctx context.Context, batch []rule) error {
	permissions := make([]types.IpPermission, 0, len(batch))
	for _, r := range batch {
		permissions = append(permissions, r.permission())
	}
	var err error
	if batch[0].Egress {
		_, err = g.client.AuthorizeSecurityGroupEgress(ctx, &ec2.AuthorizeSecurityGroupEgressInput{
			GroupId: &g.id, IpPermissions: permissions, TagSpecifications: batch[0].tagging(),
		})
	} else {
		_, err = g.client.AuthorizeSecurityGroupIngress(ctx, &ec2.AuthorizeSecurityGroupIngressInput{
			GroupId: &g.id, IpPermissions: permissions, TagSpecifications: batch[0].tagging(),
		})
	}
	return err
}

// revoke removes rules by their ids, which name exactly what was read.
func (g group) revoke(ctx context.Context, ids map[string]string, removed []rule) error {
	var in, out []string
	for _, r := range removed {
		if r.Egress {
			out = append(out, ids[r.key()])
			continue
		}
		in = append(in, ids[r.key()])
	}
	if len(in) > 0 {
		_, err := g.client.RevokeSecurityGroupIngress(ctx, &ec2.RevokeSecurityGroupIngressInput{
			GroupId: &g.id, SecurityGroupRuleIds: in,
		})
		if err != nil {
			return err
		}
	}
	if len(out) > 0 {
		_, err := g.client.RevokeSecurityGroupEgress(ctx, &ec2.RevokeSecurityGroupEgressInput{
			GroupId: &g.id, SecurityGroupRuleIds: out,
		})
		return err
	}
	return nil
}

// ruleOf keeps of a rule listed in the account what it takes to make it anew.
func ruleOf(listed types.SecurityGroupRule, account string) rule {
	r := rule{
		Egress: aws.ToBool(listed.IsEgress), Protocol: aws.ToString(listed.IpProtocol),
		From: aws.ToInt32(listed.FromPort), To: aws.ToInt32(listed.ToPort),
		Description: aws.ToString(listed.Description), Tags: map[string]string{},
	}
	for _, cidr := range []*string{listed.CidrIpv4, listed.CidrIpv6, listed.PrefixListId} {
		if cidr != nil {
			r.Peer = *cidr
		}
	}
	if other := listed.ReferencedGroupInfo; other != nil {
		r.Peer = aws.ToString(other.GroupId)
		if owner := aws.ToString(other.UserId); owner != "" && owner != account {
			r.Peer = owner + "/" + r.Peer
		}
	}
	for _, tag := range listed.Tags {
		// Tags of AWS itself cannot be put back by anybody.
		if key := aws.ToString(tag.Key); !strings.HasPrefix(key, "aws:") {
			r.Tags[key] = aws.ToString(tag.Value)
		}
	}
	return r
}
