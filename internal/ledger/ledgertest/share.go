package ledgertest

import (
	"sync"
	"testing"
	"time"
)

// draws: the mark of an account moves on from now, or from where it stands, whatever the caller has seen of it.
func draws(t *testing.T, s suite) {
	account := t.Name()
	for i, step := range []struct {
		account string
		after   time.Duration
		seen    time.Duration
		want    time.Duration
	}{
		{account, 0, 0, 10 * time.Second},
		{account, 0, 0, 20 * time.Second},
		{account, 5 * time.Second, 20 * time.Second, 30 * time.Second},
		{account + "else", 5 * time.Second, 0, 15 * time.Second},
		{account, time.Minute, 0, 70 * time.Second},
		{account, 2 * time.Minute, time.Hour, 130 * time.Second}, // whoever saw that was wrong
	} {
		seen := time.Time{}
		if step.seen > 0 {
			seen = Began().Add(step.seen)
		}
		mark, err := s.Draw(t.Context(), step.account, 10*time.Second, Began().Add(step.after), seen)
		if err != nil || !mark.Equal(Began().Add(step.want)) {
			t.Errorf("step %d: mark %v, %v, want %v after the beginning", i, mark, err, step.want)
		}
	}
}

// drawsAtOnce: nothing is given out twice.
func drawsAtOnce(t *testing.T, s suite) {
	const processes = 10
	marks := make([]time.Time, processes)
	errs := make([]error, processes)
	var all sync.WaitGroup
	for i := range processes {
		all.Go(func() { marks[i], errs[i] = s.Draw(t.Context(), t.Name(), time.Second, Began(), time.Time{}) })
	}
	all.Wait()
	seen := map[time.Time]bool{}
	for i, mark := range marks {
		if errs[i] != nil || seen[mark] || mark.After(Began().Add(processes*time.Second)) {
			t.Errorf("mark %v, %v: want one of its own", mark, errs[i])
		}
		seen[mark] = true
	}
}

func shareCases() cases { return cases{"Draws": draws, "DrawsAtOnce": drawsAtOnce} }
