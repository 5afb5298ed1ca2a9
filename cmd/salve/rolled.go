package main

import (
	"context"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"

	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/rollout"
)

// deployReport is a plan of a deployment, or what was done, as programs get it.
type deployReport struct {
	Kind    string         `json:"kind"` // plan, done or drift
	Account string         `json:"account"`
	Region  string         `json:"region"`
	By      string         `json:"by"` // ARN of who asks
	Notes   []string       `json:"notes"`
	Items   []rollout.Item `json:"items"`
}

// roll shows the plan of parts or, with yes, carries them out and shows what was done.
func (d *deployer) roll(parts rollout.Parts, yes bool, notes []string) error {
	r := deployReport{Kind: "plan", Account: d.place.Account, Region: d.place.Region, By: d.me, Notes: notes}
	if r.Notes == nil {
		r.Notes = []string{}
	}
	do := parts.Plan
	if yes {
		r.Kind, do = "done", parts.Carry
	}
	items, err := do(d.a.ctx)
	if r.Items = items; r.Items == nil {
		r.Items = []rollout.Item{}
	}
	if err != nil && len(items) == 0 {
		return d.ended(err)
	}
	if err := d.a.data(r, func() { d.a.rolled(r, err != nil) }); err != nil {
		return err
	}
	switch {
	case err != nil:
		return d.ended(err)
	case rollout.Failures(items) > 0:
		return exit(exitNotFixed)
	case !yes && rollout.Pending(items):
		d.a.warn("nothing was changed: add --yes")
		return exit(exitPending)
	}
	return nil
}

// ended says of a run that did not come to its end how it is gone on with.
func (d *deployer) ended(err error) error {
	switch {
	case rollout.Expired(err):
		return fault.New(fault.Retry, "the session has ended in the middle of it (%s): log in and run the same command "+
			"again, it takes up where this one ended", sentence(err))
	case d.a.ctx.Err() != nil && !strings.Contains(err.Error(), "run the same command again"):
		return fault.New(fault.Retry, "interrupted (%s): run the same command again, it takes up where this one ended",
			sentence(err))
	}
	return err
}

// rolled shows a plan, or what was done, to people. One that ended before its end says nothing of the rest.
func (a *app) rolled(r deployReport, ended bool) {
	a.say("hub %s, %s, as %s", r.Account, r.Region, r.By)
	for _, note := range r.Notes {
		a.say("%s", note)
	}
	var rows []table.Row
	for _, i := range r.Items {
		rows = append(rows, table.Row{i.Account, i.What, doing(i), i.Detail})
	}
	a.table(table.Row{"account", "what", r.Kind, ""}, rows)
	for _, i := range r.Items {
		a.inside(i)
	}
	switch {
	case ended && r.Kind == "plan":
		a.say("What comes after that could not be planned.")
	case ended:
		a.say("What comes after that was not done.")
	case !rollout.Pending(r.Items) && r.Kind != "drift":
		a.say("Nothing is to do.")
	}
}

// doing is what is to be done with an item, or was.
func doing(i rollout.Item) string {
	switch i.Action {
	case rollout.Create, rollout.Change, rollout.Delete:
		if i.Done {
			return string(i.Action) + "d"
		}
	case rollout.Nothing, rollout.Stays, rollout.Failed, rollout.Drifted:
	}
	return string(i.Action)
}

// inside shows what changes in a stack.
func (a *app) inside(i rollout.Item) {
	if i.Action == rollout.Failed {
		a.say("\n%s of %s: %s", i.What, i.Account, i.Detail) // whole, which the table may cut
	}
	if len(i.Parameters)+len(i.Changes)+len(i.Drifts) == 0 {
		return
	}
	a.say("\n%s of %s:", i.What, i.Account)
	for _, p := range i.Parameters {
		a.say("  parameter %s: %q, now %q", p.Name, p.To, p.From)
	}
	if i.Action == rollout.Create { // one by one they stand in the template, and in -o json
		a.say("  add %s", counted(len(i.Changes), "resource"))
		return
	}
	for _, c := range i.Changes {
		line := c.Action + " " + c.Resource + " (" + c.Type + ")"
		if c.Replacement == "true" || c.Replacement == "conditional" {
			line += ", replaced: " + c.Replacement
		}
		a.say("  %s", line)
	}
	for _, x := range i.Drifts {
		a.say("  %s (%s) %s: %s", x.Resource, x.Type, strings.ToLower(x.Status), x.ID)
	}
}

// drift shows what differs from what stacks say, and ends with 2 where something does.
func (d *deployer) drift(parts ...func(context.Context) ([]rollout.Item, error)) error {
	r := deployReport{
		Kind: "drift", Account: d.place.Account, Region: d.place.Region, By: d.me, Notes: []string{},
		Items: []rollout.Item{},
	}
	for _, part := range parts {
		items, err := part(d.a.ctx)
		if err != nil {
			return d.ended(err)
		}
		r.Items = append(r.Items, items...)
	}
	if err := d.a.data(r, func() { d.a.rolled(r, false) }); err != nil {
		return err
	}
	for _, i := range r.Items {
		if i.Action == rollout.Failed {
			return exit(exitNotFixed)
		}
		if i.Action == rollout.Drifted {
			return exit(exitPending)
		}
	}
	return nil
}
