package control

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"
)

// Settle is how a control's verification waits: AWS may take a while to show
// what it has accepted.
type Settle struct {
	Typical time.Duration // when the first look after an unfinished one is worth it
	Within  time.Duration // after this the change counts as failed; zero means ten seconds
}

// Apply writes the plan. A write error means unknown, not failed: the caller
// has to look with Verify before it says anything about the resource.
func (c Control) Apply(ctx context.Context, env Env, p Plan) error {
	if !p.ready {
		return fmt.Errorf("apply %s: %w", c.ID, ErrStale)
	}
	if !p.Pending() {
		return nil
	}
	if c.Starts() {
		return fmt.Errorf("apply %s: %w", c.ID, ErrStarts)
	}
	return c.state.write(ctx, env, look{p.from, p.facts}, look{p.to, p.facts})
}

// Seen is what a fresh read showed after a plan was applied.
type Seen struct {
	// Left is what would still have to change; empty means proven.
	Left []Change
	// Changes are the plan's, each with Got filled in where it is not To.
	Changes []Change
	// Hash identifies the state that was read.
	Hash string
	// Within is how long what is left may take since it was written.
	Within time.Duration
	// Waits says what people have to do for all that is left; empty when it is not
	// theirs to do.
	Waits string
}

// Verify reads the resource again and compares it with what the plan wanted.
// For a fix Want must have nothing left to change; for an undo every path must
// be back. Where Want refuses, the error comes with what was seen all the same.
func (c Control) Verify(ctx context.Context, env Env, p Plan) (Seen, error) {
	now, err := c.state.read(ctx, env)
	if err != nil {
		return Seen{}, err
	}
	var seen Seen
	if seen.Hash, err = digest(now.written); err != nil {
		return Seen{}, err
	}
	for _, ch := range p.Changes {
		if c.state.shape().isFact(ch.Path) {
			continue
		}
		v := at(now.written, ch.Path)
		if ch, err = looked(ch, v); err != nil {
			return Seen{}, err
		}
		if p.Undo && !equal(v, ch.To) {
			seen.Left = append(seen.Left, Change{Path: ch.Path, From: v, To: ch.To})
		}
		seen.Changes = append(seen.Changes, ch)
	}
	if p.Undo {
		seen.Within = c.Settle.Within
		return seen, nil
	}
	to, err := c.state.want(now, env)
	if err != nil {
		return seen, err
	}
	seen.Left = diff(now.written, to, c.state.shape(), nil)
	seen.Within, seen.Waits = c.patience(seen.Left)
	return seen, nil
}

// Removed is what a look at a resource has shown that is not there any more, because the plan has taken it away.
func Removed(p Plan) (Seen, error) {
	seen := Seen{Changes: slices.Clone(p.Changes)}
	for i := range seen.Changes {
		seen.Changes[i].Got, seen.Changes[i].Missed = nil, false
	}
	var err error
	seen.Hash, err = digest("gone") // which is no state: one that is empty differs from it
	return seen, err
}

// looked is a change with what became of it: v is there. Nobody can tell whose
// value it is where an earlier try was unsure.
func looked(ch Change, v any) (Change, error) {
	ch.Got, ch.Missed = nil, false
	switch {
	case equal(v, ch.To), ch.Unsure:
		return ch, nil
	case equal(v, ch.From):
		ch.Missed = true
		return ch, nil
	}
	raw, err := json.Marshal(v)
	if err != nil {
		return ch, fmt.Errorf("encode %s: %w", ch.Path, err)
	}
	ch.Got = raw
	return ch, nil
}
