package control

import (
	"fmt"
	"strings"
)

// Beside tells whether another control works on the same resource root.
func (c Control) Beside(o Control, t Target) bool {
	_, works := o.Name(t)
	return works && c.ID != o.ID && c.Resource == o.Resource && c.LockKey(t) == o.LockKey(t)
}

// Kin tells whether another control reads and writes the same state of the
// same resource root: what one changes, the other may need or undo.
func (c Control) Kin(o Control, t Target) bool {
	return c.Beside(o, t) && c.state.shape().of == o.state.shape().of
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
// met after it. The plan must have been made in this process.
func (c Control) Breaks(p Plan, env Env) (bool, error) {
	if !p.ready {
		return false, fmt.Errorf("what the plan means for %s: %w", c.ID, ErrStale)
	}
	left := func(state any) (bool, error) {
		want, err := c.state.want(state, env)
		if err != nil {
			return false, err
		}
		return len(diff(state, want, c.state.shape(), nil)) > 0, nil
	}
	if unmet, err := left(p.from); err != nil || unmet {
		return false, err
	}
	return left(p.to)
}
