package selftest

import (
	"context"
	"errors"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/organizations"
	orgtypes "github.com/aws/aws-sdk-go-v2/service/organizations/types"
	"github.com/aws/aws-sdk-go-v2/service/securityhub"
	hubtypes "github.com/aws/aws-sdk-go-v2/service/securityhub/types"
	"github.com/aws/smithy-go"

	"github.com/salve-security/salve/internal/fault"
)

// Looks are what an account is looked at by, before something of Salve is made there for a test.
type Looks struct {
	Organization interface {
		DescribeOrganization(context.Context, *organizations.DescribeOrganizationInput, ...func(*organizations.Options)) (
			*organizations.DescribeOrganizationOutput, error)
	}
	SecurityHub interface {
		ListMembers(context.Context, *securityhub.ListMembersInput, ...func(*securityhub.Options)) (
			*securityhub.ListMembersOutput, error)
	}
}

const another = "take an account for tests, which nothing depends on"

// Sandbox refuses an account that others depend on: the management account of an organization, and the Security Hub
// administrator of other accounts. What cannot be read is a refusal, too. That it is meant at all its owner says, by
// the id of the account.
func (l Looks) Sandbox(ctx context.Context, account string) error {
	out, err := l.Organization.DescribeOrganization(ctx, &organizations.DescribeOrganizationInput{})
	var none *orgtypes.AWSOrganizationsNotInUseException
	if err != nil && !errors.As(err, &none) {
		return unread(account, "organizations:DescribeOrganization", err)
	}
	if err == nil && out.Organization != nil && aws.ToString(out.Organization.MasterAccountId) == account {
		return fault.New(fault.Refused, "account %s manages the organization %s, so it is no sandbox: %s", account,
			aws.ToString(out.Organization.Id), another)
	}
	members, err := l.SecurityHub.ListMembers(ctx, &securityhub.ListMembersInput{OnlyAssociated: aws.Bool(true)})
	var answer smithy.APIError
	if errors.As(err, &answer) && answer.ErrorCode() == "UnknownOperationException" { // of an emulator
		return nil
	}
	var off *hubtypes.InvalidAccessException
	if errors.As(err, &off) { // so it administers nothing; that a hub needs it says who looks for that
		return nil
	}
	if err != nil {
		return unread(account, "securityhub:ListMembers", err)
	}
	for _, m := range members.Members {
		if id := aws.ToString(m.AccountId); id != account {
			return fault.New(fault.Refused, "account %s is the Security Hub administrator of others, such as %s, so it is no "+
				"sandbox: %s", account, id, another)
		}
	}
	return nil
}

func unread(account, action string, err error) error {
	if fault.Expired(err) {
		return err
	}
	return fault.New(fault.Refused, "whether account %s is a sandbox could not be read (%s): get %s", account,
		fault.Cause(err), action)
}
