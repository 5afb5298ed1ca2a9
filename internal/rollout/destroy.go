package rollout

import (
	"context"

	"github.com/salve-security/salve/internal/stack"
)

// Leave are the stacks of members, to be deleted.
func (m Members) Leave() Parts {
	var all spread
	for _, a := range m.Accounts {
		part := func(d stack.Driver) Part {
			return gone{
				driver: d, account: a.ID, name: m.Place.MemberStack(), ours: m.ours, detail: "Salve's roles and their policies",
			}
		}
		all = append(all, member{account: a.ID, stack: m.Place.MemberStack(), part: lazy{account: a, part: part}})
	}
	return Parts{all}
}

// Leave is the hub, to be deleted: the buttons first, so that none leads nowhere, then the stack, then the bucket, from
// which the stack could be made again.
func (h *Hub) Leave() Parts {
	theirs := func(ctx context.Context) (bool, error) {
		s, err := h.Driver.Look(ctx, h.Place.HubStack())
		return ofTemplate(s), err
	}
	return Parts{leaving{h: h, Parts: Parts{
		buttons{account: h.Place.Account, api: h.Actions, away: true, theirs: theirs},
		gone{
			driver: h.Driver, account: h.Place.Account, name: h.Place.HubStack(), ours: ownHub, before: h.open,
			detail: "runs and with them every undo, configuration, audit log, queues, function, topics and their " +
				"subscriptions, alarms, roles; the key of the topics after 7 days",
		},
		empty{h.Bucket},
	}}}
}

// leaving are the parts of the hub. Where its stack is somebody else's, nothing is deleted of what is called as
// Salve's.
type leaving struct {
	h *Hub
	Parts
}

// Plan says what is deleted, or whose stack that is.
func (l leaving) Plan(ctx context.Context) ([]Item, error) { return l.unless(ctx, l.Parts.Plan) }

// Carry deletes it.
func (l leaving) Carry(ctx context.Context) ([]Item, error) { return l.unless(ctx, l.Parts.Carry) }

func (l leaving) unless(ctx context.Context, do func(context.Context) ([]Item, error)) ([]Item, error) {
	s, err := l.h.Driver.Look(ctx, l.h.Place.HubStack())
	if err != nil {
		return nil, err
	}
	if err := ownHub(s); err != nil {
		return []Item{refusal(l.h.Place.Account, s.Name, err)}, nil
	}
	return do(ctx)
}

// open lifts what protects table and stack. Parameters and template stay as they are otherwise.
func (h *Hub) open(ctx context.Context, s stack.State) error {
	if err := h.Driver.Protect(ctx, s, false); err != nil {
		return err
	}
	if !s.Whole() || s.Parameters[paramDelete] != "true" {
		return nil
	}
	kept, err := h.Driver.Template(ctx, h.Place.HubStack())
	if err != nil {
		return err
	}
	_, _, err = h.Driver.Apply(ctx, stack.Wish{
		Name: h.Place.HubStack(), Template: kept, Parameters: map[string]string{paramDelete: "false"},
	})
	return err
}
