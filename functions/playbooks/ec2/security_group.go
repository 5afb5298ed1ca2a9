package ec2

import (
	"context"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/kind"
)

// writesRules names what all controls of security groups write.
const writesRules = "ec2.security-group.rules"

// groupARN accepts security groups of every partition.
var groupARN = regexp.MustCompile(`^arn:aws[a-z-]*:ec2:[a-z0-9-]+:\d{12}:security-group/(sg-[0-9a-f]{8,17})$`)

// groupAndRules are the group and, since rules are resources of their own to IAM, any rule. The group stays
// the limit: a call that changes rules must be allowed on their group too.
func groupAndRules(env control.Env) []string {
	return []string{env.Target.Resource, env.Target.ARN("ec2", "security-group-rule/*")}
}

// groupRules are the rules of the run's group as entries, for those who say which offend. What is to stay open
// has its new rules before the old ones close, so that no connection is refused in between; and when AWS does not
// take the new ones (a group may hold only so many), nothing has been closed yet. The first of the new rules takes
// the place of the old one, so that a group that is full needs no room for it. Groups of another name than only
// are refused, unless it is empty.
func groupRules(only string) kind.Entries[rule] {
	list := func(ctx context.Context, env control.Env) ([]rule, error) {
		// This is also how a group that is gone is noticed: the list of its rules would just be empty.
		out, err := ec2.NewFromConfig(env.Config).DescribeSecurityGroups(ctx, &ec2.DescribeSecurityGroupsInput{
			GroupIds: []string{env.Name},
		})
		if err != nil {
			return nil, err
		}
		if len(out.SecurityGroups) != 1 {
			return nil, fmt.Errorf("EC2 answered %d groups for %s", len(out.SecurityGroups), env.Name)
		}
		if name := aws.ToString(out.SecurityGroups[0].GroupName); only != "" && name != only {
			return nil, fault.New(fault.Refused, "%s is the group %q and not the %s group of its VPC: "+
				"this control is about %s groups only", env.Name, name, only, only)
		}
		return rulesOf(ctx, env)
	}
	return kind.Entries[rule]{
		Key: rule.key, List: list, Add: authorize, Remove: revoke, Move: modify, Movable: movable,
	}
}

// ofGroup finds what belongs to the run's group.
func ofGroup(env control.Env) []types.Filter {
	return []types.Filter{{Name: aws.String("group-id"), Values: []string{env.Name}}}
}

func rulesOf(ctx context.Context, env control.Env) ([]rule, error) {
	var found []rule
	pages := ec2.NewDescribeSecurityGroupRulesPaginator(ec2.NewFromConfig(env.Config),
		&ec2.DescribeSecurityGroupRulesInput{Filters: ofGroup(env)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		for _, listed := range page.SecurityGroupRules {
			found = append(found, ruleOf(listed, env.Target.Account))
		}
	}
	return found, nil
}

// authorize adds rules: those of one direction and one set of tags in one call, which takes no more.
func authorize(ctx context.Context, env control.Env, added []rule) error {
	client, batches := ec2.NewFromConfig(env.Config), map[string][]rule{}
	for _, r := range added {
		call := fmt.Sprintf("%t %s", r.Egress, r.tagged())
		batches[call] = append(batches[call], r)
	}
	for _, call := range slices.Sorted(maps.Keys(batches)) {
		var permissions []types.IpPermission
		for _, r := range batches[call] {
			permissions = append(permissions, r.permission())
		}
		var err error
		if one := batches[call][0]; one.Egress {
			_, err = client.AuthorizeSecurityGroupEgress(ctx, &ec2.AuthorizeSecurityGroupEgressInput{
				GroupId: &env.Name, IpPermissions: permissions, TagSpecifications: one.tagging(),
			})
		} else {
			_, err = client.AuthorizeSecurityGroupIngress(ctx, &ec2.AuthorizeSecurityGroupIngressInput{
				GroupId: &env.Name, IpPermissions: permissions, TagSpecifications: one.tagging(),
			})
		}
		if err != nil {
			return tooMany(ctx, env, batches[call], err)
		}
	}
	return nil
}

// revoke removes rules by their ids, which name exactly what was read.
func revoke(ctx context.Context, env control.Env, removed []rule) error {
	client, ids := ec2.NewFromConfig(env.Config), map[bool][]string{} // by whether they are of traffic out
	for _, r := range removed {
		ids[r.Egress] = append(ids[r.Egress], r.ID)
	}
	if in := ids[false]; len(in) > 0 {
		_, err := client.RevokeSecurityGroupIngress(ctx, &ec2.RevokeSecurityGroupIngressInput{
			GroupId: &env.Name, SecurityGroupRuleIds: in,
		})
		if err != nil {
			return err
		}
	}
	if out := ids[true]; len(out) > 0 {
		_, err := client.RevokeSecurityGroupEgress(ctx, &ec2.RevokeSecurityGroupEgressInput{
			GroupId: &env.Name, SecurityGroupRuleIds: out,
		})
		return err
	}
	return nil
}

// ruleOf keeps of a rule listed in the account what it takes to make it anew.
func ruleOf(listed types.SecurityGroupRule, account string) rule {
	r := rule{
		ID:     aws.ToString(listed.SecurityGroupRuleId),
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
			r.tag(key, aws.ToString(tag.Value))
		}
	}
	return r
}
