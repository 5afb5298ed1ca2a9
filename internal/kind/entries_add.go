package kind

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
)

// pairs takes out of what is added and removed what can take the place of each other.
func (k Entries[E]) pairs(s *steps[E]) [][2]E {
	if k.Move == nil || k.Movable == nil {
		return nil
	}
	var out [][2]E
	s.removed = slices.DeleteFunc(s.removed, func(is E) bool {
		at := slices.IndexFunc(s.added, func(becomes E) bool { return k.Movable(is, becomes) })
		if at < 0 {
			return false
		}
		out = append(out, [2]E{is, s.added[at]})
		s.added = slices.Delete(s.added, at, at+1)
		return true
	})
	return out
}

// add adds all entries together. Where AWS takes none because of one, such as one that
// refers to what is gone, the others are added by themselves, and the error says which
// are missing. A quota is met one by one only where nothing but adding is to be done: a
// list filled with the half of what takes the place of something helps nobody, and is
// taken out again.
func (k Entries[E]) add(ctx context.Context, env control.Env, s steps[E]) error {
	err := k.Add(ctx, env, s.added)
	class := fault.Of(err)
	if class != fault.Gone && class != fault.Invalid && class != fault.Refused {
		return err
	}
	now, lost := k.Read(ctx, env) // a part may have been added; and what is gone may be the resource
	if lost != nil {
		return errors.Join(lost, err)
	}
	there := func(e E) bool { _, ok := now[k.Key(e)]; return ok }
	if alone := len(s.moved)+len(s.changed)+len(s.removed) == 0; class == fault.Refused && !alone {
		added := slices.DeleteFunc(slices.Clone(s.added), func(e E) bool { return !there(e) })
		return errors.Join(err, k.takeOut(ctx, env, now, added))
	}
	return k.addEach(ctx, env, slices.DeleteFunc(s.added, there))
}

// takeOut removes entries as they were just read.
func (k Entries[E]) takeOut(ctx context.Context, env control.Env, now map[string]E, added []E) error {
	if len(added) == 0 {
		return nil
	}
	for i, e := range added {
		added[i] = now[k.Key(e)]
	}
	return k.Remove(ctx, env, added)
}

// addEach adds entries one by one, as far as AWS takes them.
func (k Entries[E]) addEach(ctx context.Context, env control.Env, all []E) error {
	var missing []error
	for _, e := range all {
		err := k.Add(ctx, env, []E{e})
		switch fault.Of(err) { //nolint:exhaustive // the others are as of all
		case fault.None:
		case fault.Gone, fault.Invalid, fault.Refused:
			missing = append(missing, fmt.Errorf("add %q: %w", k.Key(e), err))
		default:
			return errors.Join(append([]error{err}, missing...)...)
		}
	}
	return fault.Wrap(fault.Refused, errors.Join(missing...))
}
