package resource

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials/stscreds"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/names"
)

// Roles opens the own account as it is, and others by a role of one name in each.
type Roles struct {
	Own       aws.Config
	Account   string // the own one
	Partition string
	Role      string
	Context   context.Context //nolint:containedctx // opening has none of its own, and must end with the request

	mu   sync.Mutex
	seen map[string]*aws.CredentialsCache
}

// As implements enable.Opener.
func (r *Roles) As(account, region string) (aws.Config, error) {
	cfg := r.Own.Copy()
	cfg.Region = region
	if account == r.Account {
		return cfg, nil
	}
	credentials := r.of(account)
	if _, err := credentials.Retrieve(r.Context); err != nil {
		if fault.Of(err) == fault.Denied {
			return cfg, fault.New(fault.Denied, "the role %s of account %s does not let the function in; it must trust %s: %w",
				r.Role, account, r.Account, err)
		}
		return cfg, fmt.Errorf("the role %s of account %s: %w", r.Role, account, err)
	}
	cfg.Credentials = credentials
	return cfg, nil
}

// of are the credentials of an account, which are shared by its Regions.
func (r *Roles) of(account string) *aws.CredentialsCache {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.seen[account] == nil {
		if r.seen == nil {
			r.seen = map[string]*aws.CredentialsCache{}
		}
		arn := fmt.Sprintf("arn:%s:iam::%s:role/%s", r.Partition, account, r.Role)
		r.seen[account] = aws.NewCredentialsCache(stscreds.NewAssumeRoleProvider(sts.NewFromConfig(r.Own), arn,
			func(o *stscreds.AssumeRoleOptions) {
				o.RoleSessionName, o.Policy = names.Enabler, aws.String(session())
			}))
	}
	return r.seen[account]
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
