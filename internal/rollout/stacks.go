package rollout

import (
	"context"

	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/stack"
)

// The stacks, without the prefix of names. The role in members is denied to touch stacks of these names.
const (
	HubStack    = "salve-hub"
	MemberStack = "salve-member"
)

// HubStack is what the hub's stack is called.
func (p Place) HubStack() string { return p.Home.Name(HubStack) }

// MemberStack is what the stack or StackSet of members is called.
func (p Place) MemberStack() string { return p.Home.Name(MemberStack) }

// one is a stack in an account.
type one struct {
	driver  stack.Driver
	account string
	name    string
	protect bool
	// wish is asked for when it is known what the stack is like by then.
	wish func(ctx context.Context, s stack.State) (stack.Wish, error)
	// took hears of the stack after it was brought to what is wished; may be nil.
	took func(stack.State)
}

// look reads the stack and what is wished of it.
func (o one) look(ctx context.Context) (stack.State, stack.Wish, error) {
	s, err := o.driver.Look(ctx, o.name)
	if err != nil {
		return s, stack.Wish{}, err
	}
	w, err := o.wish(ctx, s)
	return s, w, err
}

// Plan has CloudFormation work out what would change.
func (o one) Plan(ctx context.Context) ([]Item, error) {
	s, w, err := o.look(ctx)
	if err != nil {
		return nil, err
	}
	p, err := o.driver.Plan(ctx, w)
	if err != nil {
		return nil, err
	}
	item := o.item(p)
	if protect := o.protect && !s.Protected; protect && item.Action == Nothing {
		item.Action, item.Done, item.Detail = Change, false, "termination protection is switched on"
	}
	return []Item{item}, nil
}

// item is the plan of a stack as a part of the deployment.
func (o one) item(p stack.Plan) Item {
	action := map[stack.Action]Action{stack.Create: Create, stack.Update: Change, stack.Nothing: Nothing}[p.Action]
	return Item{
		Account: o.account, What: "stack " + o.name, Action: action, Detail: joined(p.Found, p.Unknown),
		Parameters: p.Parameters, Changes: p.Changes, Done: action == Nothing,
	}
}

// joined are the sentences that say something.
func joined(sentences ...string) string {
	out := ""
	for _, s := range sentences {
		if s != "" && out != "" {
			out += "; "
		}
		out += s
	}
	return out
}

// Carry brings the stack to what is wished.
func (o one) Carry(ctx context.Context) ([]Item, error) {
	_, w, err := o.look(ctx)
	if err != nil {
		return nil, err
	}
	s, p, err := o.driver.Apply(ctx, w)
	if err != nil {
		return nil, err
	}
	item := o.item(p)
	if o.protect && !s.Protected {
		if err := o.driver.Protect(ctx, s, true); err != nil {
			return nil, err
		}
		if item.Action == Nothing {
			item.Action, item.Detail = Change, "termination protection is switched on"
		}
	}
	if o.took != nil {
		o.took(s)
	}
	item.Done = true
	return []Item{item}, nil
}

// gone deletes a stack.
type gone struct {
	driver  stack.Driver
	account string
	name    string
	detail  string
	// ours refuses a stack of that name that is not to be deleted.
	ours func(s stack.State) error
	// before is done before the deletion, while the stack is there; may be nil.
	before func(ctx context.Context, s stack.State) error
}

// Plan says whether there is a stack to delete.
func (g gone) Plan(ctx context.Context) ([]Item, error) {
	s, err := g.driver.Look(ctx, g.name)
	if err != nil {
		return nil, err
	}
	if !s.Exists() {
		return []Item{{Account: g.account, What: "stack " + g.name, Action: Nothing, Detail: "not there", Done: true}}, nil
	}
	if err := g.ours(s); err != nil {
		return []Item{refusal(g.account, s.Name, err)}, nil
	}
	return []Item{{Account: g.account, What: "stack " + g.name, Action: Delete, Detail: g.detail}}, nil
}

// Carry deletes it.
func (g gone) Carry(ctx context.Context) ([]Item, error) {
	items, err := g.Plan(ctx)
	if err != nil || items[0].Action != Delete {
		return items, err
	}
	s, err := g.driver.Look(ctx, g.name)
	if err != nil {
		return nil, err
	}
	if g.before != nil {
		if err := g.before(ctx, s); err != nil {
			return nil, err
		}
	}
	if err := g.driver.Remove(ctx, g.name); err != nil {
		return nil, err
	}
	items[0].Done = true
	return items, nil
}

// Expired tells whether what went wrong is that the session has ended: logging in and the same command again go on.
func Expired(err error) bool { return fault.Expired(err) && fault.Of(err) == fault.Retry }
