package work_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/salve-security/salve/internal/audit"
	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/engine/enginetest"
	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/finding"
	"github.com/salve-security/salve/internal/gate"
	"github.com/salve-security/salve/internal/run"
)

// locked is a store whose lock is opened with a key.
type locked struct{ Key string }

// locking is a process whose Store.3 wants a store locked with the key of its parameter.
func locking(t *testing.T, p *enginetest.Process) *enginetest.Process {
	t.Helper()
	info := enginetest.Declared(t, "Store.3")
	info.Params = []control.Param{{Name: "key", Meaning: "The key.", Default: "ours"}}
	return enginetest.Instead(t, p, control.Of[locked]{
		Info: info,
		Read: func(ctx context.Context, env control.Env) (locked, error) {
			l, err := enginetest.Read[locked](ctx, env, "Store", "Block")
			if l == nil {
				l = &locked{}
			}
			return *l, err
		},
		Want: func(_ locked, env control.Env) (locked, error) { return locked{env.Params.Text("key")}, nil },
		Write: func(ctx context.Context, env control.Env, _, to locked) error {
			return enginetest.Write(ctx, env, "Store", "Block", &to)
		},
	})
}

// raising is the configuration in which red data takes the customer's key, in a mode, and yellow data the same one.
func raising(mode gate.Mode) gate.Config {
	config := enginetest.Approving(false)
	config.Controls["Store.3"] = gate.Rule{Mode: mode, Parameters: map[string]any{"key": "entry"}}
	theirs := map[string]map[string]any{"store.3": {"key": "theirs"}}
	config.Classes = &gate.Classes{
		Tag: "data", Unclassified: gate.Auto, Red: gate.Class{Mode: gate.Auto, Parameters: theirs},
		Yellow: gate.Class{Mode: gate.Auto, Parameters: theirs},
		Green:  gate.Class{Parameters: map[string]map[string]any{"Store.3": {"key": "ours"}}},
	}
	return config
}

// ofClass is a world with a store of a class, reported, with its configuration.
func ofClass(t *testing.T, mode gate.Mode, class string) (
	w *enginetest.World, p *enginetest.Process, store, id string,
) {
	t.Helper()
	w = enginetest.New(t)
	w.Config = raising(mode)
	p = locking(t, w.Stoppable())
	store = w.Store(t, nil)
	if class != "" {
		w.Tag(store, map[string]string{"data": class})
	}
	return w, p, store, w.Report(t, enginetest.Spec(store))
}

// TestClassRaises: what a class sets wins over the entry, also where that is the default of the control; plan, note and
// audit log say so.
func TestClassRaises(t *testing.T) {
	for name, tc := range map[string]struct {
		key    string
		raised map[string]string
		says   string
	}{
		"red":   {"theirs", map[string]string{"key": "red"}, "key=theirs (class red)"},
		"green": {"ours", map[string]string{"key": "green"}, "key=ours (class green)"},
		"":      {"entry", nil, "key=entry (configuration)"},
		"blue":  {"entry", nil, "key=entry (configuration)"},
	} {
		t.Run("class "+name, func(t *testing.T) {
			w, p, _, id := ofClass(t, gate.Auto, name)
			p.Handled(t, w.Imported(t, id))
			r := w.Ended(t, run.StatusVerified)
			if diff := cmp.Diff(tc.raised, r.Plan.Raised); diff != "" || r.Plan.Params["key"] != control.Text(tc.key) {
				t.Errorf("params %v, %s", r.Plan.Params, diff)
			}
			w.Shows(t, id, finding.Resolved, strings.ReplaceAll(tc.says, "="+tc.key, "="+control.Text(tc.key)))
			said := slices.ContainsFunc(p.Audited(), func(l audit.Line) bool {
				return l.Event == audit.Finished && cmp.Equal(l.Parameters, r.Plan.Params) && cmp.Equal(l.Sources, r.Sources)
			})
			if !said {
				t.Errorf("the audit log does not say %v", r.Plan.Params)
			}
		})
	}
}

