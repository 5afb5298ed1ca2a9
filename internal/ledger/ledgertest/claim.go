package ledgertest

import (
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/salve-security/salve/internal/run"
)

func claimMakesTheWorkOurs(t *testing.T, s suite) {
	r := Work(t, "S3.8", "a", "one", "f1")
	got := s.MustClaim(t, r, Ask("e-f1", 0), run.Claimed)
	if got.Run != r || !r.Lease.Equal(Began().Add(Lease)) {
		t.Errorf("run %v until %v, want ours until the lease ends", got.Run.ID, r.Lease)
	}
	if d := cmp.Diff(r, s.MustGet(t, r.ID)); d != "" {
		t.Errorf("what is stored is not what was claimed:\n%s", d)
	}
	if s.Holder(t, r.Locks[0]) != r.ID {
		t.Errorf("the resource is locked by %q, want %s", s.Holder(t, r.Locks[0]), r.ID)
	}
}

func claimOfWorkThatIsOpen(t *testing.T, s suite) {
	first := Work(t, "S3.8", "a", "one", "f1")
	s.MustClaim(t, first, Ask("e-f1", 0), run.Claimed)

	second := Work(t, "S3.8", "a", "two", "f2")
	s.MustClaim(t, second, Ask("e-f2", Lease-time.Second), run.Joined)
	if got := s.MustGet(t, first.ID); len(got.Findings) != 2 || got.Owner != "one" {
		t.Errorf("findings %v, owner %s: the second should join and leave the run alone", got.Findings, got.Owner)
	}
	if s.Stored(t, second.ID) != "" {
		t.Error("a run of its own was stored for the finding that joined")
	}

	// One second later the first process counts as dead.
	third := Work(t, "S3.8", "a", "three", "f3")
	got := s.MustClaim(t, third, Ask("e-f3", Lease), run.Claimed)
	if got.Run.ID != first.ID || got.Run.Owner != "three" || got.Run.Attempts != 1 || len(got.Run.Findings) != 3 {
		t.Errorf("took over %s of %s at attempt %d with %d findings", got.Run.ID, got.Run.Owner, got.Run.Attempts,
			len(got.Run.Findings))
	}
	if s.Holder(t, first.Locks[0]) != first.ID {
		t.Error("the lock was lost on the way")
	}
}

// claimOfAPlan: a plan that somebody wants to see is work of its own. It joins no run of the same resource, and what it
// leaves behind keeps no other from it.
func claimOfAPlan(t *testing.T, s suite) {
	first := Work(t, "S3.8", "a", "one", "f1")
	s.MustClaim(t, first, Ask("e-f1", 0), run.Claimed)
	plan := func(owner string) *run.Run {
		r := Work(t, "S3.8", "a", owner, "f1")
		r.Key.Reads = true
		r.Trigger, r.Locks = run.TriggerClick, []string{r.Key.String()}
		return r
	}
	r := plan("two")
	s.MustClaim(t, r, Ask("e-f1", 0), run.Claimed)
	s.MustClaim(t, plan("three"), Ask("e-f1", time.Second), run.Joined)
	if got := s.MustGet(t, first.ID); len(got.Findings) != 1 || len(got.Asks) > 0 || got.Trigger != run.TriggerImported {
		t.Errorf("the run of the resource is %+v", got)
	}
	stored := s.MustGet(t, r.ID)
	if !stored.Key.Reads || stored.Key.Work() != first.Key {
		t.Errorf("stored as %+v", stored.Key)
	}
	s.MustFinish(t, stored, run.StatusPlanned)
	s.MustClaim(t, plan("four"), Ask("e-f1", time.Second), run.Duplicate)
	s.MustFinish(t, first, run.StatusVerified)
	if id, err := s.LastFix(t.Context(), first.Key); err != nil || id != first.ID {
		t.Errorf("the last fix is %q, %v", id, err)
	}
}

// claimOfABusyResource: another control holds the bucket.
func claimOfABusyResource(t *testing.T, s suite) {
	first := Work(t, "S3.2", "a", "one", "f1")
	s.MustClaim(t, first, Ask("e-f1", 0), run.Claimed)
	second := Work(t, "S3.8", "a", "two", "f2")
	got := s.MustClaim(t, second, Ask("e-f2", 0), run.Busy)
	waiting := s.MustGet(t, got.Run.ID)
	if waiting.Status != run.StatusDeferred || !waiting.Due.Equal(Began().Add(Retry)) {
		t.Errorf("status %s, due %v: the sweep has to find it", waiting.Status, waiting.Due)
	}
	if s.Holder(t, first.Locks[0]) != first.ID {
		t.Error("the lock changed hands")
	}
	// As long as the first is at it, the second can only wait on.
	later := Ask("", Retry)
	if _, err := s.Take(t.Context(), second.ID, "three", later); err == nil {
		t.Fatal("taken while the resource is locked")
	}
	if due := s.MustDue(t, Began().Add(2*Retry-time.Second)); slices.Contains(due, second.ID) {
		t.Error("it is due again at once: every sweep would try in vain")
	}
	if due := s.MustDue(t, Began().Add(2*Retry)); !slices.Contains(due, second.ID) {
		t.Error("it is never due again")
	}
	if due := s.MustGet(t, second.ID).Due; !due.Equal(Began().Add(2 * Retry)) {
		t.Errorf("it says that it goes on at %v", due)
	}
	s.MustFinish(t, first, run.StatusVerified)
	taken, err := s.Take(t.Context(), second.ID, "three", Ask("", 2*Retry))
	if err != nil || taken.Owner != "three" || s.Holder(t, second.Locks[0]) != second.ID {
		t.Errorf("once the resource is free: %v, lock of %q", err, s.Holder(t, second.Locks[0]))
	}
}

