package work_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/salve-security/salve/internal/audit"
	"github.com/salve-security/salve/internal/engine/enginetest"
	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/finding"
	"github.com/salve-security/salve/internal/gate"
	"github.com/salve-security/salve/internal/run"
)

// except has the web team keep a store as it is.
func except(t *testing.T, w *enginetest.World, of, store, lastDay string) {
	t.Helper()
	e := gate.Exception{Control: of, Resource: store, Reason: "static web site", Owner: "web", Ticket: "SEC-12"}
	if err := e.Expires.UnmarshalText([]byte(lastDay)); err != nil {
		t.Fatal(err)
	}
	w.Config.Exceptions = append(w.Config.Exceptions, e)
}

// The last days of exceptions: one that is to come, and one that is over.
const (
	toCome = "2026-03-31"
	over   = "2026-03-01"
)

// TestExceptionProtectsTheState: an exception for one control keeps every control off
// that writes the same, whoever asks for it.
func TestExceptionProtectsTheState(t *testing.T) {
	said := []string{"web", "SEC-12", "2026-03-31", "static web site", "store.1"}
	for _, id := range []string{"Store.1", "Store.2", "Store.3"} {
		t.Run(id, func(t *testing.T) {
			w := enginetest.New(t)
			b := w.Store(t, nil)
			except(t, w, "store.1", b, toCome)
			f := w.Of(t, id, b)
			p := w.Start()
			p.Handled(t, w.Imported(t, f), enginetest.Sweep())
			w.Untouched(t, f)
			p.Handled(t, w.Click(t, f))
			if told := p.Told(); len(told) > 0 { // as docs/operations.md says: the note is for who clicked
				t.Errorf("mails %+v", told)
			}
			w.Shows(t, f, finding.Notified, slices.Concat(said, []string{id, "did not act"})...)
			wish := enginetest.Wish(b)
			wish.Control = id
			if _, err := p.Apply(t.Context(), wish); fault.Of(err) != fault.Refused || !mentions(err, said...) {
				t.Errorf("apply: %v, want a refusal that says %v", err, said)
			}
			if w.Flags(b) != nil {
				t.Errorf("flags %+v", w.Flags(b))
			}
			w.NothingStored(t)
		})
	}
}

func mentions(err error, parts ...string) bool {
	return err != nil && !slices.ContainsFunc(parts, func(part string) bool {
		return !strings.Contains(strings.ToLower(err.Error()), strings.ToLower(part))
	})
}

// TestExceptionEndsAndIsNoOthers: what is not protected is fixed.
func TestExceptionEndsAndIsNoOthers(t *testing.T) {
	for name, set := range map[string]func(w *enginetest.World, b string){
		"one that ended":         func(w *enginetest.World, b string) { except(t, w, "Store.3", b, over) },
		"of another store":       func(w *enginetest.World, b string) { except(t, w, "Store.3", b+"-2", toCome) },
		"for what else is there": func(w *enginetest.World, b string) { except(t, w, "Store.4", b, toCome) },
		"of an unknown control":  func(w *enginetest.World, b string) { except(t, w, "Store.99", b, toCome) },
	} {
		t.Run(name, func(t *testing.T) {
			w := enginetest.New(t)
			b := w.Store(t, nil)
			set(w, b)
			w.Start().Handled(t, w.Imported(t, w.Of(t, "Store.3", b)))
			w.Ended(t, run.StatusVerified)
		})
	}
}

// TestDespiteAnException: who says so acts, and the run and the audit log say it too.
func TestDespiteAnException(t *testing.T) {
	w := enginetest.New(t)
	b := w.Store(t, nil)
	except(t, w, "Store.1", b, toCome)
	wish := enginetest.Wish(b)
	wish.Despite = true
	p := w.Start()
	r, err := p.Apply(t.Context(), wish)
	if err != nil || r.Status != run.StatusVerified || !strings.Contains(r.Despite, "web") {
		t.Fatalf("run %+v, %v", r, err)
	}
	if !slices.ContainsFunc(p.Audited(), func(l audit.Line) bool {
		return l.Event == audit.Insisted && l.Actor == "alice" && strings.Contains(l.Reason, "static web site")
	}) {
		t.Errorf("audit lines %+v do not say it", p.Audited())
	}
	if undo, err := p.Undo(t.Context(), r.ID, "web"); err != nil || undo.Status != run.StatusUndone {
		t.Errorf("undo %+v, %v: an exception is no reason to keep the change", undo, err)
	}
}

// TestExceptionForWhatWaits: one that was made meanwhile holds for a run that has written nothing, an operator's too.
func TestExceptionForWhatWaits(t *testing.T) {
	for name, tc := range map[string]struct {
		despite bool
		want    run.Status
	}{"refused": {false, run.StatusRefused}, "despite it": {true, run.StatusVerified}} {
		t.Run(name, func(t *testing.T) {
			w := enginetest.New(t)
			b := w.Store(t, nil)
			w.Fail("GetBlock", enginetest.Throttled())
			wish := enginetest.Wish(b)
			wish.Despite = tc.despite
			if tc.despite {
				except(t, w, "Store.2", b, toCome)
			}
			if r, err := w.Start().Apply(t.Context(), wish); err != nil || r.Status != run.StatusDeferred {
				t.Fatalf("run %+v, %v", r, err)
			}
			w.Heal()
			if !tc.despite {
				except(t, w, "Store.2", b, toCome)
			}
			w.Clock.Move(enginetest.Later)
			w.Start().Handled(t, enginetest.Sweep())
			w.Ended(t, tc.want)
		})
	}
	w := enginetest.New(t)
	b, f := w.Waiting(t, true)
	except(t, w, "Store.2", b, toCome)
	w.Clock.Move(enginetest.Later)
	w.Start().Handled(t, enginetest.Sweep())
	w.Ended(t, run.StatusRefused)
	w.Shows(t, f, finding.Notified, "SEC-12", "web", "2026-03-31")
}

// TestExceptionForWhatIsWrittenTheSame: two controls with states of their own that write the same are
// one for exceptions.
func TestExceptionForWhatIsWrittenTheSame(t *testing.T) {
	w := enginetest.New(t)
	b := w.Store(t, nil)
	p := w.Start()
	one, two := enginetest.Statement("Store.5", "One"), enginetest.Statement("Store.6", "Two")
	one.Writes, two.Writes = "store.policy", "store.policy"
	p.Controls = enginetest.RegistryOf(t, one, two)
	except(t, w, "Store.5", b, toCome)
	wish := enginetest.Wish(b)
	wish.Control = "Store.6"
	if _, err := p.Apply(t.Context(), wish); fault.Of(err) != fault.Refused {
		t.Errorf("apply: %v, want a refusal", err)
	}
}
