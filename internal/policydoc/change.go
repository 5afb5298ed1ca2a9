package policydoc

import (
	"encoding/json"
	"maps"
	"slices"

	"github.com/salve-security/salve/internal/fault"
)

// Change carries out what differs between two states and leaves all other
// statements alone: byte for byte, and in their order. What is new comes last. It
// changes nothing where all is done already. A statement that is neither as it was
// nor as it should be is an error of class fault.Drifted.
func (d *Document) Change(from, to State) (changed bool, err error) {
	keys, next := d.keys(), slices.Clone(d.statements)
	var added []json.RawMessage
	var touched []string
	for _, key := range union(from, to) {
		if same(from[key], to[key]) {
			continue
		}
		at, now := slices.Index(keys, key), json.RawMessage(nil)
		if at >= 0 {
			now = held(d.statements[at])
		}
		if same(now, to[key]) {
			continue
		}
		if !same(now, from[key]) {
			return false, fault.New(fault.Drifted, "statement %q was changed by somebody else while it was worked on", key)
		}
		touched = append(touched, key)
		var becomes json.RawMessage
		if len(to[key]) > 0 {
			if becomes, err = released(to[key]); err != nil {
				return false, err
			}
		}
		if at < 0 {
			added = append(added, becomes)
			continue
		}
		next[at] = becomes
	}
	if len(touched) == 0 {
		return false, nil
	}
	err = d.become(slices.Concat(next, added), to, touched)
	return err == nil, err
}

// become takes the statements over, unless what was touched would not be found
// again: without the first of two statements of one name, the second has its key.
func (d *Document) become(statements []json.RawMessage, to State, touched []string) error {
	next := Document{d.members, slices.DeleteFunc(statements, func(s json.RawMessage) bool { return s == nil })}
	after := next.State()
	for _, key := range touched {
		if !same(after[key], to[key]) {
			return fault.New(fault.Refused, "after the change the policy's statement %q could not be told from another: "+
				"give each statement a Sid of its own, then try again", key)
		}
	}
	*d = next
	return nil
}

// union are the keys of both states, in order.
func union(a, b State) []string {
	both := map[string]bool{}
	for _, s := range []State{a, b} {
		for key := range s {
			both[key] = true
		}
	}
	return slices.Sorted(maps.Keys(both))
}
