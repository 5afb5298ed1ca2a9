// Package rollout puts Salve into accounts, changes it there and takes it away: part by part, each of which looks at
// what is, says what it would do, and does it, so that a run that ended anywhere is gone on with by the next.
// CloudFormation does the work.
package rollout

import (
	"context"
	"slices"

	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/stack"
)

// Action is what is to be done with a part, or was done.
type Action string

// The actions.
const (
	Nothing Action = "nothing"
	Create  Action = "create"
	Change  Action = "change"
	Delete  Action = "delete"
	Stays   Action = "stays" // of what is not deleted although its owner might think so
	Failed  Action = "failed"
	Drifted Action = "drifted" // differs from what its stack says
)

// Item is a part of the deployment and what is to be done with it.
type Item struct {
	Account string `json:"account"`
	What    string `json:"what"`
	Action  Action `json:"action"`
	Detail  string `json:"detail,omitempty"`
	// Parameters of a stack that get another value, and its resources that change.
	Parameters []stack.Difference `json:"parameters,omitempty"`
	Changes    []stack.Change     `json:"changes,omitempty"`
	Drifts     []stack.Drift      `json:"drifts,omitempty"`
	Done       bool               `json:"done"` // was carried out, or nothing was to do
	stranger   bool               // it failed for it is not this hub's, and needs nothing of it
}

// Part is a part of a deployment.
type Part interface {
	// Plan says what is to be done, and changes nothing.
	Plan(ctx context.Context) ([]Item, error)
	// Carry does it. Done twice it does nothing more.
	Carry(ctx context.Context) ([]Item, error)
}

// Parts are carried out in their order, each relying on those before.
type Parts []Part

// Plan is the plan of all parts.
func (p Parts) Plan(ctx context.Context) ([]Item, error) {
	var all []Item
	for _, part := range p {
		items, err := part.Plan(ctx)
		all = append(all, items...)
		if err != nil {
			return all, err
		}
	}
	return all, nil
}

// Carry carries all parts out and says of each what was done. It ends at the first that cannot be: what is there by
// then is in the list, and the next run goes on from there.
func (p Parts) Carry(ctx context.Context) ([]Item, error) {
	var all []Item
	for _, part := range p {
		items, err := part.Carry(ctx)
		all = append(all, items...)
		if err != nil {
			return all, err
		}
	}
	return all, nil
}

// Pending tells whether something is to be done.
func Pending(items []Item) bool {
	for _, i := range items {
		if i.Action != Nothing && i.Action != Stays {
			return true
		}
	}
	return false
}

// Failures are how many items could not be carried out.
func Failures(items []Item) int {
	n := 0
	for _, i := range items {
		if i.Action == Failed {
			n++
		}
	}
	return n
}

// spread is a part in many accounts, in none of which a failure keeps the others from it.
type spread []member

// member is the part in one account.
type member struct {
	account string
	stack   string // its name there
	part    Part
}

// Plan asks each account; one that cannot be asked is an item of the table.
func (s spread) Plan(ctx context.Context) ([]Item, error) { return s.each(ctx, Part.Plan) }

// Carry does the work in each account; one where it fails is an item of the table.
func (s spread) Carry(ctx context.Context) ([]Item, error) { return s.each(ctx, Part.Carry) }

func (s spread) each(ctx context.Context, do func(Part, context.Context) ([]Item, error)) ([]Item, error) {
	var all []Item
	for _, m := range s {
		items, err := do(m.part, ctx)
		all = append(all, items...)
		if ctx.Err() != nil || Expired(err) { // the next account would fail for the same reason
			return all, err
		}
		if err != nil {
			all = append(all, Item{
				Account: m.account, What: "stack " + m.stack, Action: Failed, Detail: sentence(err),
			})
		}
	}
	return all, nil
}

// sentence is an error for a table.
func sentence(err error) string {
	if fault.Of(err) == fault.Refused {
		return err.Error()
	}
	return fault.Cause(err)
}

// Until ends at the first part in which something failed: what the parts after it would delete, the failed one needs.
func Until(parts Parts) Parts {
	out := make(Parts, 0, len(parts))
	for i, part := range parts {
		if i < len(parts)-1 { // the last one keeps nothing
			part = whole{part}
		}
		out = append(out, part)
	}
	return out
}

// whole is a part that has to be carried out in all accounts.
type whole struct{ Part }

// Carry fails where the part failed in any account.
func (w whole) Carry(ctx context.Context) ([]Item, error) {
	items, err := w.Part.Carry(ctx)
	needing := slices.DeleteFunc(slices.Clone(items), func(i Item) bool { return i.stranger })
	if n := Failures(needing); err == nil && n > 0 {
		err = fault.New(fault.Refused, "%d of %d members could not be removed, so the hub stays: mend that and run the same "+
			"command again", n, len(items))
	}
	return items, err
}
