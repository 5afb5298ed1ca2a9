package ledgertest

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/salve-security/salve/internal/gate"
	"github.com/salve-security/salve/internal/run"
)

// halt is a stop that ends after a while; 0 is for good.
func halt(owner, control string, ends time.Duration) gate.Stop {
	s := gate.Stop{Control: control, Since: Began(), Origin: gate.Origin{Owner: owner, Reason: "incident 7"}}
	if ends > 0 {
		s.Expires = Began().Add(ends)
	}
	return s
}

// stops expects what is stored, in order.
func (s suite) stops(t *testing.T, want ...gate.Stop) {
	t.Helper()
	got, err := s.Settings(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(want, got.Stops); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}

// trip stores a stop of the engine after a while and expects which one holds.
func (s suite) trip(t *testing.T, stop gate.Stop, after time.Duration, want gate.Stop) {
	t.Helper()
	got, err := s.Trip(t.Context(), stop, Began().Add(after))
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("what holds (-want +got):\n%s", d)
	}
}

// resume expects whether there was something to lift.
func (s suite) resume(t *testing.T, control string, want bool) {
	t.Helper()
	if lifted, err := s.Resume(t.Context(), control, "", Began()); err != nil || lifted != want {
		t.Errorf("lifted %q: %v, %v, want %v", control, lifted, err, want)
	}
}

// stopBeforeAnyDocument: a stop needs no configuration, and a push leaves it.
func stopBeforeAnyDocument(t *testing.T, s suite) {
	all, one := halt("ada", "", 0), halt("ada", "s3.8", time.Hour)
	for _, stop := range []gate.Stop{all, halt("ada", "S3.8", time.Hour)} {
		if err := s.Stop(t.Context(), stop); err != nil {
			t.Fatal(err)
		}
	}
	s.configured(t, "", 0)
	for i, doc := range []string{"one", "two"} {
		if err := s.push(t, doc, int64(i)); err != nil {
			t.Fatal(err)
		}
		s.stops(t, all, one)
	}
	if err := s.push(t, "stale", 1); !errors.Is(err, gate.ErrConflict) {
		t.Errorf("pushed over version 2 with 1 in mind: %v, want ErrConflict", err)
	}
	s.configured(t, "two", 2)
	s.resume(t, "", true)
	s.stops(t, one)
	s.resume(t, "", false)
	s.resume(t, "S3.8", true)
	s.resume(t, "S3.8", false)
	s.stops(t)
	s.configured(t, "two", 2)
}

// resumeWithoutAnything: lifting what is not there leaves nothing there.
func resumeWithoutAnything(t *testing.T, s suite) {
	s.resume(t, "S3.8", false)
	s.resume(t, "", false)
	s.stops(t)
	s.configured(t, "", 0)
}

// stopsMeet: who comes second.
func stopsMeet(t *testing.T, s suite) {
	const day = 24 * time.Hour
	person := func(ends time.Duration) gate.Stop { return halt("ada", "s3.8", ends) }
	salve := func(ends time.Duration) gate.Stop { return halt("Salve", "s3.8", ends) }
	tests := map[string]struct {
		old, next gate.Stop
		after     time.Duration // when the engine trips
		replaced  bool
	}{
		"person for good over a person":        {person(0), halt("bob", "s3.8", 0), 0, true},
		"person for longer over a person":      {person(time.Hour), halt("bob", "s3.8", day), 0, true},
		"person for as long":                   {person(time.Hour), halt("bob", "s3.8", time.Hour), 0, true},
		"person would shorten":                 {person(day), halt("bob", "s3.8", time.Hour), 0, false},
		"person would end what has no end":     {person(0), halt("bob", "s3.8", day), 0, false},
		"person for longer over the engine":    {salve(day), person(2 * day), 0, true},
		"person for good over the engine":      {salve(day), person(0), 0, true},
		"person would shorten the engine's":    {salve(day), person(time.Hour), 0, false},
		"engine over a person":                 {person(time.Hour), salve(day), 0, false},
		"engine over a person for good":        {person(0), salve(day), 2 * day, false},
		"engine over itself":                   {salve(day), salve(2 * day), time.Hour, false},
		"engine after a person's ended":        {person(time.Hour), salve(2 * day), time.Hour, true},
		"engine a second before a person's":    {person(time.Hour), salve(2 * day), time.Hour - time.Second, false},
		"engine after its own ended":           {salve(day), salve(3 * day), day, true},
		"engine, another control's is ignored": {halt("ada", "s3.2", 0), salve(day), 0, true},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			s := s.fresh(t)
			if err := s.Stop(t.Context(), tc.old); err != nil {
				t.Fatal(err)
			}
			want := []gate.Stop{tc.old}
			switch {
			case tc.old.Control != tc.next.Control:
				want = append(want, tc.next)
			case tc.replaced:
				want = []gate.Stop{tc.next}
			}
			if tc.next.Owner == "Salve" {
				s.trip(t, tc.next, tc.after, want[len(want)-1])
			} else if err := s.Stop(t.Context(), tc.next); errors.Is(err, gate.ErrLonger) == tc.replaced {
				t.Errorf("stop: %v", err)
			}
			s.stops(t, want...)
		})
	}
}

// resumeForgetsFailures: after it a control has its failures before it again, in
// the account or in all.
func resumeForgetsFailures(t *testing.T, s suite) {
	type counts = map[run.Status]int
	const here, there = "222222222222", "333333333333"
	control := t.Name()
	count := func(account string, status run.Status, want run.Hour) {
		t.Helper()
		got, err := s.Tally(t.Context(), control, account, status, Began())
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("(-want +got):\n%s", d)
		}
	}
	count(here, run.StatusFailed, run.Hour{here: counts{run.StatusFailed: 1}})
	count(here, run.StatusDenied, run.Hour{here: counts{run.StatusFailed: 1, run.StatusDenied: 1}})
	count(there, run.StatusFailed, run.Hour{
		here: counts{run.StatusFailed: 1, run.StatusDenied: 1}, there: counts{run.StatusFailed: 1},
	})
	if lifted, err := s.Resume(t.Context(), control, here, Began()); err != nil || lifted {
		t.Errorf("lifted %v, %v", lifted, err)
	}
	count(here, run.StatusFailed, run.Hour{here: counts{run.StatusFailed: 1}, there: counts{run.StatusFailed: 1}})
	s.resume(t, control, false)
	count(here, run.StatusFailed, run.Hour{here: counts{run.StatusFailed: 1}})
}

// stopInAnAccount: it is another stop than the control's, and lifted by itself.
func stopInAnAccount(t *testing.T, s suite) {
	all, here := halt("ada", "s3.8", 0), halt("Salve", "s3.8", time.Hour)
	here.Account = "222222222222"
	if err := s.Stop(t.Context(), all); err != nil {
		t.Fatal(err)
	}
	s.trip(t, here, 0, here)
	s.trip(t, here, time.Minute, here)
	s.stops(t, all, here)
	s.resume(t, "S3.8", true)
	s.stops(t, here)
	for _, want := range []bool{true, false} {
		if lifted, err := s.Resume(t.Context(), "S3.8", here.Account, Began()); err != nil || lifted != want {
			t.Errorf("lifted %v, %v, want %v", lifted, err, want)
		}
	}
	s.stops(t)
}

func stopCases() cases {
	return cases{
		"StopBeforeAnyDocument": stopBeforeAnyDocument,
		"ResumeWithoutAnything": resumeWithoutAnything,
		"StopsMeet":             stopsMeet,
		"StopInAnAccount":       stopInAnAccount,
		"ResumeForgetsFailures": resumeForgetsFailures,
	}
}
