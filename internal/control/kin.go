package control

import (
	"context"
	"fmt"
	"slices"
	"strings"
)

// Beside tells whether another control works on the same main resource root.
func (c Control) Beside(o Control, t Target) bool {
	_, works := o.Name(t)
	same := func(kind string) bool { return slices.Contains(o.Resources, kind) }
	return works && c.ID != o.ID && slices.ContainsFunc(c.Resources, same) && c.Root(t) == o.Root(t)
}

// Kin tells whether another control reads and writes the same state of the
// same resource root: what one changes, the other may need or undo.
func (c Control) Kin(o Control, t Target) bool {
	return c.State != "" && c.State == o.State && c.Beside(o, t)
}

// Left tells that the change left what is at a path now: at the path itself,
// at a part of it, or at what it is a part of.
func (c Change) Left(path string, now any) bool {
	switch {
	case c.Path == path:
		return c.ours(now)
	case strings.HasPrefix(c.Path, path+"/"):
		return c.ours(at(now, strings.TrimPrefix(c.Path, path+"/")))
	case strings.HasPrefix(path, c.Path+"/"):
		return equal(at(c.To, strings.TrimPrefix(path, c.Path+"/")), now)
	}
	return false
}

// Breaks tells whether the control is met before a plan of its kin, and is not
// met after it. The plan must have been made in this process. A control that
// HasFacts reads them first, so that env must have a session for its Reads; for
// the others it needs none.
func (c Control) Breaks(ctx context.Context, p Plan, env Env) (bool, error) {
	if !p.ready {
		return false, fmt.Errorf("what the plan means for %s: %w", c.ID, ErrStale)
	}
	var now look
	if c.HasFacts() {
		var err error
		if now, err = c.state.read(ctx, env); err != nil {
			return false, err
		}
	}
	left := func(written any) (bool, error) {
		want, err := c.state.want(now.with(written), env)
		if err != nil {
			return false, err
		}
		return len(diff(written, want, c.state.shape(), nil)) > 0, nil
	}
	if unmet, err := left(p.from); err != nil || unmet {
		return false, err
	}
	return left(p.to)
}
