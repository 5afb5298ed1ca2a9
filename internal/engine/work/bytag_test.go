package work_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/salve-security/salve/internal/audit"
	"github.com/salve-security/salve/internal/engine/enginetest"
	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/finding"
	"github.com/salve-security/salve/internal/gate"
	"github.com/salve-security/salve/internal/run"
)

// askable is a world in which owners may ask for ten days, with a store whose tag has a value, and its finding.
func askable(t *testing.T, value string) (w *enginetest.World, p *enginetest.Process, store, id string) {
	t.Helper()
	w = enginetest.New(t)
	w.Config = enginetest.Modes(gate.Auto)
	w.Config.ByTag = &gate.ByTag{Tag: "keep", Controls: []string{"Store.*"}, Days: 10}
	store = w.Store(t, nil)
	if value != "" {
		w.Tag(store, map[string]string{"keep": value})
	}
	return w, w.Stoppable(), store, w.Report(t, enginetest.Spec(store))
}

// TestOwnerAsks: a tag keeps off what would write, for the days that the configuration allows; who asks hears why.
func TestOwnerAsks(t *testing.T) {
	for name, tc := range map[string]struct {
		value string
		asked bool // an exception began
		acts  bool
		says  string
	}{
		"this control": {
			"Store.3 owner=web ticket=SEC-12 reason=static web site", true, false, "(owner web, ticket SEC-12): static web site",
		},
		"what writes too": {"store.1", true, false, "asked for by its tag keep"},
		"several":         {"Door.1, Store.*", true, false, "asked for by its tag keep"},
		"all":             {"all until=2030-01-01", true, false, "all controls"},
		"another control": {"Door.1", false, true, ""},
		"its own end":     {"all until=2020-01-01", false, true, "asks for an exception, whose time is over"},
		"no tag":          {"", false, true, ""},
		"cannot be read":  {"please!", true, false, `its tag keep cannot be read: "please!" is neither a control`},
		"no control":      {"until=2030-01-01", true, false, "it names no control"},
		"no day":          {"all until=soon", true, false, `"until=soon" is neither`},
		"said twice":      {"all owner=a owner=b", true, false, "it says owner twice"},
		"hostile":         {"all owner=\x1b]0;x\a reason=<script>\u202e" + strings.Repeat("x", 200), true, false, "all controls"},
	} {
		t.Run(name, func(t *testing.T) {
			w, p, store, id := askable(t, tc.value)
			p.Handled(t, w.Click(t, id))
			given, err := w.Ledger.Given(t.Context())
			if err != nil || (len(given) == 1) != tc.asked || w.Blocked(store) != tc.acts {
				t.Errorf("%+v, %v, acted %v", given, err, w.Blocked(store))
			}
			status := finding.Notified
			if tc.acts {
				status = finding.Resolved
			}
			w.Shows(t, id, status, tc.says)
			if note := w.Finding(t, id).Note.Text; strings.ContainsAny(note, "\x1b\a\u202e") {
				t.Errorf("%q is not fit to be shown", note)
			}
			noted := slices.ContainsFunc(p.Audited(), func(l audit.Line) bool { return l.Event == audit.Excepted })
			if noted != tc.asked {
				t.Errorf("the audit log says so: %v", noted)
			}
		})
	}
}

// TestOwnerAsksForALimitedTime: counted from when the tag was first seen, however it is changed or set again.
func TestOwnerAsksForALimitedTime(t *testing.T) {
	for name, value := range map[string]string{"as it should": "Store.3", "cannot be read": "???"} {
		t.Run(name, func(t *testing.T) {
			w, p, store, id := askable(t, value)
			p.Handled(t, w.Imported(t, id))
			w.Says(t, id, finding.New)
			w.Clock.Move(9 * 24 * time.Hour)
			w.Tag(store, map[string]string{"keep": "all until=2030-01-01"})
			p.Handled(t, w.Imported(t, id))
			if given, err := w.Ledger.Given(t.Context()); err != nil || len(given) != 1 || w.Blocked(store) {
				t.Fatalf("%+v, %v", given, err)
			}
			w.Clock.Move(2 * 24 * time.Hour)
			p.Handled(t, w.Imported(t, id))
			w.Shows(
				t,
				id,
				finding.Resolved,
				"Left alone: the tag keep, which asks for an exception, whose time is over.",
			)
		})
	}
}

