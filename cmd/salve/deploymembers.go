package main

import (
	"context"
	"errors"
	"os"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/salve-security/salve/deploy"
	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/names"
	"github.com/salve-security/salve/internal/rollout"
	"github.com/salve-security/salve/internal/stack"
)

// memberFlags say which accounts are meant, and how they are entered.
type memberFlags struct {
	Account    []string `placeholder:"ID,..." help:"Accounts that get a stack of their own, entered by --role-name."`
	RoleName   string   `default:"OrganizationAccountAccessRole" placeholder:"NAME" help:"Role to enter them by."`
	ExternalID string   `placeholder:"TEXT" help:"External id that this role asks for."`
}

// deployMembers brings members to what this program and the hub say.
type deployMembers struct {
	deployFlags
	memberFlags
	unitFlags
	Parameter map[string]string `mapsep:"none" placeholder:"NAME=VALUE" help:"Parameter of the stack; may be repeated."`
	TakeOver  bool              `help:"Make members of another hub members of this one."`
	Drift     bool              `help:"Only tell what somebody changed in the stacks by hand; changes nothing."`
}

// Run plans the members and, with --yes, carries the plan out.
func (c *deployMembers) Run(a *app) error {
	d, err := a.deployer(c.deployFlags)
	if err != nil {
		return err
	}
	if c.Account, err = d.withManagement(c.Account, c.unitFlags); err != nil {
		return err
	}
	m, err := d.members(c.memberFlags, c.Parameter)
	if err != nil {
		return err
	}
	m.TakeOver = c.TakeOver
	parts, drifts := m.Parts(), []func(context.Context) ([]rollout.Item, error){m.Drift}
	if c.All || len(c.OU) > 0 {
		u := d.units(m, c.unitFlags)
		parts, drifts = append(parts, u), append(drifts, u.Drift)
	}
	if c.Drift {
		return d.drift(drifts...)
	}
	return d.roll(parts, c.Yes, nil)
}

// members are the hub's own account and those that are named, and what they get.
func (d *deployer) members(f memberFlags, parameters map[string]string) (rollout.Members, error) {
	m, err := d.leavers(f)
	if err != nil {
		return m, err
	}
	m.Template, m.Parameters = deploy.Member(), parameters
	m.ExternalID, err = d.externalID(m.Hub)
	return m, err
}

// leavers are the same accounts to be left, for which nothing need be known of the hub: it may be half gone.
func (d *deployer) leavers(f memberFlags) (rollout.Members, error) {
	if err := accounts(f.Account...); err != nil {
		return rollout.Members{}, err
	}
	driver := d.driver(d.own, d.place.Account)
	hub, err := driver.Look(d.a.ctx, d.place.HubStack())
	if err != nil {
		return rollout.Members{}, err
	}
	d.keep(hub)
	m := rollout.Members{
		Hub: hub, Place: d.place, Bucket: d.bucket,
		Accounts: []rollout.Account{{
			ID: d.place.Account, Driver: func(context.Context) (stack.Driver, error) { return driver, nil },
		}},
	}
	others := slices.Compact(slices.Sorted(slices.Values(f.Account)))
	for _, id := range others {
		if id != d.place.Account {
			m.Accounts = append(m.Accounts, rollout.Account{ID: id, Driver: d.enter(id, f)})
		}
	}
	return m, nil
}

// enter becomes the role of another account and makes sure that it is of that account.
func (d *deployer) enter(account string, f memberFlags) func(context.Context) (stack.Driver, error) {
	return func(ctx context.Context) (stack.Driver, error) {
		role := "arn:" + d.place.Partition + ":iam::" + account + ":role/" + f.RoleName
		cfg := assumed(d.own, role, "salve-"+d.actor, f.ExternalID)
		me, err := sts.NewFromConfig(cfg).GetCallerIdentity(ctx, nil)
		if err != nil {
			if ctx.Err() != nil || rollout.Expired(err) {
				return stack.Driver{}, err //nolint:wrapcheck // it is told as what it is
			}
			return stack.Driver{}, fault.New(fault.Refused, "you may not enter by %s: %s; name a role that trusts you with "+
				"--role-name, and its --external-id", role, sentence(err))
		}
		if got := aws.ToString(me.Account); got != account {
			return stack.Driver{}, fault.New(fault.Refused, "%s led into account %s: nothing is done there", role, got)
		}
		return d.driver(cfg, account), nil
	}
}

// externalID is the hub's, "" where it has none: its function knows it, the stack does not show it.
func (d *deployer) externalID(hub stack.State) (string, error) {
	if given := os.Getenv(names.EnvExternalID); given != "" || !hub.Exists() {
		return given, nil
	}
	function := d.settings.Home.Name(names.Function)
	out, err := lambda.NewFromConfig(d.own).GetFunctionConfiguration(d.a.ctx, &lambda.GetFunctionConfigurationInput{
		FunctionName: &function,
	})
	var gone *types.ResourceNotFoundException
	if errors.As(err, &gone) { // which says nothing of what members ask for
		return "", fault.New(fault.Refused, "the hub's function %s is not there, and members need the ExternalId that it "+
			"has: run salve deploy hub first, or export %s", function, names.EnvExternalID)
	}
	if err != nil {
		return "", fault.New(fault.Refused, "whether the hub has an ExternalId could not be read (%s): members need the "+
			"same; get lambda:GetFunctionConfiguration, or export %s", sentence(err), names.EnvExternalID)
	}
	if out.Environment == nil {
		return "", nil
	}
	return out.Environment.Variables[names.EnvExternalID], nil
}