func claimAfterTheEnd(t *testing.T, s suite) {
	tests := map[string]struct {
		hold   *run.Hold
		event  string
		ignore bool
		after  time.Duration
		want   run.Verdict
	}{
		"a new event":                  {event: "new", want: run.Claimed},
		"the same event again":         {event: "e-f1", want: run.Duplicate},
		"an event that joined":         {event: "e-f2", want: run.Duplicate},
		"on hold":                      {hold: hold(), event: "new", want: run.Held},
		"on hold, the same event":      {hold: hold(), event: "e-f1", want: run.Duplicate},
		"on hold, to its last second":  {hold: hold(), event: "new", after: time.Hour - time.Second, want: run.Held},
		"after the hold":               {hold: hold(), event: "new", after: time.Hour, want: run.Claimed},
		"on hold, an operator insists": {hold: hold(), event: "new", ignore: true, want: run.Claimed},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			first := Work(t, "S3.8", "a", "one", "f1")
			s.MustClaim(t, first, Ask("e-f1", 0), run.Claimed)
			s.MustClaim(t, Work(t, "S3.8", "a", "two", "f2"), Ask("e-f2", 0), run.Joined)
			first.Hold = tc.hold
			s.MustFinish(t, first, run.StatusVerified)
			if s.Holder(t, first.Locks[0]) != "" || slices.Contains(s.MustDue(t, Began().Add(24*time.Hour)), first.ID) {
				t.Fatal("the resource is still locked, or the sweep comes back to the run")
			}
			a := Ask(tc.event, tc.after)
			a.IgnoreHold = tc.ignore
			second := Work(t, "S3.8", "a", "three", "f3")
			got := s.MustClaim(t, second, a, tc.want)
			if tc.want == run.Held {
				if d := cmp.Diff(*tc.hold, got.Hold); d != "" {
					t.Errorf("hold:\n%s", d)
				}
			}
			if exists := s.Stored(t, second.ID) != ""; exists != (tc.want == run.Claimed) {
				t.Errorf("stored a run: %v", exists)
			}
		})
	}
}

// hold lasts an hour.
func hold() *run.Hold {
	return &run.Hold{Until: Began().Add(time.Hour), By: "alice", Reason: "run r1 was taken back"}
}

// claimsAtOnce: however many processes get the same work at the same
// moment, one of them does it and the others hand it their findings.
func claimsAtOnce(t *testing.T, s suite) {
	const processes = 20
	var wait sync.WaitGroup
	verdicts := make([]run.Claim, processes)
	errs := make([]error, processes)
	begin := make(chan struct{})
	for i := range processes {
		owner := fmt.Sprintf("p%d", i)
		r := Work(t, "S3.8", "a", owner, "f-"+owner)
		wait.Add(1)
		go func() {
			defer wait.Done()
			<-begin
			verdicts[i], errs[i] = s.Claim(t.Context(), r, Ask("e-f-"+owner, 0))
		}()
	}
	close(begin)
	wait.Wait()
	count := map[run.Verdict]int{}
	var winner *run.Run
	for i, v := range verdicts {
		if errs[i] != nil {
			t.Fatal(errs[i])
		}
		count[v.Verdict]++
		if v.Verdict == run.Claimed {
			winner = v.Run
		}
	}
	if d := cmp.Diff(map[run.Verdict]int{run.Claimed: 1, run.Joined: processes - 1}, count); d != "" {
		t.Fatal(d)
	}
	if n := len(s.MustGet(t, winner.ID).Findings); n != processes {
		t.Errorf("%d findings will hear of the result, want %d", n, processes)
	}
}

// takeOversAtOnce: of many that find an abandoned run one gets it.
func takeOversAtOnce(t *testing.T, s suite) {
	r := Work(t, "S3.8", "a", "dead", "f1")
	s.MustClaim(t, r, Ask("e-f1", 0), run.Claimed)
	const processes = 20
	var wait sync.WaitGroup
	taken := make([]bool, processes)
	for i := range processes {
		wait.Add(1)
		go func() {
			defer wait.Done()
			_, err := s.Take(t.Context(), r.ID, fmt.Sprintf("p%d", i), Ask("", Lease))
			taken[i] = err == nil
		}()
	}
	wait.Wait()
	n := 0
	for _, t := range taken {
		if t {
			n++
		}
	}
	if got := s.MustGet(t, r.ID); n != 1 || got.Attempts != 1 {
		t.Errorf("%d took it, attempt %d: want one", n, got.Attempts)
	}
}

func claimCases() cases {
	return cases{
		"ClaimMakesTheWorkOurs": claimMakesTheWorkOurs,
		"ClaimOfWorkThatIsOpen": claimOfWorkThatIsOpen,
		"ClaimOfAPlan":          claimOfAPlan,
		"ClaimOfABusyResource":  claimOfABusyResource,
		"ClaimAfterTheEnd":      claimAfterTheEnd,
		"ClaimsAtOnce":          claimsAtOnce,
		"TakeOversAtOnce":       takeOversAtOnce,
	}
}
