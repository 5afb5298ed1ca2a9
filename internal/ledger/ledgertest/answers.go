package ledgertest

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/salve-security/salve/internal/run"
)

// asks is a closed run whose plan waits for approval, until a while after the test began; zero for ever.
func (s suite) asks(t *testing.T, name string, ends time.Duration) *run.Run {
	t.Helper()
	r := Work(t, "S3.8", name, "one", "f1")
	s.MustClaim(t, r, Ask("e-f1", 0), run.Claimed)
	if ends > 0 {
		r.Ends = Began().Add(ends)
	}
	s.MustFinish(t, r, run.StatusAwaitingApproval)
	return s.MustGet(t, r.ID)
}

func yes(message string) run.Answer {
	return run.Answer{
		Message: message, Word: run.Approve, ID: "AROAX", Session: "ann", Named: true, ARN: "a/b", Reason: "r", At: Began(),
	}
}

// answers: they are kept in their order, and of two who saw the same one is told to look again.
func answers(t *testing.T, s suite) {
	r := s.asks(t, "a", time.Hour)
	other := s.MustGet(t, r.ID)
	if err := s.Answer(t.Context(), r, yes("m1")); err != nil {
		t.Fatal(err)
	}
	if err := s.Answer(t.Context(), other, yes("m2")); !errors.Is(err, run.ErrGrew) {
		t.Fatalf("error %v, want %v", err, run.ErrGrew)
	}
	other = s.MustGet(t, r.ID)
	if err := s.Answer(t.Context(), other, yes("m2")); err != nil {
		t.Fatal(err)
	}
	want := []run.Answer{yes("m1"), yes("m2")}
	if d := cmp.Diff(want, s.MustGet(t, r.ID).Answers); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff(want, other.Answers); d != "" {
		t.Error(d)
	}
}

// answersOfOpenRuns: what is at work takes no answer.
func answersOfOpenRuns(t *testing.T, s suite) {
	r := Work(t, "S3.8", "a", "one", "f1")
	s.MustClaim(t, r, Ask("e-f1", 0), run.Claimed)
	if err := s.Answer(t.Context(), r, yes("m1")); !errors.Is(err, run.ErrGrew) {
		t.Errorf("error %v, want %v", err, run.ErrGrew)
	}
}

// lapsed: a plan nobody approved is found by one sweep at a time, until it is settled.
func lapsed(t *testing.T, s suite) {
	const again = 15 * time.Minute
	waits, forever := s.asks(t, "waits", time.Hour), s.asks(t, "forever", 0)
	find := func(after time.Duration, want bool) {
		t.Helper()
		now := Began().Add(after)
		ids, err := s.Lapsed(t.Context(), now, now.Add(again), 1000)
		if err != nil || slices.Contains(ids, waits.ID) != want || slices.Contains(ids, forever.ID) {
			t.Errorf("after %v: %v, %v; want %s among them: %v", after, ids, err, waits.ID, want)
		}
	}
	find(time.Hour-time.Second, false)
	find(time.Hour, true)
	find(time.Hour+time.Minute, false)
	find(time.Hour+again, true)
	end := Work(t, "S3.8", "waits", "two", "f2")
	end.Reply = &run.Reply{Run: waits.ID, Word: run.Lapse}
	s.MustClaim(t, end, Ask("e-f2", 3*time.Hour), run.Claimed)
	if id, err := s.Asked(t.Context(), waits.Key); id != waits.ID || err != nil {
		t.Errorf("%q waits, %v; want it to until that is settled", id, err)
	}
	s.MustFinish(t, end, run.StatusRefused)
	if id, err := s.Asked(t.Context(), waits.Key); id != "" || err != nil {
		t.Errorf("%q waits, %v; want nothing to", id, err)
	}
	find(5*time.Hour, false)
}

// asked: a newer plan takes the place of an older one, with an end of its own.
func asked(t *testing.T, s suite) {
	first := s.asks(t, "a", time.Hour)
	second := Work(t, "S3.8", "a", "two", "f2")
	second.Reply = &run.Reply{Run: first.ID, Word: run.Approve} // whose plan was another one by then
	s.MustClaim(t, second, Ask("e-f2", time.Minute), run.Claimed)
	second.Ends = Began().Add(2 * time.Hour)
	s.MustFinish(t, second, run.StatusAwaitingApproval)
	if id, err := s.Asked(t.Context(), first.Key); id != second.ID || err != nil {
		t.Errorf("%q waits, %v; want %q", id, err, second.ID)
	}
	ids, err := s.Lapsed(t.Context(), Began().Add(time.Hour), Began().Add(3*time.Hour), 1000)
	if err != nil || slices.Contains(ids, second.ID) || slices.Contains(ids, first.ID) {
		t.Errorf("%v lapsed, %v", ids, err)
	}
}

// receipts: who has answered reads what became of it, once somebody looked at it.
func receipts(t *testing.T, s suite) {
	id := t.Name()
	if _, err := s.Receipt(t.Context(), id); !errors.Is(err, run.ErrNotFound) {
		t.Errorf("error %v, want %v", err, run.ErrNotFound)
	}
	want := run.Receipt{Became: run.BecameRefused, Text: "no", Run: "r1", At: Began()}
	if err := s.Tell(t.Context(), id, want); err != nil {
		t.Fatal(err)
	}
	got, err := s.Receipt(t.Context(), id)
	if d := cmp.Diff(want, got); d != "" || err != nil {
		t.Error(d, err)
	}
}

func answersCases() cases {
	return cases{
		"Answers": answers, "AnswersOfOpenRuns": answersOfOpenRuns, "Lapsed": lapsed, "Asked": asked, "Receipts": receipts,
	}
}
