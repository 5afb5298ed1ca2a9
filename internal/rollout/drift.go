package rollout

import (
	"context"
	"fmt"

	"github.com/salve-security/salve/internal/stack"
)

// DriftOf compares a stack with what there is.
func DriftOf(d stack.Driver, account, name string) func(context.Context) ([]Item, error) {
	return func(ctx context.Context) ([]Item, error) {
		item := Item{Account: account, What: "stack " + name, Action: Nothing, Done: true}
		s, err := d.Look(ctx, name)
		if err != nil {
			return nil, err
		}
		if !s.Exists() {
			item.Detail = "not there"
			return []Item{item}, nil
		}
		if item.Drifts, err = d.Drifts(ctx, name); err != nil {
			return nil, err
		}
		item.Detail = "as its template says"
		if n := len(item.Drifts); n > 0 {
			item.Action, item.Detail = Drifted, fmt.Sprintf("resources that somebody changed: %d", n)
		}
		return []Item{item}, nil
	}
}

// Drift compares the stacks of all members; one that cannot be asked is an item of the table.
func (m Members) Drift(ctx context.Context) ([]Item, error) {
	var all []Item
	for _, a := range m.Accounts {
		items, err := m.driftIn(ctx, a)
		if ctx.Err() != nil || Expired(err) {
			return all, err
		}
		if err != nil {
			items = []Item{{Account: a.ID, What: "stack " + m.Place.MemberStack(), Action: Failed, Detail: sentence(err)}}
		}
		all = append(all, items...)
	}
	return all, nil
}

func (m Members) driftIn(ctx context.Context, a Account) ([]Item, error) {
	d, err := a.Driver(ctx)
	if err != nil {
		return nil, err
	}
	return DriftOf(d, a.ID, m.Place.MemberStack())(ctx)
}
