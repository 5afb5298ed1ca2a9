package ec2

import (
	"context"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
)

// defaultName is the name of the group that every VPC has; no other group can have it.
const defaultName = "default"

// usersShown is how many network interfaces a refusal names.
const usersShown = 3

// defaultGroup is the default group of a VPC.
type defaultGroup struct {
	Rules map[string]rule // by their keys
	// UsedBy are network interfaces that use the group. They are no reason for Read to fail, so that an undo works
	// after somebody has begun to use the group.
	UsedBy []string `salve:"fact"`
}

// DefaultGroup returns the control that empties the default security group of a VPC.
func DefaultGroup() []control.Control {
	rules := groupRules(defaultName)
	return []control.Control{control.Of[defaultGroup]{
		Info: control.Info{
			ID: "EC2.2",
			Effect: "The default security group of the VPC lets no traffic in or out any more. While a network " +
				"interface uses it, it is left as it is; what is started without a group of its own later is cut off.",
			Fails: control.Fails{
				When: "The default security group of a VPC has an inbound or an outbound rule, of whatever kind and " +
					"whether the group is in use or not. Other groups are not looked at.",
				Rule: "vpc-default-security-group-closed",
			},
			Impact:  control.ImpactInterrupts,
			Pattern: groupARN, Writes: writesRules,
			Actions: []string{
				"ec2:DescribeNetworkInterfaces", "ec2:DescribeSecurityGroupRules", "ec2:DescribeSecurityGroups",
				"ec2:RevokeSecurityGroupEgress", "ec2:RevokeSecurityGroupIngress",
			},
			UndoActions: []string{
				"ec2:AuthorizeSecurityGroupEgress", "ec2:AuthorizeSecurityGroupIngress", "ec2:CreateTags",
			},
			Narrow: groupAndRules,
		},
		Read: func(ctx context.Context, env control.Env) (defaultGroup, error) {
			found, err := rules.Read(ctx, env)
			if err != nil {
				return defaultGroup{}, err
			}
			users, err := usersOf(ctx, env)
			return defaultGroup{found, users}, err
		},
		Want: emptyDefaultGroup,
		Write: func(ctx context.Context, env control.Env, from, to defaultGroup) error {
			return rules.Write(ctx, env, from.Rules, to.Rules)
		},
	}.Control()}
}

// usersOf returns a few network interfaces that use the group. A filtered page may be empty though others follow.
func usersOf(ctx context.Context, env control.Env) ([]string, error) {
	pages := ec2.NewDescribeNetworkInterfacesPaginator(ec2.NewFromConfig(env.Config),
		&ec2.DescribeNetworkInterfacesInput{Filters: ofGroup(env)})
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
	if len(now.Rules) > 0 && len(now.UsedBy) > 0 {
		return now, fault.New(fault.Refused,
			"network interfaces use the default security group (%s): give them a group of their own, then try again",
			strings.Join(now.UsedBy, ", "))
	}
	return defaultGroup{}, nil
}
