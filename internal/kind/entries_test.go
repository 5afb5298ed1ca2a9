package kind_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/kind"
)

// gate is an opening in a wall. The wall gives each an id.
type gate struct {
	ID   int    `json:"-"`
	Port int    `json:"_Port"`
	Who  string `json:"_Who"`
	Note string `json:",omitempty"`
}

func (g gate) key() string { return fmt.Sprintf("in %d from %s", g.Port, g.Who) }

// wall has gates, room for so many, and a log of what was done to them.
type wall struct {
	service
	gates []gate
	last  int
	room  int
	log   []string
}

func newWall(gates ...gate) *wall {
	w := &wall{room: 9}
	for _, g := range gates {
		w.open(g)
	}
	return w
}

func (w *wall) open(g gate) {
	w.last++
	g.ID = w.last
	w.gates = append(w.gates, g)
}

func (w *wall) list(context.Context, control.Env) ([]gate, error) { return slices.Clone(w.gates), nil }

func (w *wall) add(_ context.Context, _ control.Env, all []gate) error {
	if len(w.gates)+len(all) > w.room {
		return errRefused
	}
	return w.write(func() {
		for _, g := range all {
			w.log = append(w.log, "+"+g.key())
			w.open(g)
		}
	})
}

// remove takes ids, as AWS does: what was not just listed has none.
func (w *wall) remove(_ context.Context, _ control.Env, all []gate) error {
	return w.write(func() {
		for _, g := range all {
			w.log = append(w.log, "-"+g.key())
			w.gates = slices.DeleteFunc(w.gates, func(o gate) bool { return o.ID == g.ID })
		}
	})
}

// entries are a wall's gates without those of port 22 for everybody, which people
// of the house may still use.
func (w *wall) entries() kind.Entries[gate] {
	return kind.Entries[gate]{
		Key: gate.key, List: w.list, Add: w.add, Remove: w.remove,
		Offends: func(g gate, _ control.Env) (bool, error) { return g.Port == 22 && g.Who == "all", nil },
		Instead: func(g gate, _ control.Env) []gate { return []gate{{Port: 22, Who: "house", Note: g.Note}} },
	}
}

// said is the wall without its ids, in the order of its gates.
func (w *wall) said() any {
	var all []string
	for _, g := range w.gates {
		all = append(all, g.key()+" "+g.Note)
	}
	slices.Sort(all)
	return all
}

func (w *wall) note(key, text string) {
	for i, g := range w.gates {
		if g.key() == key {
			w.gates[i].Note = text
		}
	}
}

func walled() *scene {
	w := newWall(gate{Port: 22, Who: "all", Note: "jump"}, gate{Port: 443, Who: "all"})
	return &scene{
		service: &w.service, control: w.entries().Control(info("EC2.13")), observe: w.said,
		disturb: func() { w.note("in 22 from house", "theirs") },
		beside:  func() { w.open(gate{Port: 80, Who: "all"}) },
	}
}

func TestEntries(t *testing.T) {
	want := "  - in 22 from all \"jump\"\n  + in 22 from house \"jump\"\n"
	if d := cmp.Diff(want, trial(t, walled)); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}

// What stays open has its new gate before the old one closes; without room for it, nothing closes.
func TestEntriesAreAddedBeforeOthersGo(t *testing.T) {
	w := newWall(gate{Port: 22, Who: "all"})
	c := w.entries().Control(info("EC2.13"))
	plan := ok[control.Plan](t)(c.Plan(t.Context(), env()))
	w.room = 1
	if err := c.Apply(t.Context(), env(), plan); !errors.Is(err, errRefused) || len(w.log) > 0 {
		t.Errorf("without room: %v, %v", err, w.log)
	}
	w.room = 2
	done(t, c.Apply(t.Context(), env(), plan))
	if d := cmp.Diff([]string{"+in 22 from house", "-in 22 from all"}, w.log); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}

// A replacement that is there already keeps what others wrote on it, and an undo leaves it to them.
func TestReplacementIsThereAlready(t *testing.T) {
	house := gate{Port: 22, Who: "house", Note: "ours"}
	w := newWall(gate{Port: 22, Who: "all"}, house)
	c := w.entries().Control(info("EC2.13"))
	plan := ok[control.Plan](t)(c.Plan(t.Context(), env()))
	if d := cmp.Diff("  - in 22 from all\n", plan.String()); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	done(t, c.Apply(t.Context(), env(), plan))
	undo := ok[control.Plan](t)(c.PlanUndo(t.Context(), env(), plan.Changes))
	done(t, c.Apply(t.Context(), env(), undo))
	if d := cmp.Diff(any([]string{"in 22 from all ", "in 22 from house ours"}), w.said()); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}

