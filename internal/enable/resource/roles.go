package resource

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/salve-security/salve/internal/enable"
	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/names"
)

// Roles opens the own account as it is, and others by a role of one name in each, in sessions that may no more than the
// steps need.
func Roles(ctx context.Context, own aws.Config, account, partition, role string) *enable.Roles {
	return &enable.Roles{
		Own: own, Account: account, Partition: partition, Role: role, Session: names.Enabler, Policy: session(), Context: ctx,
		Shut: func(other string, err error) error {
			if fault.Of(err) == fault.Denied {
				return fault.New(fault.Denied, "the role %s of account %s does not let the function in; it must trust %s: %w",
					role, other, account, err)
			}
			return fmt.Errorf("the role %s of account %s: %w", role, other, err)
		},
	}
}

// session is the policy of every session in another account: the role there mostly may everything. Beside the services
// of the steps it reaches what these look up and make in the caller's name, and the one role that steps make
// themselves.
func session() string {
	const aggregator = "arn:*:iam::*:role/salve-config-aggregator"
	const ofConfig = "arn:*:iam::*:role/aws-service-role/config.amazonaws.com/*"
	type statement struct {
		Effect           string
		Action, Resource []string
		Condition        map[string]any `json:",omitempty"`
	}
	text, err := json.Marshal(map[string]any{"Version": "2012-10-17", "Statement": []statement{
		{"Allow", []string{
			"securityhub:*", "guardduty:*", "inspector2:*", "macie2:*", "detective:*", "access-analyzer:*", "config:*",
			"ec2:DescribeRegions", "organizations:Describe*", "organizations:List*", "iam:CreateServiceLinkedRole",
			"iam:ListRoles",
		}, []string{"*"}, nil},
		{"Allow", []string{
			"iam:CreateRole", "iam:DeleteRole", "iam:ListAttachedRolePolicies",
		}, []string{aggregator}, nil},
		{"Allow", []string{"iam:AttachRolePolicy", "iam:DetachRolePolicy"}, []string{aggregator}, map[string]any{
			"ArnLike": map[string]string{"iam:PolicyARN": "arn:*:iam::aws:policy/service-role/AWSConfigRoleForOrganizations"},
		}},
		{"Allow", []string{"iam:PassRole"}, []string{aggregator, ofConfig}, map[string]any{
			"StringEquals": map[string]string{"iam:PassedToService": "config.amazonaws.com"},
		}},
	}})
	if err != nil {
		return "{}" // which is no policy, and refused: a list of texts has no error
	}
	return string(text)
}
