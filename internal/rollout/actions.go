package rollout

import (
	"context"

	"github.com/salve-security/salve/internal/hub"
	"github.com/salve-security/salve/internal/stack"
)

// Actions are the custom actions of Security Hub, where the hub is.
type Actions interface {
	Look(ctx context.Context) ([]hub.Action, error)
	Make(ctx context.Context, action *hub.Action) error
	Delete(ctx context.Context, action *hub.Action) error
}

// buttons are the custom actions as a part of the hub.
type buttons struct {
	account string
	api     Actions
	away    bool // they are to be deleted
	// theirs tells whether the hub's stack makes them.
	theirs func(ctx context.Context) (bool, error)
}

func (h *Hub) actions() Part {
	return buttons{account: h.Place.Account, api: h.Actions, theirs: func(ctx context.Context) (bool, error) {
		if given, ok := h.Parameters[paramActions]; ok {
			return given == byTemplate, nil
		}
		s, err := h.Driver.Look(ctx, h.Place.HubStack())
		return ofTemplate(s), err
	}}
}

// byTemplate says that the stack makes the custom actions.
const byTemplate = "ByTemplate"

func ofTemplate(s stack.State) bool { return s.Parameters[paramActions] == byTemplate }

// plan is what is to be done with each.
func (b buttons) plan(ctx context.Context) ([]Item, []hub.Action, error) {
	theirs, err := b.theirs(ctx)
	if err != nil {
		return nil, nil, err
	}
	if theirs {
		return []Item{b.item("custom actions", Nothing, "the hub's stack has them")}, nil, nil
	}
	all, err := b.api.Look(ctx)
	if err != nil {
		return nil, nil, err
	}
	var items []Item
	for _, a := range all {
		items = append(items, b.item("custom action "+a.ID, b.todo(a.State), a.Name))
	}
	return items, all, nil
}

func (b buttons) item(what string, action Action, detail string) Item {
	return Item{Account: b.account, What: what, Action: action, Detail: detail, Done: action == Nothing}
}

// todo is what is to be done with an action in a state.
func (b buttons) todo(state hub.ActionState) Action {
	missing, differs := state == hub.ActionMissing, state == hub.ActionDiffers
	switch {
	case b.away && !missing:
		return Delete
	case b.away:
		return Nothing
	case missing:
		return Create
	case differs:
		return Change
	}
	return Nothing
}

// Plan looks at each.
func (b buttons) Plan(ctx context.Context) ([]Item, error) {
	items, _, err := b.plan(ctx)
	return items, err
}

// Carry makes or deletes each, as it is to be.
func (b buttons) Carry(ctx context.Context) ([]Item, error) {
	items, all, err := b.plan(ctx)
	if err != nil {
		return nil, err
	}
	do := b.api.Make
	if b.away {
		do = b.api.Delete
	}
	for i := range all {
		if items[i].Action == Nothing {
			continue
		}
		if err := do(ctx, &all[i]); err != nil {
			return items[:i], err
		}
		items[i].Done = true
	}
	return items, nil
}
