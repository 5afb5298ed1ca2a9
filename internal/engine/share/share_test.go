package share_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/salve-security/salve/internal/engine/share"
	"github.com/salve-security/salve/internal/ledger/memory"
)

func now() time.Time { return time.Date(2026, 3, 2, 10, 10, 0, 0, time.UTC) }

// counted is a ledger whose draws are counted.
func counted() (*memory.Ledger, *int) {
	book, draws := memory.New(), 0
	var mu sync.Mutex
	book.Before = func(context.Context, string) error {
		mu.Lock()
		defer mu.Unlock()
		draws++
		return nil
	}
	return book, &draws
}

// waits is how many seconds n turns at the same moment wait in all, and the last of them.
func waits(t *testing.T, s *share.Share, account string, n int, at time.Time) (all, last int) {
	t.Helper()
	for range n {
		turn, err := s.Turn(t.Context(), account, at)
		if err != nil {
			t.Fatal(err)
		}
		last = max(0, int(turn.Sub(at).Seconds()))
		all += last
	}
	return all, last
}

// TestTurns: an hour's share may be used at once, then a run begins each second; who waits an hour has all of it
// again.
func TestTurns(t *testing.T) {
	book, draws := counted()
	s := share.New(book)
	if all, _ := waits(t, s, "a", share.PerHour, now()); all > 0 {
		t.Errorf("of a share of an hour, runs waited %d s", all)
	}
	if *draws != share.PerHour/share.Block {
		t.Errorf("%d draws, want one for %d runs", *draws, share.Block)
	}
	if _, last := waits(t, s, "a", 120, now()); last != 120 {
		t.Errorf("120 runs too many: the last waits %d s, want one a second", last)
	}
	if all, _ := waits(t, s, "b", 10, now()); all > 0 {
		t.Error("another account waits too")
	}
	if all, _ := waits(t, s, "a", share.PerHour, now().Add(time.Hour+2*time.Minute)); all > 0 {
		t.Errorf("an hour later runs waited %d s", all)
	}
}

// TestTurnsOfManyProcesses: they share what the account has, but for one block each, which a process that ends may not
// have drawn yet.
func TestTurnsOfManyProcesses(t *testing.T) {
	book, _ := counted()
	var all sync.WaitGroup
	late := make([]int, 8)
	for i := range late {
		all.Go(func() {
			s := share.New(book)
			for range share.PerHour / 4 {
				turn, err := s.Turn(t.Context(), "a", now())
				if err != nil {
					t.Error(err)
				}
				if turn.After(now()) {
					late[i]++
				}
			}
		})
	}
	all.Wait()
	sum := 0
	for _, n := range late {
		sum += n
	}
	if sum > share.PerHour || sum < share.PerHour-len(late)*share.Block {
		t.Errorf("%d of twice the share wait, want half", sum)
	}
}

// TestOneDrawABlock: a process that does not know what others have drawn makes one call all the same, and what it
// gave out is drawn with its next block. Where little is left it asks twice, and is right.
func TestOneDrawABlock(t *testing.T) {
	book, draws := counted()
	for range 50 {
		if all, _ := waits(t, share.New(book), "a", share.Block, now()); all > 0 {
			t.Fatal("waits")
		}
	}
	if *draws != 50 {
		t.Errorf("%d draws for 50 blocks of 50 processes", *draws)
	}
	s := share.New(book)
	waits(t, s, "b", share.Block, now())
	other := share.New(book)
	waits(t, other, "b", 2*share.Block, now())
	mark, _, err := book.Draw(t.Context(), "b", time.Second, now(), now().Add(time.Hour))
	if err != nil || !mark.Equal(now().Add(31*time.Second)) {
		t.Errorf("mark %v, %v: want three blocks drawn by then", mark, err)
	}
	waits(t, s, "c", share.PerHour*3/4, now())
	*draws = 0
	if _, last := waits(t, share.New(book), "c", share.PerHour/4+60, now()); last != 60 {
		t.Errorf("the last waits %d s, want 60", last)
	}
	if want := (share.PerHour/4+60)/share.Block + 1; *draws != want {
		t.Errorf("%d draws, want %d", *draws, want)
	}
}

// TestTurnsGivenBack are used by the next, in the order of their time.
func TestTurnsGivenBack(t *testing.T) {
	book, draws := counted()
	s := share.New(book)
	var turns []time.Time
	for range share.Block {
		turn, err := s.Turn(t.Context(), "a", now())
		if err != nil {
			t.Fatal(err)
		}
		turns = append(turns, turn)
	}
	s.Back("a", turns[5])
	s.Back("a", turns[2])
	var again []time.Time
	for range 2 {
		turn, err := s.Turn(t.Context(), "a", now())
		if err != nil {
			t.Fatal(err)
		}
		again = append(again, turn)
	}
	if d := cmp.Diff([]time.Time{turns[2], turns[5]}, again); d != "" || *draws != 1 {
		t.Errorf("%d draws; %s", *draws, d)
	}
}

// TestNoTurnWithoutTheLedger: nothing is given out that was not drawn.
func TestNoTurnWithoutTheLedger(t *testing.T) {
	book, down := memory.New(), errors.New("down")
	book.Before = func(context.Context, string) error { return down }
	s := share.New(book)
	if _, err := s.Turn(t.Context(), "a", now()); !errors.Is(err, down) {
		t.Errorf("error %v", err)
	}
}
