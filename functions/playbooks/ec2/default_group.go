package ec2

import (
	"context"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
)

// defaultName is the name of the group that every VPC has; no other group can have it.
const defaultName = "default"

// usersShown is how many network interfaces a refusal names.
const usersShown = 3

// defaultGroup is the default group of a VPC.
type defaultGroup struct {
	Rules rules
	// UsedBy are network interfaces that use the group. A control writes none of them. They are part of the
	// state, not a reason for Read to fail, so that an undo works after somebody has begun to use the group.
	UsedBy []string
}

// DefaultGroup returns the control that empties the default security group of a VPC.
func DefaultGroup() []control.Control {
	return []control.Control{control.Of[defaultGroup]{
		Info: control.Info{
			ID: "EC2.2",
			Effect: "The default security group of the VPC lets no traffic in or out any more. While a network " +
				"interface uses it, it is left as it is; what is started without a group of its own later is cut off.",
			Fails: control.Fails{
				When: "The default security group of a VPC has an inbound or an outbound rule. Other groups are " +
					"not looked at.",
				Rule: "vpc-default-security-group-closed",
			},
			Impact:  control.ImpactInterrupts,
			Pattern: groupARN, Writes: groupRules,
			Actions: []string{
				"ec2:DescribeNetworkInterfaces", "ec2:DescribeSecurityGroupRules", "ec2:DescribeSecurityGroups",
				"ec2:RevokeSecurityGroupEgress", "ec2:RevokeSecurityGroupIngress",
			},
			UndoActions: []string{
				"ec2:AuthorizeSecurityGroupEgress", "ec2:AuthorizeSecurityGroupIngress", "ec2:CreateTags",
			},
			Narrow: groupAndRules,
		},
		Read:  readDefaultGroup,
		Want:  emptyDefaultGroup,
		Write: writeDefaultGroup,
	}.Control()}
}

func readDefaultGroup(ctx context.Context, env control.Env) (defaultGroup, error) {
	g := openGroup(env)
	described, err := g.describe(ctx)
	if err != nil {
		return defaultGroup{}, err
	}
	if name := aws.ToString(described.GroupName); name != defaultName {
		return defaultGroup{}, fault.New(fault.Refused,
			"%s is the group %q and not the default group of its VPC: this control is about default groups only", g.id, name)
	}
	found, _, err := g.list(ctx)
	if err != nil {
		return defaultGroup{}, err
	}
	users, err := g.users(ctx)
	return defaultGroup{Rules: found, UsedBy: users}, err
}

// users returns a few network interfaces that use the group. A filtered page may be empty though others follow.
func (g group) users(ctx context.Context) ([]string, error) {
	pages := ec2.NewDescribeNetworkInterfacesPaginator(g.client, &ec2.DescribeNetworkInterfacesInput{
		Filters: []types.Filter{{Name: aws.String("group-id"), Values: []string{g.id}}},
	})
	var out []string
	for pages.HasMorePages() && len(out) < usersShown {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		for _, i := range page.NetworkInterfaces {
			out = append(out, aws.ToString(i.NetworkInterfaceId))
		}
	}
	slices.Sort(out)
	return out[:min(len(out), usersShown)], nil
}

func emptyDefaultGroup(now defaultGroup, _ control.Env) (defaultGroup, error) {
	if len(now.Rules) == 0 {
		return now, nil
	}
	if len(now.UsedBy) > 0 {
		return defaultGroup{}, fault.New(fault.Refused,
			"network interfaces use the default security group (%s): give them a group of their own, then try again",
			strings.Join(now.UsedBy, ", "))
	}
	return defaultGroup{}, nil
}

func writeDefaultGroup(ctx context.Context, env control.Env, from, to defaultGroup) error {
	return openGroup(env).write(ctx, from.Rules, to.Rules)
}
