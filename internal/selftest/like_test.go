package selftest_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/organizations"
	orgtypes "github.com/aws/aws-sdk-go-v2/service/organizations/types"
	"github.com/aws/aws-sdk-go-v2/service/securityhub"
	hubtypes "github.com/aws/aws-sdk-go-v2/service/securityhub/types"
	"github.com/aws/smithy-go"

	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/selftest"
)

// standing is what AWS says of an account. The lab knows no members of Security Hub, so it answers here.
type standing struct {
	manages        string // the account that manages the organization
	members        []string
	failed, hidden error
}

func (s standing) DescribeOrganization(context.Context, *organizations.DescribeOrganizationInput,
	...func(*organizations.Options),
) (*organizations.DescribeOrganizationOutput, error) {
	if s.failed != nil {
		return nil, s.failed
	}
	return &organizations.DescribeOrganizationOutput{Organization: &orgtypes.Organization{
		Id: aws.String("o-0123456789"), MasterAccountId: &s.manages,
	}}, nil
}

func (s standing) ListMembers(context.Context, *securityhub.ListMembersInput, ...func(*securityhub.Options)) (
	*securityhub.ListMembersOutput, error,
) {
	if s.hidden != nil {
		return nil, s.hidden
	}
	out := &securityhub.ListMembersOutput{}
	for _, id := range s.members {
		out.Members = append(out.Members, hubtypes.Member{AccountId: &id})
	}
	return out, nil
}

// TestSandboxes: an account that others depend on is none, and neither is one of which that cannot be read.
func TestSandboxes(t *testing.T) {
	const other = "999999999999"
	unknown := &smithy.GenericAPIError{Code: "UnknownOperationException"}
	for name, tc := range map[string]struct {
		standing standing
		want     string // of the refusal; empty for none
	}{
		"a member account":          {standing{manages: other}, ""},
		"alone":                     {standing{failed: &orgtypes.AWSOrganizationsNotInUseException{}}, ""},
		"an emulator":               {standing{manages: other, hidden: unknown}, ""},
		"itself in its list":        {standing{manages: other, members: []string{account}}, ""},
		"the management account":    {standing{manages: account}, "manages the organization o-0123456789"},
		"the administrator":         {standing{manages: other, members: []string{other}}, "of others, such as 999"},
		"an organization unread":    {standing{failed: errors.New("denied")}, "get organizations:DescribeOrganization"},
		"members that are unread":   {standing{manages: other, hidden: errors.New("denied")}, "get securityhub:ListMembers"},
		"Security Hub switched off": {standing{manages: other, hidden: &hubtypes.InvalidAccessException{}}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			err := selftest.Looks{Organization: tc.standing, SecurityHub: tc.standing}.Sandbox(t.Context(), account)
			if tc.want == "" {
				if err != nil {
					t.Error(err)
				}
				return
			}
			if fault.Of(err) != fault.Refused || !strings.Contains(err.Error(), tc.want) {
				t.Error(err)
			}
		})
	}
}