// TestOwnerAsksNoMore: a tag that is gone keeps nothing off, nor does one that a person has ended.
func TestOwnerAsksNoMore(t *testing.T) {
	for name, end := range map[string]func(*testing.T, *enginetest.World, string){
		"gone": func(_ *testing.T, w *enginetest.World, store string) { w.Untag(store, "keep") },
		"ended": func(t *testing.T, w *enginetest.World, _ string) {
			given, err := w.Ledger.Given(t.Context())
			if err != nil || len(given) != 1 {
				t.Fatalf("%+v, %v", given, err)
			}
			if ended, err := w.Ledger.EndExcept(t.Context(), given[0].ID, "ada", w.Clock.Now()); !ended || err != nil {
				t.Fatal(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			w, p, store, id := askable(t, "Store.3")
			p.Handled(t, w.Imported(t, id))
			w.Says(t, id, finding.New)
			end(t, w, store)
			p.Handled(t, w.Imported(t, id))
			w.Says(t, id, finding.Resolved)
		})
	}
}

// TestOwnerAsksInVain: where the configuration does not allow it the resource is fixed, and the note says so.
func TestOwnerAsksInVain(t *testing.T) {
	for name, tc := range map[string]struct {
		change func(*gate.ByTag)
		says   string
	}{
		"control": {func(b *gate.ByTag) { b.Controls = []string{"Door.*"} }, "does not allow for Store.3."},
		"place": {
			func(b *gate.ByTag) { b.Where = []gate.Where{{Accounts: []string{"999999999999"}}} }, "does not allow here.",
		},
	} {
		t.Run(name, func(t *testing.T) {
			for _, value := range []string{"all", "???"} {
				w, p, _, id := askable(t, value)
				tc.change(w.Config.ByTag)
				p.Handled(t, w.Imported(t, id))
				w.Shows(
					t,
					id,
					finding.Resolved,
					"Left alone: the tag keep, which asks for an exception, which the configuration "+
						tc.says,
				)
				if given, err := w.Ledger.Given(t.Context()); err != nil || len(given) > 0 {
					t.Errorf("%+v, %v", given, err)
				}
			}
		})
	}
}

// TestOwnersTagIsUnknown: what nobody may read might ask. Where it could ask in vain at most, nothing waits for it.
func TestOwnersTagIsUnknown(t *testing.T) {
	w, p, _, id := askable(t, "all")
	w.Fail("GetResources", enginetest.Denied())
	p.Handled(t, w.Click(t, id))
	w.Shows(t, id, finding.Notified, gate.UnknownTags.Sentence())
	w, p, _, id = askable(t, "all")
	w.Config.ByTag.Controls = []string{"Door.1"}
	w.Fail("GetResources", enginetest.Denied())
	p.Handled(t, w.Imported(t, id))
	w.Says(t, id, finding.Resolved)
}

// TestOwnerAsksAndAPersonActs: who acts by name has to answer for it.
func TestOwnerAsksAndAPersonActs(t *testing.T) {
	_, p, store, _ := askable(t, "Store.3 reason=web")
	wish := enginetest.Wish(store)
	if _, err := p.Apply(t.Context(), wish); fault.Of(err) != fault.Refused ||
		!strings.Contains(err.Error(), "): web; ") {
		t.Errorf("%v", err)
	}
	wish.Despite = true
	r, err := p.Apply(t.Context(), wish)
	if err != nil || r.Status != run.StatusVerified || !strings.Contains(r.Despite, "): web") {
		t.Errorf("%+v, %v", r, err)
	}
}

// TestOwnerAsksWhileItWaited: a plan that is approved is not carried out where the owner has asked meanwhile.
func TestOwnerAsksWhileItWaited(t *testing.T) {
	w, p, store, id, asked := waiting(t, false, false)
	w.Config.ByTag = &gate.ByTag{Tag: "keep", Controls: []string{"*"}, Days: 10}
	w.Tag(store, map[string]string{"keep": "Store.3 reason=web"})
	p.Handled(t, enginetest.Answer(t, enginetest.Alice, asked, run.Approve))
	if w.Puts(store) > 0 {
		t.Error("it was written")
	}
	if given, err := w.Ledger.Given(t.Context()); err != nil || len(given) != 1 {
		t.Errorf("%+v, %v", given, err)
	}
	_ = id
}

// TestOwnerIsReminded as everybody is of an exception that ends.
func TestOwnerIsReminded(t *testing.T) {
	w, p, _, id := askable(t, "Store.3")
	p.Handled(t, w.Imported(t, id))
	w.Clock.Move(9*24*time.Hour + time.Hour - time.Duration(w.Clock.Now().Minute())*time.Minute)
	p.Handled(t, enginetest.Sweep())
	said := func() bool {
		for _, n := range p.Told() {
			if strings.Contains(n.Why, "asked for by its tag keep") {
				return true
			}
		}
		return false
	}
	if !said() {
		t.Errorf("%+v", p.Told())
	}
}

// TestNoTagIsReadForWhatDoesNothing: tags are asked for where something would happen, and nowhere else.
func TestNoTagIsReadForWhatDoesNothing(t *testing.T) {
	w, p, _, id := askable(t, "all")
	w.Config.Controls = enginetest.Modes(gate.Manual).Controls
	w.ClearCalls()
	p.Handled(t, w.Imported(t, id))
	if reads := slices.ContainsFunc(w.Calls(), func(c enginetest.Call) bool { return c.Operation == "GetResources" }); reads {
		t.Error("tags were read")
	}
	w.NothingStored(t)
}
