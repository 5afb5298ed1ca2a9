package share_test

import (
	"sync"
	"testing"
	"time"

	"github.com/salve-security/salve/internal/engine/share"
	"github.com/salve-security/salve/internal/ledger/memory"
)

// TestStarts: one start a second in an account and Region, whichever process asks, and none is put off while others
// are free.
func TestStarts(t *testing.T) {
	began := time.Date(2026, 11, 30, 10, 0, 0, 700_000_000, time.UTC)
	book := memory.New()
	one, two := share.NewStarts(book), share.NewStarts(book)
	for i, step := range []struct {
		of              *share.Starts
		account, region string
		after, want     time.Duration // since the second in which it began
	}{
		{one, "1", "a", 0, 0},
		{two, "1", "a", 0, time.Second},
		{one, "1", "a", 0, 2 * time.Second},
		{one, "1", "b", 0, 0},
		{two, "2", "a", 0, 0},
		{two, "1", "a", time.Minute, time.Minute},
		{one, "1", "a", time.Minute, time.Minute + time.Second},
	} {
		got, err := step.of.Next(t.Context(), step.account, step.region, began.Add(step.after))
		if want := began.Truncate(time.Second).Add(step.want); err != nil || !got.Equal(want) {
			t.Errorf("step %d: %s, %v, want %s", i, got, err, want)
		}
	}
}

// TestStartsAtOnce: however many ask at once, each gets a second of its own.
func TestStartsAtOnce(t *testing.T) {
	const many = 20
	now := time.Date(2026, 11, 30, 10, 0, 0, 0, time.UTC)
	book := memory.New()
	var mu sync.Mutex
	var all sync.WaitGroup
	seen := map[time.Time]bool{}
	for range many {
		all.Go(func() {
			at, err := share.NewStarts(book).Next(t.Context(), "1", "a", now)
			if err != nil {
				t.Error(err)
			}
			mu.Lock()
			defer mu.Unlock()
			if seen[at] || at.After(now.Add(many*time.Second)) {
				t.Errorf("%s was given out twice, or is too late", at)
			}
			seen[at] = true
		})
	}
	all.Wait()
}
