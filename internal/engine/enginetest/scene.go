package enginetest

import (
	"crypto/rand"
	"strings"
	"testing"
	"time"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/engine/work"
	"github.com/salve-security/salve/internal/gate"
	labhub "github.com/salve-security/salve/internal/lab/securityhub"
	"github.com/salve-security/salve/internal/run"
)

// Store makes a store in the member and returns its id, which does not say whose
// it is. Without flags it has none at all.
func (w *World) Store(t *testing.T, f *Flags) string {
	t.Helper()
	return w.StoreOf(t, Member, f)
}

// In has the organization be read: the members are in these units, the lowest first, below its root.
func (w *World) In(t *testing.T, units ...string) {
	t.Helper()
	above := map[string]string{}
	for _, account := range []string{Member, Other} {
		at := account
		for _, unit := range units {
			above[at], at = unit, unit
		}
		above[at] = Root
	}
	w.Above = above
	c := gate.Chart{At: w.Clock.Now(), Root: Root, Above: above}
	stored, err := w.Ledger.Chart(t.Context())
	if err == nil {
		_, err = w.Ledger.KeepChart(t.Context(), c, stored.Revision)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// StoreOf is Store in another account.
func (w *World) StoreOf(t *testing.T, account string, f *Flags) string {
	t.Helper()
	id := "arn:aws:store:::s-" + strings.ToLower(rand.Text()[:12])
	w.add(id, account, "")
	w.SetFlags(t, id, f)
	return id
}

// StoreNamed is Store without flags, under a name of the test's own.
func (w *World) StoreNamed(t *testing.T, id string) string {
	t.Helper()
	w.add(id, Member, "")
	w.SetFlags(t, id, nil)
	return id
}

// SetFlags changes a store behind Salve's back; nil takes all flags away.
func (w *World) SetFlags(t *testing.T, store string, f *Flags) {
	t.Helper()
	if err := set(w, store, "Block", f); err != nil {
		t.Fatal(err)
	}
}

// Flags are those of a store, nil if it has none.
func (w *World) Flags(store string) *Flags { return setting[Flags](w, store, "Block") }

// Blocked tells whether all four flags of a store are set.
func (w *World) Blocked(store string) bool {
	f := w.Flags(store)
	return f != nil && *f == *Block(true, true, true, true)
}

// SetPolicy changes the policy of a store behind Salve's back.
func (w *World) SetPolicy(t *testing.T, store string, p Policy) {
	t.Helper()
	if err := set(w, store, "Policy", &p); err != nil {
		t.Fatal(err)
	}
}

// Policy is that of a store.
func (w *World) Policy(store string) Policy {
	if p := setting[Policy](w, store, "Policy"); p != nil {
		return *p
	}
	return nil
}

// Door makes a door in the member that lets everybody through by one rule.
func (w *World) Door(t *testing.T) control.Target {
	t.Helper()
	id := "arn:aws:door:" + Region + ":" + Member + ":door/d-" + strings.ToLower(rand.Text()[:12])
	w.add(id, Member, Region)
	if err := set(w, id, "Rules", &doorRules{"guests": everybody, "staff": "10.0.0.0/8"}); err != nil {
		t.Fatal(err)
	}
	return target(id)
}

func target(id string) control.Target {
	return control.Target{Account: Member, Region: Region, Partition: "aws", Resource: id}
}

// Account is the member itself as a resource.
func Account() control.Target { return target("AWS::::Account:" + Member) }

// Spec is a finding of Store.3 on a store of the member.
func Spec(store string) labhub.FindingSpec {
	return labhub.FindingSpec{
		Control: "Store.3", Consolidated: true, Severity: "HIGH", Status: "FAILED", Account: Member, Region: Region,
		Resource: store, ResourceType: "AwsStore",
	}
}

// Of reports a finding of a control on a store.
func (w *World) Of(t *testing.T, control, store string) string {
	t.Helper()
	spec := Spec(store)
	spec.Control = control
	return w.Report(t, spec)
}

// ThreeStandards reports a store as three standards do while consolidated findings are off.
func (w *World) ThreeStandards(t *testing.T, store string) []string {
	t.Helper()
	var ids []string
	for _, s := range []struct{ standard, id string }{
		{"fsbp-1.0.0", "Store.3"}, {"cis-3.0.0", "2.1.4.2"}, {"pci-4.0.1", "Store.3"},
	} {
		spec := Spec(store)
		spec.Consolidated, spec.Standard, spec.StandardControlID = false, s.standard, s.id
		ids = append(ids, w.Report(t, spec))
	}
	return ids
}

// Wish is what the operator alice asks for: Store.3 on a store.
func Wish(store string) work.Request {
	return work.Request{Control: "Store.3", Actor: "alice", Scope: Region, Target: target(store)}
}

// Repaired has a store fixed and returns it with its finding and the run.
func (w *World) Repaired(t *testing.T, p *Process, before *Flags) (store, finding string, r *run.Run) {
	t.Helper()
	store = w.Store(t, before)
	finding = w.Report(t, Spec(store))
	p.Handled(t, w.Imported(t, finding))
	return store, finding, w.Ended(t, run.StatusVerified)
}

// Waiting makes a run of Store.3 that was throttled before it read anything.
func (w *World) Waiting(t *testing.T, clicked bool) (store, finding string) {
	t.Helper()
	store = w.Store(t, nil)
	finding = w.Report(t, Spec(store))
	m := w.Imported(t, finding)
	if clicked {
		m = w.Click(t, finding)
	}
	w.Fail("GetBlock", Throttled())
	w.Start().Handled(t, m)
	w.Heal()
	if r := w.Only(t); r.Status != run.StatusDeferred {
		t.Fatalf("run is %s, want it to wait", r.Status)
	}
	return store, finding
}

// Stop is what a person does; control "" is everything, and no span is for good.
func (w *World) Stop(t *testing.T, control, owner, reason string, span time.Duration) {
	t.Helper()
	s := gate.Stop{Control: control, Since: w.Clock.Now(), Origin: gate.Origin{Owner: owner, Reason: reason}}
	if span > 0 {
		s.Expires = w.Clock.Now().Add(span)
	}
	if err := w.Ledger.Stop(t.Context(), s); err != nil {
		t.Fatal(err)
	}
}

// Resume lifts a stop that must be there.
func (w *World) Resume(t *testing.T, control string) {
	t.Helper()
	w.ResumeIn(t, control, "")
}

// ResumeIn is Resume for a stop in one account.
func (w *World) ResumeIn(t *testing.T, control, account string) {
	t.Helper()
	lifted, err := w.Ledger.Resume(t.Context(), control, account, w.Clock.Now())
	if err != nil || !lifted {
		t.Fatalf("lifted %q in %q: %v, %v", control, account, lifted, err)
	}
}
