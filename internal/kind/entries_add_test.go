package kind_test

import (
	"context"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
)

// picky is a wall that takes no gates together where it takes not each of them.
func picky(w *wall, class fault.Class, who string) func(context.Context, control.Env, []gate) error {
	return func(ctx context.Context, env control.Env, all []gate) error {
		for _, g := range all {
			if g.Who == who {
				return fault.New(class, "nobody knows %s", who)
			}
		}
		return w.add(ctx, env, all)
	}
}

// What an entry refers to may be gone: the others come all the same, the error names the one, and it says nothing
// about the wall. Trouble that passes ends at once, for the next try.
func TestEntriesAreAddedAsFarAsTheyCan(t *testing.T) {
	for class, want := range map[fault.Class]struct {
		class fault.Class
		gates int
	}{
		fault.Gone: {fault.Refused, 3}, fault.Invalid: {fault.Refused, 3}, fault.Refused: {fault.Refused, 3},
		fault.Retry: {fault.Retry, 1}, fault.Denied: {fault.Denied, 1},
	} {
		t.Run(string(class), func(t *testing.T) {
			w := newWall(gate{Port: 1, Who: "all"})
			k := w.entries()
			k.Add = picky(w, class, "nobody")
			from := map[string]gate{"in 1 from all": {Port: 1, Who: "all"}}
			to := map[string]gate{"in 1 from all": {Port: 1, Who: "all"}}
			for _, g := range []gate{{Port: 2, Who: "nobody"}, {Port: 3, Who: "all"}, {Port: 4, Who: "all"}} {
				to[g.key()] = g
			}
			err := k.Write(t.Context(), control.Env{}, from, to)
			if fault.Of(err) != want.class || !strings.Contains(err.Error(), "nobody knows nobody") {
				t.Errorf("%v (%s), want class %s", err, fault.Of(err), want.class)
			}
			if len(w.gates) != want.gates {
				t.Errorf("the wall has %v, want %d gates", w.said(), want.gates)
			}
		})
	}
}

// Where entries take the place of others and there is no room for all of them, none is added.
func TestNoHalfOfWhatTakesAPlace(t *testing.T) {
	w := newWall(gate{Port: 1, Who: "all"}, gate{Port: 2, Who: "all"})
	w.room = 3
	before := w.said()
	k := w.entries()
	k.Add = func(ctx context.Context, env control.Env, all []gate) error { // one call each, as for tags of their own
		for _, g := range all {
			if err := w.add(ctx, env, []gate{g}); err != nil {
				return fault.Wrap(fault.Refused, err)
			}
		}
		return nil
	}
	from := map[string]gate{"in 1 from all": {Port: 1, Who: "all"}}
	to := map[string]gate{"in 3 from all": {Port: 3, Who: "all"}, "in 4 from all": {Port: 4, Who: "all"}}
	if err := k.Write(t.Context(), control.Env{}, from, to); fault.Of(err) != fault.Refused {
		t.Errorf("%v", err)
	}
	if d := cmp.Diff(before, w.said()); d != "" {
		t.Errorf("(-before +now):\n%s", d)
	}
}

// What takes the place of another needs no room.
func TestEntriesMove(t *testing.T) {
	w := newWall(gate{Port: 1, Who: "all", Note: "old"}, gate{Port: 2, Who: "all"})
	w.room = 2
	k := w.entries()
	k.Movable = func(is, becomes gate) bool { return is.Who == becomes.Who && is.Note == becomes.Note }
	k.Move = func(_ context.Context, _ control.Env, pairs [][2]gate) error {
		for i, g := range w.gates {
			for _, pair := range pairs {
				if pair[0].ID == g.ID {
					pair[1].ID = g.ID
					w.gates[i] = pair[1]
				}
			}
		}
		return nil
	}
	from := map[string]gate{"in 1 from all": {Port: 1, Who: "all", Note: "old"}}
	to := map[string]gate{"in 3 from all": {Port: 3, Who: "all", Note: "old"}}
	if err := k.Write(t.Context(), control.Env{}, from, to); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff([]string{"in 2 from all ", "in 3 from all old"}, w.said()); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}