// TestClassIsInTheHash: an approval of what red data takes is none of the same for yellow data.
func TestClassIsInTheHash(t *testing.T) {
	hashes := map[string]string{}
	for _, class := range []string{"red", "yellow", "green", ""} {
		w, p, _, id := ofClass(t, gate.Approve, class)
		p.Handled(t, w.Imported(t, id))
		r := w.Ended(t, run.StatusAwaitingApproval)
		if other, twice := hashes[r.Plan.Hash]; twice {
			t.Errorf("%q has the hash of %q", class, other)
		}
		hashes[r.Plan.Hash] = class
	}
}

// TestClassChangesBeforeTheWrite: the tag is read again, and what is another plan then is shown again.
func TestClassChangesBeforeTheWrite(t *testing.T) {
	for class, key := range map[string]string{"red": "theirs", "yellow": "theirs", "green": "ours", "": "entry"} {
		t.Run("from red to "+class, func(t *testing.T) {
			w, p, store, id := ofClass(t, gate.Approve, "red")
			p.Handled(t, w.Imported(t, id))
			asked := w.Ended(t, run.StatusAwaitingApproval)
			w.Events()
			w.Clock.Move(time.Hour)
			w.Tag(store, map[string]string{"data": class})
			m := enginetest.Answer(t, enginetest.Alice, asked, run.Approve)
			p.Handled(t, m)
			r, err := w.Ledger.Get(t.Context(), w.Told(t, m).Run)
			if err != nil {
				t.Fatal(err)
			}
			if r.Plan.Params["key"] != control.Text(key) {
				t.Errorf("goes by %v", r.Plan.Params)
			}
			if class == "red" {
				if r.Status != run.StatusVerified || w.Puts(store) != 1 {
					t.Errorf("%s, %d writes", r.Status, w.Puts(store))
				}
				return
			}
			if r.Status != run.StatusAwaitingApproval || w.Puts(store) != 0 || r.Plan.Hash == asked.Plan.Hash {
				t.Errorf("%s: %s, %d writes", r.Status, r.Reason, w.Puts(store))
			}
			p.Handled(t, enginetest.Answer(t, enginetest.Alice, r, run.Approve))
			if w.Puts(store) != 1 {
				t.Errorf("%d writes once the new plan is approved", w.Puts(store))
			}
		})
	}
}

// TestClassNobodyKnows: what nobody may read could be of any class. A person may say what the class would.
func TestClassNobodyKnows(t *testing.T) {
	w, p, store, id := ofClass(t, gate.Auto, "red")
	w.Fail("GetResources", enginetest.Denied())
	p.Handled(t, w.Imported(t, id))
	w.Says(t, id, finding.New)
	req := enginetest.Wish(store)
	if _, err := p.Preview(t.Context(), req); fault.Of(err) != fault.Refused || !strings.Contains(err.Error(), "[key]") {
		t.Errorf("a plan: %v", err)
	}
	if _, err := p.Apply(t.Context(), req); fault.Of(err) != fault.Refused || w.Puts(store) > 0 {
		t.Errorf("a fix: %v, %d writes", err, w.Puts(store))
	}
	req.Params = map[string]any{"key": "mine"}
	r, err := p.Apply(t.Context(), req)
	if err != nil || r.Status != run.StatusVerified || r.Sources["key"] != control.FromCommand {
		t.Errorf("%+v, %v", r, err)
	}
}

// TestClassForOperators: who fixes by name is bound by no mode of a class, but his fix goes by what it sets.
func TestClassForOperators(t *testing.T) {
	w, p, store, _ := ofClass(t, gate.Manual, "red")
	w.Config.Classes.Red.Mode = gate.Off
	plan, err := p.Preview(t.Context(), enginetest.Wish(store))
	if err != nil || plan.Params["key"] != control.Text("theirs") || plan.Raised["key"] != "red" {
		t.Errorf("%+v, %v", plan, err)
	}
}

// TestClassWithBadParameters: what no push has checked is not acted on, whatever class the data is of.
func TestClassWithBadParameters(t *testing.T) {
	w, p, store, id := ofClass(t, gate.Auto, "")
	w.Config.Classes.Red.Parameters = map[string]map[string]any{"Store.3": {"lock": "theirs"}}
	p.Handled(t, w.Click(t, id))
	w.Shows(t, id, finding.Notified, `class red: control Store.3 has no parameter "lock"`)
	if w.Puts(store) > 0 {
		t.Error("it was locked")
	}
}
