package ledgertest

import (
	"sync"
	"testing"
	"time"
)

// draws: the mark of an account moves on from now, or from where it stands. Who guesses wrong which it is draws
// nothing, and learns where it stands.
func draws(t *testing.T, s suite) {
	const never = -1
	account := t.Name()
	for i, step := range []struct {
		account string
		after   time.Duration
		seen    time.Duration
		want    time.Duration // after the beginning; never: before it
		drawn   bool
	}{
		{account, 0, time.Hour, never, false},
		{account, 0, never, 10 * time.Second, true},
		{account, 0, never, 10 * time.Second, false},
		{account, 0, 10 * time.Second, 20 * time.Second, true},
		{account, 5 * time.Second, 20 * time.Second, 30 * time.Second, true},
		{account + "else", 5 * time.Second, never, 15 * time.Second, true},
		{account, 30 * time.Second, 40 * time.Second, 30 * time.Second, false},
		{account, time.Minute, 30 * time.Second, 70 * time.Second, true},
	} {
		seen := time.Time{}
		if step.seen != never {
			seen = Began().Add(step.seen)
		}
		mark, drawn, err := s.Draw(t.Context(), step.account, 10*time.Second, Began().Add(step.after), seen)
		right := mark.Equal(Began().Add(step.want)) || step.want == never && mark.Before(Began())
		if err != nil || !right || drawn != step.drawn {
			t.Errorf("step %d: mark %v, drawn %v, %v, want %v after the beginning, %v", i, mark, drawn, err, step.want,
				step.drawn)
		}
	}
}

// drawsAtOnce: nothing is given out twice.
func drawsAtOnce(t *testing.T, s suite) {
	const processes = 10
	first, drawn, err := s.Draw(t.Context(), t.Name(), time.Second, Began(), time.Time{})
	if err != nil || !drawn {
		t.Fatal(err)
	}
	marks := make([]time.Time, processes)
	var all sync.WaitGroup
	for i := range processes {
		all.Go(func() {
			var err error
			if marks[i], _, err = s.Draw(t.Context(), t.Name(), time.Second, Began(), first); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	seen := map[time.Time]bool{first: true}
	for _, mark := range marks {
		if seen[mark] || mark.After(first.Add(processes*time.Second)) {
			t.Errorf("mark %v: want one of its own", mark)
		}
		seen[mark] = true
	}
}

func shareCases() cases { return cases{"Draws": draws, "DrawsAtOnce": drawsAtOnce} }
