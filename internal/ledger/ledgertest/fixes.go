package ledgertest

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/finding"
	"github.com/salve-security/salve/internal/run"
)

// fixedAgain makes a run that fixes the work once more, at a time after the beginning.
func (s suite) fixedAgain(t *testing.T, event string, after time.Duration) {
	t.Helper()
	r := Work(t, "S3.8", "a", "one", "f1")
	s.MustClaim(t, r, Ask(event, after), run.Claimed)
	r.State, r.Status, r.Finished = run.StateRecorded, run.StatusVerified, Began().Add(after)
	if failed, err := s.Close(t.Context(), []*run.Run{r}); err != nil || len(failed) > 0 {
		t.Fatalf("%v, %v", err, failed)
	}
}

// tugOfWar: what was fixed three times in a week is left alone, and who notices
// first says so. Who asks without that rule gets the work.
func tugOfWar(t *testing.T, s suite) {
	const week = 7 * 24 * time.Hour
	for i, event := range []string{"e1", "e2", "e3"} {
		s.fixedAgain(t, event, time.Duration(i)*24*time.Hour)
	}
	asks := func(event string, after time.Duration) run.Terms {
		a := Ask(event, after)
		a.Thrice = week
		return a
	}
	next := func() *run.Run { return Work(t, "S3.8", "a", "two", "f2") }
	first := s.MustClaim(t, next(), asks("e4", 72*time.Hour), run.Reverted)
	until := Began().Add(72 * time.Hour).Add(week)
	if !first.Hold.Until.Equal(until) || first.Hold.By != "Salve" || first.Hold.Reason == "" {
		t.Errorf("hold %+v, want one until %v", first.Hold, until)
	}
	if second := s.MustClaim(t, next(), asks("e5", 72*time.Hour), run.Held); !second.Hold.Until.Equal(until) {
		t.Errorf("hold %+v, want the same", second.Hold)
	}
	insists := Ask("e6", 72*time.Hour)
	insists.IgnoreHold = true
	s.MustClaim(t, next(), insists, run.Claimed)
}

// tugOfWarIsOver: the first of three fixes is a week ago.
func tugOfWarIsOver(t *testing.T, s suite) {
	const week = 7 * 24 * time.Hour
	for i, event := range []string{"e1", "e2", "e3"} {
		s.fixedAgain(t, event, time.Duration(i)*24*time.Hour)
	}
	a := Ask("e4", week)
	a.Thrice = week
	s.MustClaim(t, Work(t, "S3.8", "a", "two", "f2"), a, run.Claimed)
}

// wrote: the runs that changed something, the last first; not those that found it
// so, nor undos.
func wrote(t *testing.T, s suite) {
	var want []string
	for _, one := range []struct {
		before, after, undoes string
		counts                bool
	}{
		{"a", "b", "", true},
		{"", "b", "", false},
		{"b", "b", "", false},
		{"b", "a", "r1", false},
		{"a", "c", "", true},
	} {
		r := Work(t, "S3.8", "a", "one", "f1")
		s.MustClaim(t, r, Ask("e-"+r.ID, 0), run.Claimed)
		r.BeforeHash, r.AfterHash, r.Undoes = one.before, one.after, one.undoes
		s.MustFinish(t, r, run.StatusVerified)
		if one.counts {
			want = append([]string{r.ID}, want...)
		}
	}
	got, err := s.Wrote(t.Context(), Work(t, "S3.8", "a", "one", "f1").Key)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	if none, err := s.Wrote(t.Context(), run.Key{Resource: "nothing"}); len(none) > 0 || err != nil {
		t.Errorf("of work that never was: %v, %v", none, err)
	}
}

// apart: what a caller does to a run afterwards is nobody else's.
func apart(t *testing.T, s suite) {
	r := Work(t, "S3.8", "a", "one", "f1")
	r.Standards, r.Told, r.Mute = []string{"cis"}, true, map[finding.Key]bool{KeyOf("f1"): true}
	s.MustClaim(t, r, Ask("e-f1", 0), run.Claimed)
	r.Plan = &control.Plan{Hash: "h", Changes: []control.Change{{Path: "a", From: 1, To: true}}}
	if err := s.Save(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	r.Plan.Hash, r.Standards[0], r.Locks[0] = "other", "other", "other"
	r.Findings[KeyOf("f2")] = run.Finding{Key: KeyOf("f2")}
	got := s.MustGet(t, r.ID)
	if got.Plan.Hash != "h" || got.Standards[0] != "cis" || got.Locks[0] == "other" || len(got.Findings) != 1 {
		t.Errorf("the ledger shares the run: %+v", got)
	}
	if got.Told || got.Mute != nil {
		t.Error("what a process knows for itself is stored")
	}
	if _, decoded := got.Plan.Changes[0].From.(int64); !decoded {
		t.Errorf("a value of type %T, want what decoding makes of it", got.Plan.Changes[0].From)
	}
	got.Plan.Hash = "mine"
	if again := s.MustGet(t, r.ID); again.Plan.Hash != "h" {
		t.Error("two readers share a run")
	}
}

func fixesCases() cases {
	return cases{"TugOfWar": tugOfWar, "TugOfWarIsOver": tugOfWarIsOver, "Wrote": wrote, "Apart": apart}
}
