package memory_test

import (
	"context"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/salve-security/salve/internal/ledger/ledgertest"
	"github.com/salve-security/salve/internal/ledger/memory"
	"github.com/salve-security/salve/internal/run"
)

var errStruck = errors.New("struck")

// TestHooks: what is struck before it has not happened, what is struck after it
// has, and the caller cannot tell them apart.
func TestHooks(t *testing.T) {
	strike := func(_ context.Context, operation string) error {
		if operation == "Claim" {
			return errStruck
		}
		return nil
	}
	tests := map[string]struct {
		before, after memory.Hook
		happened      bool
	}{
		"refused":     {before: strike},
		"answer lost": {after: strike, happened: true},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			book := memory.New()
			book.Before, book.After = tc.before, tc.after
			r := ledgertest.Work(t, "S3.8", "a", "one", "f1")
			got, err := book.Claim(t.Context(), r, ledgertest.Ask("e1", 0))
			if !errors.Is(err, errStruck) || got.Verdict != "" || got.Run != nil {
				t.Errorf("answer %+v, %v", got, err)
			}
			var runs []string
			for _, r := range book.Runs() {
				runs = append(runs, r.ID)
			}
			var want []string
			locks, work := map[string]string{}, memory.Work{}
			if tc.happened {
				want, locks = []string{r.ID}, map[string]string{r.Locks[0]: r.ID}
				work = memory.Work{Run: r.ID, Open: true, Events: map[string]bool{}}
			}
			if d := cmp.Diff(want, runs); d != "" {
				t.Errorf("runs:\n%s", d)
			}
			if d := cmp.Diff(locks, book.Locks()); d != "" {
				t.Errorf("locks:\n%s", d)
			}
			if d := cmp.Diff(work, book.Work(r.Key)); d != "" {
				t.Errorf("work:\n%s", d)
			}
		})
	}
}

// TestHooksSeeEveryOperation, and may use the ledger meanwhile.
func TestHooksSeeEveryOperation(t *testing.T) {
	book := memory.New()
	var seen []string
	book.Before = func(_ context.Context, operation string) error {
		seen = append(seen, operation)
		book.Runs()
		return nil
	}
	bench := ledgertest.Book{Ledger: shelf{book}}
	r := ledgertest.Work(t, "S3.8", "a", "one", "f1")
	bench.MustClaim(t, r, ledgertest.Ask("e1", 0), run.Claimed)
	bench.MustFinish(t, r, run.StatusVerified)
	bench.MustGet(t, r.ID)
	if d := cmp.Diff([]string{"Claim", "Save", "Close", "Get"}, seen); d != "" {
		t.Error(d)
	}
}

// TestEndedContext: as with a client of AWS, nothing happens any more.
func TestEndedContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	book := memory.New()
	r := ledgertest.Work(t, "S3.8", "a", "one", "f1")
	if _, err := book.Claim(ctx, r, ledgertest.Ask("e1", 0)); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
	if runs := book.Runs(); len(runs) > 0 {
		t.Errorf("%d runs", len(runs))
	}
}
