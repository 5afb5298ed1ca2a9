package rollout_test

import (
	"context"

	"github.com/salve-security/salve/internal/gate"
	"github.com/salve-security/salve/internal/hub"
	"github.com/salve-security/salve/internal/names"
)

// buttons are the custom actions in memory.
type buttons struct{ w *world }

func (b buttons) Look(context.Context) ([]hub.Action, error) {
	var all []hub.Action
	err := b.w.did("DescribeActionTargets", func() error {
		for _, want := range names.Actions() {
			a := hub.Action{Action: want, State: hub.ActionMissing}
			if b.w.actions[want.ID] {
				a.State, a.ARN = hub.ActionThere, "arn"
			}
			all = append(all, a)
		}
		return nil
	})
	return all, err
}

func (b buttons) Make(_ context.Context, a *hub.Action) error {
	return b.w.did("CreateActionTarget", func() error {
		b.w.actions[a.ID] = true
		return nil
	})
}

func (b buttons) Delete(_ context.Context, a *hub.Action) error {
	return b.w.did("DeleteActionTarget", func() error {
		delete(b.w.actions, a.ID)
		return nil
	})
}

// shelf is the configuration in memory.
type shelf struct{ w *world }

func (s shelf) Settings(context.Context) (gate.Settings, error) {
	return s.w.config, s.w.did("GetItem", func() error { return nil })
}

func (s shelf) PushConfig(_ context.Context, p gate.Push) error {
	return s.w.did("UpdateItem", func() error {
		if s.w.config.Version != p.Over {
			return gate.ErrConflict
		}
		s.w.config = gate.Settings{Doc: p.Doc, Version: p.Over + 1}
		return nil
	})
}
