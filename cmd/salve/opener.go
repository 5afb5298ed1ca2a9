package main

import (
	"strings"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials/stscreds"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/salve-security/salve/internal/fault"
)

// opener enters the accounts of an organization from its management account, each with one session for all Regions.
type opener struct {
	own             aws.Config
	self, partition string
	role            string                     // its name
	try             func(cfg aws.Config) error // whether its credentials work

	mu      sync.Mutex
	entered map[string]entered // by account
}

// entered is an account that was entered, or why it was not.
type entered struct {
	cfg aws.Config
	err error
}

func (a *app) opener(cfg aws.Config, self, partition, role string) *opener {
	return &opener{
		own: cfg, self: self, partition: partition, role: role, entered: map[string]entered{},
		try: func(cfg aws.Config) error {
			_, err := cfg.Credentials.Retrieve(a.ctx)
			return err //nolint:wrapcheck // whoever asks says which role it was
		},
	}
}

// through is the opener of whoever takes a role of the management account first.
func (o *opener) through(arn string) (*opener, error) {
	parts := strings.Split(arn, ":")
	if len(parts) != 6 || parts[2] != "iam" || !strings.HasPrefix(parts[5], "role/") {
		return nil, fault.New(
			fault.Invalid,
			"--management-role %q is no ARN of a role: arn:PARTITION:iam::ACCOUNT:role/NAME",
			arn,
		)
	}
	own := assumed(o.own, arn)
	if err := o.try(own); err != nil {
		return nil, fault.New(
			fault.Of(err),
			"role %s cannot be taken: it has to be there and trust account %s (%s)",
			arn,
			o.self,
			fault.Cause(err),
		)
	}
	return &opener{
		own: own, self: parts[4], partition: parts[1], role: o.role, try: o.try, entered: map[string]entered{},
	}, nil
}

// As implements enable.Opener.
func (o *opener) As(account, region string) (aws.Config, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	there, known := o.entered[account]
	if !known {
		there = o.enter(account)
		if fault.Of(there.err) != fault.Retry { // what passes by itself is tried again
			o.entered[account] = there
		}
	}
	cfg := there.cfg.Copy()
	cfg.Region = region
	return cfg, there.err
}

func (o *opener) enter(account string) entered {
	if account == o.self {
		return entered{cfg: o.own}
	}
	cfg := assumed(o.own, "arn:"+o.partition+":iam::"+account+":role/"+o.role)
	err := o.try(cfg)
	if err != nil {
		err = fault.New(
			fault.Of(err),
			"account %s cannot be entered as %s: that role has to be there and trust account %s, or "+
				"name another with --access-role (%s)",
			account,
			o.role,
			o.self,
			fault.Cause(err),
		)
	}
	return entered{cfg, err}
}

// assumed is a configuration that works as a role.
func assumed(cfg aws.Config, role string) aws.Config {
	as := cfg.Copy()
	as.Credentials = aws.NewCredentialsCache(stscreds.NewAssumeRoleProvider(sts.NewFromConfig(cfg), role,
		func(o *stscreds.AssumeRoleOptions) { o.RoleSessionName = "salve-org" }))
	return as
}
