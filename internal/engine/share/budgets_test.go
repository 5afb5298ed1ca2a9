package share_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/salve-security/salve/internal/engine/share"
	"github.com/salve-security/salve/internal/ledger/memory"
)

// begun counts, by hour, when runs begin that ask for n turns at a time.
func begun(t *testing.T, b *share.Budgets, perHour, n int, at time.Time) map[time.Time]int {
	t.Helper()
	hours := map[time.Time]int{}
	for range n {
		turn, err := b.Turn(t.Context(), "k", perHour, at)
		if err != nil {
			t.Fatal(err)
		}
		if turn.Before(at) {
			t.Fatalf("a run begins at %s, before %s", turn, at)
		}
		hours[turn.Truncate(time.Hour)]++
	}
	return hours
}

// TestBudgets: however many ask, and whoever, no hour has more runs than are allowed, and hardly less; the first begin
// at once, the others at even distances.
func TestBudgets(t *testing.T) {
	for _, perHour := range []int{1, 7, 50, 350, 360, 361, 2500, 3600} {
		book := memory.New()
		one, two := share.NewBudgets(book), share.NewBudgets(book)
		hours := begun(t, one, perHour, 2*perHour, now())
		for hour, n := range begun(t, two, perHour, 2*perHour, now()) {
			hours[hour] += n
		}
		most, least := 0, 4*perHour
		for _, n := range hours {
			most = max(most, n)
		}
		for hour := now().Truncate(time.Hour); hour.Before(now().Add(3 * time.Hour)); hour = hour.Add(time.Hour) {
			least = min(least, hours[hour])
		}
		if most > perHour || least < perHour*9/10 {
			t.Errorf("%d an hour: between %d and %d begin in an hour: %v", perHour, least, most, hours)
		}
	}
}

// TestBudgetAtOnceThenEven: what is left of this hour begins now, the next hour has no rush.
func TestBudgetAtOnceThenEven(t *testing.T) {
	b := share.NewBudgets(memory.New())
	if n := begun(t, b, 4, 4, now())[now().Truncate(time.Hour)]; n != 4 {
		t.Errorf("%d of 4 begin in this hour", n)
	}
	for _, want := range []time.Duration{0, 15 * time.Minute, 30 * time.Minute, 45 * time.Minute, time.Hour} {
		turn, err := b.Turn(t.Context(), "k", 4, now())
		if next := now().Truncate(time.Hour).Add(time.Hour + want); err != nil || !turn.Equal(next) {
			t.Errorf("turn at %s, %v, want %s", turn, err, next)
		}
	}
	if turn, err := b.Turn(t.Context(), "other", 4, now()); err != nil || turn.After(now()) {
		t.Errorf("another budget waits until %s, %v", turn, err)
	}
}

// TestBudgetOfYesterday: what an hour did not use is not there in the next, nor are turns that came back too late.
func TestBudgetOfYesterday(t *testing.T) {
	b := share.NewBudgets(memory.New())
	turn, err := b.Turn(t.Context(), "k", 2, now())
	if err != nil {
		t.Fatal(err)
	}
	b.Back("k", 2, turn)
	if n := begun(t, b, 2, 2, now())[now().Truncate(time.Hour)]; n != 2 {
		t.Errorf("%d of 2 begin in this hour after one came back", n)
	}
	b.Back("k", 2, now())
	later := now().Add(5 * time.Hour)
	if n := begun(t, b, 2, 4, later)[later.Truncate(time.Hour)]; n != 2 {
		t.Errorf("%d of 2 begin in a later hour", n)
	}
}

// TestBudgetAtOnce: processes that ask at the same moment have no turn in common.
func TestBudgetAtOnce(t *testing.T) {
	book := memory.New()
	var mu sync.Mutex
	var all sync.WaitGroup
	at := 0
	for range 8 {
		all.Go(func() {
			b := share.NewBudgets(book)
			for range 5 {
				turn, err := b.Turn(t.Context(), "k", 20, now())
				for errors.Is(err, share.ErrBudget) { // the message comes again
					turn, err = b.Turn(t.Context(), "k", 20, now())
				}
				if err != nil {
					t.Error(err)
				}
				mu.Lock()
				if !turn.After(now()) {
					at++
				}
				mu.Unlock()
			}
		})
	}
	all.Wait()
	if at != 20 {
		t.Errorf("%d begin at once, want 20 of 40", at)
	}
}

// TestNoBudgetWithoutTheLedger: nothing is given out that was not drawn.
func TestNoBudgetWithoutTheLedger(t *testing.T) {
	book, down := memory.New(), errors.New("down")
	book.Before = func(context.Context, string) error { return down }
	if _, err := share.NewBudgets(book).Turn(t.Context(), "k", 50, now()); !errors.Is(err, down) {
		t.Errorf("error %v", err)
	}
}
