package main

import (
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials/stscreds"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/salve-security/salve/internal/enable"
	"github.com/salve-security/salve/internal/fault"
)

// orgSession is what sessions in the accounts of an organization are called.
const orgSession = "salve-org"

// opener enters the accounts of an organization from its management account.
func (a *app) opener(own aws.Config, self, partition, role string) *enable.Roles {
	return &enable.Roles{
		Own: own, Account: self, Partition: partition, Role: role, Session: orgSession, Context: a.ctx,
		Shut: func(account string, err error) error {
			return fault.New(fault.Of(err), "account %s cannot be entered as %s: that role has to be there and trust account "+
				"%s, or name another with --access-role (%s)", account, role, self, fault.Cause(err))
		},
	}
}

// through is the opener of whoever takes a role of the management account first.
func (a *app) through(o *enable.Roles, arn string) (*enable.Roles, error) {
	parts := strings.Split(arn, ":")
	if len(parts) != 6 || parts[2] != "iam" || !strings.HasPrefix(parts[5], "role/") {
		return nil, fault.New(
			fault.Invalid,
			"--management-role %q is no ARN of a role: arn:PARTITION:iam::ACCOUNT:role/NAME",
			arn,
		)
	}
	own := assumed(o.Own, arn, orgSession, "")
	if _, err := own.Credentials.Retrieve(a.ctx); err != nil {
		return nil, fault.New(
			fault.Of(err),
			"role %s cannot be taken: it has to be there and trust account %s (%s)",
			arn,
			o.Account,
			fault.Cause(err),
		)
	}
	return a.opener(own, parts[4], parts[1], o.Role), nil
}

// assumed is a configuration that works as a role; most ask for no ExternalId.
func assumed(cfg aws.Config, role, session, externalID string) aws.Config {
	as := cfg.Copy()
	as.Credentials = aws.NewCredentialsCache(stscreds.NewAssumeRoleProvider(sts.NewFromConfig(cfg), role,
		func(o *stscreds.AssumeRoleOptions) {
			o.RoleSessionName = session
			if externalID != "" {
				o.ExternalID = &externalID
			}
		}))
	return as
}
