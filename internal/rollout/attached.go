package rollout

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/names"
)

// Policies says what a policy is attached to.
type Policies interface {
	ListEntitiesForPolicy(context.Context, *iam.ListEntitiesForPolicyInput, ...func(*iam.Options)) (
		*iam.ListEntitiesForPolicyOutput, error)
}

// Attached refuses to delete a hub whose policies people gave to roles, users or groups of theirs: IAM deletes no
// policy that is attached, so that the stack would be left half deleted. Where that cannot be seen, a note says so.
func (p Place) Attached(ctx context.Context, api Policies) (note string, err error) {
	var all []string
	for _, policy := range names.OwnPolicies() {
		name := p.Home.Name(policy)
		holders, err := p.holders(ctx, api, name)
		var gone *types.NoSuchEntityException
		switch {
		case err != nil && (ctx.Err() != nil || Expired(err)):
			return "", err
		case errors.As(err, &gone): // of an earlier removal that did not come to its end
		case err != nil:
			return "Whether somebody attached the policies of the hub could not be read, and IAM deletes none that is " +
				"attached: " + sentence(err), nil
		case len(holders) > 0:
			all = append(all, name+": "+strings.Join(holders, ", "))
		}
	}
	if len(all) == 0 {
		return "", nil
	}
	return "", fault.New(
		fault.Refused,
		"policies of the hub are attached to what is not Salve's, and IAM deletes none that "+
			"is: detach them first (%s)",
		strings.Join(all, "; "),
	)
}

// holders are those that a policy is attached to, but for Salve's own roles.
func (p Place) holders(ctx context.Context, api Policies, name string) ([]string, error) {
	in := &iam.ListEntitiesForPolicyInput{
		PolicyArn: aws.String("arn:" + p.Partition + ":iam::" + p.Account + ":policy/" + name),
	}
	var all []string
	for {
		out, err := api.ListEntitiesForPolicy(ctx, in)
		if err != nil {
			return nil, fmt.Errorf("what policy %s is attached to: %w", name, err)
		}
		for _, r := range out.PolicyRoles {
			own := slices.ContainsFunc(names.OwnRoles(), func(role string) bool {
				return p.Home.Name(role) == aws.ToString(r.RoleName)
			})
			if !own {
				all = append(all, "role "+aws.ToString(r.RoleName))
			}
		}
		for _, u := range out.PolicyUsers {
			all = append(all, "user "+aws.ToString(u.UserName))
		}
		for _, g := range out.PolicyGroups {
			all = append(all, "group "+aws.ToString(g.GroupName))
		}
		if in.Marker = out.Marker; !out.IsTruncated {
			return all, nil
		}
	}
}
