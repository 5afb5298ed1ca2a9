package ledger_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/salve-security/salve/internal/run"
)

func TestClaimMakesTheWorkOurs(t *testing.T) {
	r := work(t, "S3.8", "a", "one", "f1")
	got := claim(t, r, ask("e-f1", 0), run.Claimed)
	if got.Run != r || !r.Lease.Equal(began().Add(lease)) {
		t.Errorf("run %v until %v, want ours until the lease ends", got.Run.ID, r.Lease)
	}
	if d := cmp.Diff(r, stored(t, r.ID)); d != "" {
		t.Errorf("what is stored is not what was claimed:\n%s", d)
	}
	if locked(t, r) != r.ID {
		t.Errorf("the resource is locked by %q, want %s", locked(t, r), r.ID)
	}
}

func TestClaimOfWorkThatIsOpen(t *testing.T) {
	first := work(t, "S3.8", "a", "one", "f1")
	claim(t, first, ask("e-f1", 0), run.Claimed)

	second := work(t, "S3.8", "a", "two", "f2")
	claim(t, second, ask("e-f2", lease-time.Second), run.Joined)
	if got := stored(t, first.ID); len(got.Findings) != 2 || got.Owner != "one" {
		t.Errorf("findings %v, owner %s: the second should join and leave the run alone", got.Findings, got.Owner)
	}
	if raw(t, "run#"+second.ID, "run") != nil {
		t.Error("a run of its own was stored for the finding that joined")
	}

	// One second later the first process counts as dead.
	third := work(t, "S3.8", "a", "three", "f3")
	got := claim(t, third, ask("e-f3", lease), run.Claimed)
	if got.Run.ID != first.ID || got.Run.Owner != "three" || got.Run.Attempts != 1 || len(got.Run.Findings) != 3 {
		t.Errorf("took over %s of %s at attempt %d with %d findings", got.Run.ID, got.Run.Owner, got.Run.Attempts,
			len(got.Run.Findings))
	}
	if locked(t, first) != first.ID {
		t.Error("the lock was lost on the way")
	}
}

// TestClaimOfABusyResource: another control holds the bucket.
func TestClaimOfABusyResource(t *testing.T) {
	first := work(t, "S3.2", "a", "one", "f1")
	claim(t, first, ask("e-f1", 0), run.Claimed)
	second := work(t, "S3.8", "a", "two", "f2")
	got := claim(t, second, ask("e-f2", 0), run.Busy)
	waiting := stored(t, got.Run.ID)
	if waiting.Status != run.StatusDeferred || !waiting.Due.Equal(began().Add(retry)) {
		t.Errorf("status %s, due %v: the sweep has to find it", waiting.Status, waiting.Due)
	}
	if locked(t, first) != first.ID {
		t.Error("the lock changed hands")
	}
	// As long as the first is at it, the second can only wait on.
	later := ask("", retry)
	if _, err := open().Take(t.Context(), second.ID, "three", later); err == nil {
		t.Fatal("taken while the resource is locked")
	}
	if due := dueIDs(t, began().Add(2*retry-time.Second)); contains(due, second.ID) {
		t.Error("it is due again at once: every sweep would try in vain")
	}
	if due := dueIDs(t, began().Add(2*retry)); !contains(due, second.ID) {
		t.Error("it is never due again")
	}
	if due := stored(t, second.ID).Due; !due.Equal(began().Add(2 * retry)) {
		t.Errorf("it says that it goes on at %v", due)
	}
	finish(t, first, run.StatusVerified)
	taken, err := open().Take(t.Context(), second.ID, "three", ask("", 2*retry))
	if err != nil || taken.Owner != "three" || locked(t, second) != second.ID {
		t.Errorf("once the resource is free: %v, lock of %q", err, locked(t, second))
	}
}

func TestClaimAfterTheEnd(t *testing.T) {
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
			first := work(t, "S3.8", "a", "one", "f1")
			claim(t, first, ask("e-f1", 0), run.Claimed)
			claim(t, work(t, "S3.8", "a", "two", "f2"), ask("e-f2", 0), run.Joined)
			first.Hold = tc.hold
			finish(t, first, run.StatusVerified)
			if locked(t, first) != "" || contains(dueIDs(t, began().Add(24*time.Hour)), first.ID) {
				t.Fatal("the resource is still locked, or the sweep comes back to the run")
			}
			a := ask(tc.event, tc.after)
			a.IgnoreHold = tc.ignore
			second := work(t, "S3.8", "a", "three", "f3")
			got := claim(t, second, a, tc.want)
			if tc.want == run.Held {
				if d := cmp.Diff(*tc.hold, got.Hold); d != "" {
					t.Errorf("hold:\n%s", d)
				}
			}
			if exists := raw(t, "run#"+second.ID, "run") != nil; exists != (tc.want == run.Claimed) {
				t.Errorf("stored a run: %v", exists)
			}
		})
	}
}

// hold lasts an hour.
func hold() *run.Hold {
	return &run.Hold{Until: began().Add(time.Hour), By: "alice", Reason: "run r1 was taken back"}
}

// TestClaimsAtOnce: however many processes get the same work at the same
// moment, one of them does it and the others hand it their findings.
func TestClaimsAtOnce(t *testing.T) {
	const processes = 20
	var wait sync.WaitGroup
	verdicts := make([]run.Claim, processes)
	errs := make([]error, processes)
	begin := make(chan struct{})
	for i := range processes {
		owner := fmt.Sprintf("p%d", i)
		r := work(t, "S3.8", "a", owner, "f-"+owner)
		wait.Add(1)
		go func() {
			defer wait.Done()
			<-begin
			verdicts[i], errs[i] = open().Claim(t.Context(), r, ask("e-f-"+owner, 0))
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
	if n := len(stored(t, winner.ID).Findings); n != processes {
		t.Errorf("%d findings will hear of the result, want %d", n, processes)
	}
}

// TestTakeOversAtOnce: of many that find an abandoned run one gets it.
func TestTakeOversAtOnce(t *testing.T) {
	r := work(t, "S3.8", "a", "dead", "f1")
	claim(t, r, ask("e-f1", 0), run.Claimed)
	const processes = 20
	var wait sync.WaitGroup
	taken := make([]bool, processes)
	for i := range processes {
		wait.Add(1)
		go func() {
			defer wait.Done()
			_, err := open().Take(t.Context(), r.ID, fmt.Sprintf("p%d", i), ask("", lease))
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
	if got := stored(t, r.ID); n != 1 || got.Attempts != 1 {
		t.Errorf("%d took it, attempt %d: want one", n, got.Attempts)
	}
}
