package kind

import (
	"context"
	"maps"
	"slices"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
)

// Entries are a list of a resource from which a control takes what offends, such
// as the rules of a firewall. They are told apart by what they say, never by their
// place or by an id that AWS makes: an entry that comes back has another one. An
// id that a call needs is kept in a field of E that JSON leaves out (`json:"-"`);
// Remove and Change get it as it was just listed.
type Entries[E any] struct {
	// Key says in a few words what an entry is. Two of one key cannot be.
	Key func(e E) string
	// List reads all entries. A resource that is gone is an error, not an empty list.
	List func(ctx context.Context, env control.Env) ([]E, error)
	// Offends tells what must not be there; an error refuses, with what a person can do.
	Offends func(e E, env control.Env) (bool, error)
	// Instead returns what takes the place of an entry that offends, and does not
	// offend; nil puts nothing there. What is there already by its key stays as it is.
	Instead func(e E, env control.Env) []E
	// Add, Move, Change and Remove carry out what differs, in this order: what is to
	// stay open has its new entry before the old one closes, and where AWS does not take
	// the new one nothing is closed. Change puts an entry in the place of the one with
	// its key; nil where AWS cannot.
	Add, Remove func(ctx context.Context, env control.Env, all []E) error
	Change      func(ctx context.Context, env control.Env, from, to E) error
	// Move puts entries in the place of others with another key, in pairs of what is
	// there and what comes; Movable tells which pairs AWS can take. So a list that is
	// full can be changed too. Both are nil where AWS cannot.
	Move    func(ctx context.Context, env control.Env, pairs [][2]E) error
	Movable func(is, becomes E) bool
}

// Control returns the entries as a control, whose state they are.
func (k Entries[E]) Control(info control.Info) control.Control {
	if k.Key == nil || k.List == nil || k.Offends == nil || k.Add == nil || k.Remove == nil {
		return control.Control{Info: info}
	}
	return control.Of[map[string]E]{Info: info, Read: k.Read, Want: k.Want, Write: k.Write}.Control()
}

// Read returns the entries by their keys.
func (k Entries[E]) Read(ctx context.Context, env control.Env) (map[string]E, error) {
	all, err := k.List(ctx, env)
	if err != nil {
		return nil, err
	}
	now := make(map[string]E, len(all))
	for _, e := range all {
		key := k.Key(e)
		if _, twice := now[key]; twice {
			return nil, fault.New(fault.Refused, "there are two entries %q, which cannot be told apart: remove one", key)
		}
		now[key] = e
	}
	return now, nil
}

// Want returns the entries without those that offend, and with what takes their place.
func (k Entries[E]) Want(now map[string]E, env control.Env) (map[string]E, error) {
	to := maps.Clone(now)
	var instead []E
	for _, key := range slices.Sorted(maps.Keys(now)) {
		offends, err := k.Offends(now[key], env)
		if err != nil {
			return nil, err
		}
		if !offends {
			continue
		}
		delete(to, key)
		if k.Instead != nil {
			instead = append(instead, k.Instead(now[key], env)...)
		}
	}
	for _, e := range instead {
		if _, there := to[k.Key(e)]; !there {
			to[k.Key(e)] = e
		}
	}
	return to, nil
}

// Write carries out what differs between two states on the entries that are there
// now. It leaves all others alone, and writes nothing when somebody else has
// changed one that differs.
func (k Entries[E]) Write(ctx context.Context, env control.Env, from, to map[string]E) error {
	now, err := k.Read(ctx, env)
	if err != nil {
		return err
	}
	s, err := k.steps(now, from, to)
	if err != nil {
		return err
	}
	s.moved = k.pairs(&s)
	if len(s.added) > 0 {
		if err := k.add(ctx, env, s); err != nil {
			return err
		}
	}
	if len(s.moved) > 0 {
		if err := k.Move(ctx, env, s.moved); err != nil {
			return err
		}
	}
	for _, pair := range s.changed {
		if err := k.Change(ctx, env, pair[0], pair[1]); err != nil {
			return err
		}
	}
	if len(s.removed) > 0 {
		return k.Remove(ctx, env, s.removed)
	}
	return nil
}

// steps are what is left to do on the way between two states, in the order of keys.
type steps[E any] struct {
	added, removed []E
	changed, moved [][2]E // from, to
}

func (k Entries[E]) steps(now, from, to map[string]E) (steps[E], error) {
	both, s := map[string]E{}, steps[E]{}
	maps.Copy(both, from)
	maps.Copy(both, to)
	for _, key := range slices.Sorted(maps.Keys(both)) {
		next, changed, err := carry(only(now, key), only(from, key), only(to, key))
		if err != nil {
			return steps[E]{}, err
		}
		is, there := now[key]
		becomes, stays := next[key]
		switch {
		case !changed:
		case !there:
			s.added = append(s.added, becomes)
		case !stays:
			s.removed = append(s.removed, is)
		case k.Change == nil:
			return steps[E]{}, fault.New(fault.Refused, "%q cannot be changed in place: remove it and add the other", key)
		default:
			s.changed = append(s.changed, [2]E{is, becomes})
		}
	}
	return s, nil
}

// only is the entry of one key.
func only[E any](all map[string]E, key string) map[string]E {
	e, there := all[key]
	if !there {
		return map[string]E{}
	}
	return map[string]E{key: e}
}
