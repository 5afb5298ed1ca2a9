package doctor

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
)

// ListRoles shows a role's trust and description. To read the role itself its own denials forbid it, and rightly.
const listRoles = "iam:ListRoles"

// trust: the account's role trusts the function that there is now.
func trust() Check {
	return Check{Name: "trust", of: ofAccount, ask: func(ctx context.Context, p *Patient) Answer {
		r, err := p.memberRole(ctx)
		if errors.Is(err, errNoRole) {
			return unknown(p.deploy(), "the role %s is not in the account's list", p.MemberRole)
		}
		if err != nil {
			return unseen(err, listRoles)
		}
		return p.trusted(aws.ToString(r.AssumeRolePolicyDocument))
	}}
}

var errNoRole = errors.New("the account lists no such role")

// memberRole finds the role among those of the account.
func (p *Patient) memberRole(ctx context.Context) (types.Role, error) {
	cfg, err := p.enter(ctx, listRoles)
	if err != nil {
		return types.Role{}, err
	}
	pages := iam.NewListRolesPaginator(iam.NewFromConfig(cfg), &iam.ListRolesInput{MaxItems: aws.Int32(1000)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return types.Role{}, fmt.Errorf("list the account's roles: %w", err)
		}
		for _, r := range page.Roles {
			if aws.ToString(r.RoleName) == p.MemberRole {
				return r, nil
			}
		}
	}
	return types.Role{}, errNoRole
}

// trusted looks for the function's role in a trust policy. IAM writes the id of a role that was deleted in place of
// its ARN: one of the same name that was made again is another.
func (p *Patient) trusted(document string) Answer {
	text, err := url.QueryUnescape(document)
	if err != nil {
		text = document
	}
	var doc struct{ Statement []statement }
	if err := json.Unmarshal([]byte(text), &doc); err != nil {
		return unknown("", "the trust policy of %s cannot be read", p.MemberRole)
	}
	enters := func(s statement) bool { return s.Effect == "Allow" && has(s.Action, "sts:AssumeRole") }
	var others []string
	for _, s := range doc.Statement {
		who, _ := s.Principal.(map[string]any)
		if !enters(s) {
			continue
		}
		if has(who["AWS"], p.functionRole()) {
			return p.asked(s)
		}
		if id, isText := who["AWS"].(string); isText && !strings.HasSuffix(id, ":root") {
			others = append(others, id)
		}
	}
	if slices.ContainsFunc(others, func(id string) bool { return strings.HasPrefix(id, "AROA") }) {
		return wrong("delete the member's stack and deploy it again; "+p.deploy(),
			"%s trusts a role that was deleted: the hub was deployed again since", p.MemberRole)
	}
	return wrong(p.deploy(), "%s does not trust %s, it trusts %s", p.MemberRole, p.functionRole(),
		strings.Join(append(others, "no function"), ", "))
}

// asked compares the ExternalId that the role wants with the one that this shell has.
func (p *Patient) asked(s statement) Answer {
	for _, keys := range s.Condition {
		for key, want := range keys {
			if strings.EqualFold(key, "sts:ExternalId") && !has(want, p.ExternalID) {
				return wrong(p.deploy(), "%s wants another ExternalId than the hub's", p.MemberRole)
			}
		}
	}
	return ok("%s trusts %s", p.MemberRole, p.functionRole())
}
