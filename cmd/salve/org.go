package main

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/salve-security/salve/internal/enable"
	"github.com/salve-security/salve/internal/fault"
)

// orgCmd is done by whoever runs the organization, before there is a hub: it needs nothing of Salve's.
type orgCmd struct {
	Enable  orgEnable  `cmd:"" help:"Switch on what produces findings, everywhere; without --yes the plan is shown."`
	Status  orgStatus  `cmd:"" help:"How it stands with it, service by service; writes nothing."`
	Disable orgDisable `cmd:"" help:"Take back what can be, without --yes only what that would be is shown."`
}

// orgFlags say what shall be on, and how the accounts are entered.
type orgFlags struct {
	File          fileName `placeholder:"FILE" help:"Document that says what shall be on; - reads what is piped in."`
	Administrator string   `placeholder:"ID" help:"Account that services are delegated to; the document's otherwise."`
	Home          string   `placeholder:"REGION" help:"Region where findings come together; AWS_REGION otherwise."`
	Region        []string `placeholder:"REGION" help:"Only these Regions, and the home Region."`
	Service       []string `placeholder:"NAME" help:"Only these services, by the names that status shows."`
	AccessRole    string   `default:"OrganizationAccountAccessRole" help:"Role by which accounts are entered."`
	ManagementArn string   `name:"management-role" placeholder:"ARN" help:"Role of the management account."`
}

// orgRun is a run with what was found out before it.
type orgRun struct {
	*enable.Run
	only  []string // Regions that the run is about, beside the home Region; empty: all of the wish
	notes []string // about Regions and Control Tower
}

// begin reads document, organization and Regions.
func (f *orgFlags) begin(a *app) (*orgRun, error) {
	cfg, err := a.configuration()
	if err != nil {
		return nil, err
	}
	me, err := a.login(cfg, sts.NewFromConfig(cfg))
	if err != nil {
		return nil, err
	}
	wish, err := f.wish()
	if err != nil {
		return nil, err
	}
	open := a.opener(cfg, aws.ToString(me.Account), arnPartition(aws.ToString(me.Arn)), f.AccessRole)
	if f.ManagementArn != "" {
		if open, err = a.through(open, f.ManagementArn); err != nil {
			return nil, err
		}
	}
	organization, err := enable.Read(a.ctx, open.Own)
	if there := organization.Management; there != "" && there != open.Account { // who may read nothing more, most likely
		return nil, fault.New(
			fault.Refused,
			"account %s is not the management account of the organization, that is %s: log in "+
				"there, or name a role of it with --management-role",
			open.Account,
			there,
		)
	}
	if err != nil {
		return nil, err
	}
	run := &orgRun{only: f.Region, Run: &enable.Run{
		Organization: organization, Open: open, Services: enable.Services(), Now: a.now, Sleep: a.sleep,
	}}
	if err := run.prepare(a, wish, cfg.Region); err != nil {
		return nil, err
	}
	return run, nil
}

// wish is the document with the flags over it.
func (f *orgFlags) wish() (enable.Wish, error) {
	wish := enable.Default()
	if f.File != "" {
		text, err := f.File.read(enable.MaxDocument)
		if err != nil {
			return wish, err
		}
		if wish, err = enable.Parse(text); err != nil {
			return wish, fmt.Errorf("%s: %w", f.File, err)
		}
	}
	wish.Administrator = cmp.Or(f.Administrator, wish.Administrator)
	wish.Home = cmp.Or(f.Home, wish.Home)
	return wish.Only(f.Service)
}

// prepare completes the wish with what the organization says, and finds the Regions.
func (r *orgRun) prepare(a *app, wish enable.Wish, region string) error {
	o := r.Organization
	wish.Home = cmp.Or(wish.Home, region)
	if wish.Administrator == "" {
		if err := r.already(a, &wish); err != nil {
			return err
		}
	}
	if wish.Administrator == "" {
		proposal := ""
		if o.Audit != "" {
			proposal = "; AWS Control Tower's Audit account would be " + o.Audit
		}
		return fault.New(fault.Invalid, "say which account shall administer the services: --administrator%s", proposal)
	}
	wish, err := wish.Complete(a.names.standards.ARNs())
	if err != nil {
		return err
	}
	if !o.Has(wish.Administrator) {
		return fault.New(
			fault.Refused,
			"account %s is no active account of the organization %s: choose another administrator",
			wish.Administrator,
			o.ID,
		)
	}
	for _, outside := range wish.Outside {
		if o.Has(outside.Account) {
			return fault.New(fault.Invalid, "outside: account %s is in the organization: it is enrolled without being named",
				outside.Account)
		}
	}
	if err := within(wish, r.only); err != nil {
		return err
	}
	r.Wish = wish
	if o.ControlTower {
		r.notes = append(r.notes, "AWS Control Tower is at work here: its recorders and guardrails are left alone")
	}
	return r.regions(a)
}

// already takes the administrator that there is.
func (r *orgRun) already(a *app, wish *enable.Wish) error {
	cfg, err := r.Open.As(r.Organization.Management, wish.Home)
	if err != nil {
		return err
	}
	if wish.Administrator, err = enable.Administrator(a.ctx, cfg); err != nil {
		return err
	}
	if wish.Administrator != "" {
		r.notes = append(r.notes, "nobody was named: "+wish.Administrator+" administers Security Hub already")
	}
	return nil
}

// regions are those that are enabled in both accounts, or those that were chosen, which have to be.
func (r *orgRun) regions(a *app) error {
	both, left, err := r.Organization.Common(a.ctx, r.Open, r.Wish, r.only...)
	if err != nil {
		return err
	}
	for _, region := range left {
		r.notes = append(r.notes, "Region "+region+" is not enabled in the administrator's account: it is left out")
	}
	r.Regions = slices.DeleteFunc(both, func(region string) bool { return region != r.Wish.Home && !r.chosen(region) })
	return nil
}

// within refuses a Region of the flag that the document leaves out: the run would do nothing there and say nothing.
func within(w enable.Wish, only []string) error {
	for _, region := range only {
		if region != w.Home && len(w.Regions) > 0 && !slices.Contains(w.Regions, region) {
			return fault.New(fault.Invalid, "--region %s: the document leaves that Region out, its regions are %s: add it "+
				"there, or name one of them", region, strings.Join(w.Regions, ", "))
		}
	}
	return nil
}

// chosen tells whether the run is about a Region.
func (r *orgRun) chosen(region string) bool {
	among := func(list []string) bool { return len(list) == 0 || slices.Contains(list, region) }
	return among(r.Wish.Regions) && among(r.only)
}