// Somebody was at a gate between plan and write: nothing is written, at any gate.
func TestEntriesDrift(t *testing.T) {
	for name, meddle := range map[string]func(*wall){
		"one to remove": func(w *wall) { w.note("in 22 from all", "theirs") },
		"one to add":    func(w *wall) { w.open(gate{Port: 22, Who: "house", Note: "theirs"}) },
	} {
		t.Run(name, func(t *testing.T) {
			w := newWall(gate{Port: 22, Who: "all", Note: "jump"})
			c := w.entries().Control(info("EC2.13"))
			plan := ok[control.Plan](t)(c.Plan(t.Context(), env()))
			meddle(w)
			err := c.Apply(t.Context(), env(), plan)
			if fault.Of(err) != fault.Drifted || w.writes > 0 {
				t.Errorf("class %q after %d writes, want drifted before any: %v", fault.Of(err), w.writes, err)
			}
			if cause := fault.Cause(err); !strings.Contains(cause, "changed by somebody else") {
				t.Errorf("people are told: %s", cause)
			}
		})
	}
}

// What somebody else has done already is not done again.
func TestEntriesDoneByOthers(t *testing.T) {
	w := newWall(gate{Port: 22, Who: "all"})
	c := w.entries().Control(info("EC2.13"))
	plan := ok[control.Plan](t)(c.Plan(t.Context(), env()))
	w.gates = nil
	w.open(gate{Port: 22, Who: "house"})
	done(t, c.Apply(t.Context(), env(), plan))
	if w.writes > 0 {
		t.Errorf("wrote %d times", w.writes)
	}
}

// Where AWS can change an entry in place, one whose key stays is changed, with the id it has.
func TestEntryInPlace(t *testing.T) {
	open := func() *scene {
		w := newWall(gate{Port: 443, Who: "all"}, gate{Port: 80, Who: "all"})
		k := w.entries()
		k.Key = func(g gate) string { return fmt.Sprint(g.Port) }
		k.Offends = func(g gate, _ control.Env) (bool, error) { return g.Port == 80 && g.Note == "", nil }
		k.Instead = func(g gate, _ control.Env) []gate { g.Note = "told"; return []gate{g} }
		k.Change = func(_ context.Context, _ control.Env, from, to gate) error {
			return w.write(func() {
				for i, g := range w.gates {
					if g.ID == from.ID {
						w.gates[i].Note = to.Note
					}
				}
			})
		}
		return &scene{
			service: &w.service, control: k.Control(info("EC2.14")), observe: func() any { return slices.Clone(w.gates) },
			disturb: func() { w.note("in 80 from all", "theirs") },
			beside:  func() { w.note("in 443 from all", "beside") },
		}
	}
	if d := cmp.Diff("  ~ 80.Note: none → \"told\"\n", trial(t, open)); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}

// Without such a call the control is refused before it writes.
func TestEntryCannotBeChangedInPlace(t *testing.T) {
	w := newWall(gate{Port: 80, Who: "all"}, gate{Port: 22, Who: "all"})
	k := w.entries()
	from := ok[map[string]gate](t)(k.Read(t.Context(), env()))
	to := map[string]gate{"in 80 from all": {Port: 80, Who: "all", Note: "other"}}
	if err := k.Write(t.Context(), env(), from, to); fault.Of(err) != fault.Refused || w.writes > 0 {
		t.Errorf("class %q after %d writes: %v", fault.Of(err), w.writes, err)
	}
}

func TestEntriesErrors(t *testing.T) {
	w := newWall(gate{Port: 80, Who: "all"}, gate{Port: 80, Who: "all", Note: "again"})
	if _, err := w.entries().Control(info("EC2.13")).Plan(t.Context(), env()); fault.Of(err) != fault.Refused {
		t.Errorf("two entries of one key: %v", err)
	}
	judge := newWall(gate{Port: 80, Who: "all"}).entries()
	judge.Offends = func(gate, control.Env) (bool, error) { return true, errRefused }
	if _, err := judge.Control(info("EC2.13")).Plan(t.Context(), env()); !errors.Is(err, errRefused) {
		t.Errorf("an entry that cannot be judged: %v", err)
	}
	for name, spoil := range map[string]func(*kind.Entries[gate]){
		"key": func(k *kind.Entries[gate]) { k.Key = nil }, "list": func(k *kind.Entries[gate]) { k.List = nil },
		"offends": func(k *kind.Entries[gate]) { k.Offends = nil }, "add": func(k *kind.Entries[gate]) { k.Add = nil },
		"remove": func(k *kind.Entries[gate]) { k.Remove = nil },
	} {
		k := w.entries()
		spoil(&k)
		if registered(k.Control(info("EC2.13"))) == nil {
			t.Errorf("entries without %s are taken into a registry", name)
		}
	}
}
