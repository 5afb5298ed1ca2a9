package main

import (
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/organizations"

	"github.com/salve-security/salve/internal/rollout"
)

// unitFlags say which units of the organisation are meant, and how a StackSet goes through their accounts.
type unitFlags struct {
	OU         []string `name:"ou" placeholder:"ID,..." help:"Units whose accounts a StackSet brings it to, new ones too."`
	All        bool     `help:"The same for all accounts of the organisation."`
	Management bool     `help:"The management account too, which StackSets skip; entered by --role-name."`
	Tolerance  int32    `name:"failure-tolerance" default:"5" help:"In how many accounts it may fail before it ends."`
	Concurrent int32    `name:"concurrency" default:"20" help:"In how many accounts it works at a time."`
}

// units are the accounts of units.
func (d *deployer) units(m rollout.Members, f unitFlags) rollout.Units {
	return rollout.Units{
		Members: m, API: cloudformation.NewFromConfig(d.own), Org: organizations.NewFromConfig(d.own), IDs: f.OU, All: f.All,
		Tolerance: f.Tolerance, Concurrent: max(f.Concurrent, 1), Pause: d.a.sleep,
	}
}

// withManagement adds the management account to those that get a stack of their own.
func (d *deployer) withManagement(accounts []string, f unitFlags) ([]string, error) {
	if !f.Management {
		return accounts, nil
	}
	id, err := rollout.Management(d.a.ctx, organizations.NewFromConfig(d.own))
	return append(accounts, id), err
}
