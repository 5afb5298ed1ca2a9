package ledgertest

import (
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/salve-security/salve/internal/gate"
)

// chart is an organization of one account in a unit.
func chart(at time.Time) gate.Chart {
	return gate.Chart{
		At: at, Root: "r-lab1", Above: map[string]string{"222222222222": "ou-lab1-prod", "ou-lab1-prod": "r-lab1"},
		Keys: []string{"env"}, Tags: map[string]gate.Tagged{"222222222222": {At: at, Tags: map[string]string{"env": "prod"}}},
	}
}

func (s suite) charted(t *testing.T, want gate.Charted) {
	t.Helper()
	got, err := s.Chart(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}

// chartComesBack: what is stored comes back as it was, a failure leaves it, and the next one takes its place.
func chartComesBack(t *testing.T, s suite) {
	ctx := t.Context()
	s.charted(t, gate.Charted{})
	one := chart(Began())
	if kept, err := s.KeepChart(ctx, one, 0); err != nil || !kept {
		t.Fatalf("kept %v, %v", kept, err)
	}
	s.charted(t, gate.Charted{Chart: &one, Revision: 1})
	failed := Began().Add(time.Hour)
	if err := s.ChartFailed(ctx, "throttled", failed, failed.Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	s.charted(t, gate.Charted{Chart: &one, Revision: 1, Trouble: "throttled", TroubleAt: failed})
	two := chart(failed)
	if kept, err := s.KeepChart(ctx, two, 1); err != nil || !kept {
		t.Fatalf("kept %v, %v", kept, err)
	}
	s.charted(t, gate.Charted{Chart: &two, Revision: 2}) // and no trouble any more
	if err := s.push(t, "one", 0); err != nil {
		t.Fatal(err)
	}
	s.charted(t, gate.Charted{Chart: &two, Revision: 2}) // a push leaves it
}

// twoCharts: of two that were read at once one stays, whole.
func twoCharts(t *testing.T, s suite) {
	if kept, err := s.KeepChart(t.Context(), chart(Began()), 0); err != nil || !kept {
		t.Fatalf("kept %v, %v", kept, err)
	}
	var kept atomic.Int64
	var both sync.WaitGroup
	for n := range 8 {
		both.Go(func() {
			c := chart(Began().Add(time.Duration(n) * time.Minute))
			c.Root = c.At.String()
			if ok, err := s.KeepChart(t.Context(), c, 1); err != nil {
				t.Error(err)
			} else if ok {
				kept.Add(1)
			}
		})
	}
	both.Wait()
	got, err := s.Chart(t.Context())
	if err != nil || kept.Load() != 1 || got.Revision != 2 || got.Chart.Root != got.Chart.At.String() {
		t.Errorf("%d kept, stored %+v, %v", kept.Load(), got, err)
	}
}

// chartIsReadByOne: one process reads at a time; one that died keeps the others off no longer than it said, and a clock
// that was wrong does not either.
func chartIsReadByOne(t *testing.T, s suite) {
	ctx := t.Context()
	steps := []struct {
		at   time.Duration
		span time.Duration
		want bool
	}{
		{0, 2 * time.Minute, true},
		{time.Minute, 2 * time.Minute, false},
		{2 * time.Minute, 2 * time.Minute, true},
		{-3 * time.Hour, time.Minute, true}, // the clock was put back: what is reserved is hours away
		{-3 * time.Hour, time.Minute, false},
	}
	for n, step := range steps {
		now := Began().Add(step.at)
		if got, err := s.ReserveChart(ctx, now, now.Add(step.span)); err != nil || got != step.want {
			t.Errorf("step %d: %v, %v, want %v", n, got, err, step.want)
		}
	}
	failed := Began().Add(time.Hour)
	if err := s.ChartFailed(ctx, "denied", failed, failed.Add(10*time.Minute)); err != nil {
		t.Fatal(err)
	}
	for after, want := range map[time.Duration]bool{9 * time.Minute: false, 10 * time.Minute: true} {
		now := failed.Add(after)
		if got, err := s.ReserveChart(ctx, now, now); err != nil || got != want {
			t.Errorf("%s after a failure: %v, %v, want %v", after, got, err, want)
		}
	}
	if kept, err := s.KeepChart(ctx, chart(failed), 0); err != nil || !kept {
		t.Fatalf("kept %v, %v", kept, err)
	}
	if got, err := s.ReserveChart(ctx, failed, failed); err != nil || !got {
		t.Errorf("after a reading that went well: %v, %v", got, err)
	}
}

func chartCases() cases {
	return cases{
		"ChartComesBack": chartComesBack, "TwoCharts": twoCharts, "ChartIsReadByOne": chartIsReadByOne,
	}
}
