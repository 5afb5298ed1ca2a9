package engine_test

import (
	"context"
	"math"
	"sync"
	"testing"
	"time"

	"github.com/salve-security/salve/internal/engine"
	"github.com/salve-security/salve/internal/engine/enginetest"
	"github.com/salve-security/salve/internal/run"
)

// throng is many runs that start something in one account and Region, with a queue that brings checks in time and a
// sweep a minute, by a clock that does not wait.
type throng struct {
	*automation
	p    *enginetest.Process
	sent int                // checks that were put into the queue
	due  map[int64][]string // runs to check, by the second

	mu     sync.Mutex
	looks  int           // at executions
	starts map[int64]int // by the second
	asks   map[int64]int // looks, by the second
}

func newThrong(t *testing.T) *throng {
	t.Helper()
	w := enginetest.New(t)
	g := &throng{automation: automated(w), due: map[int64][]string{}, starts: map[int64]int{}, asks: map[int64]int{}}
	g.own = true
	g.p = g.on(t, w.Start(func(_ context.Context, c enginetest.Call) error {
		g.mu.Lock()
		defer g.mu.Unlock()
		switch now := w.Clock.Now().Unix(); {
		case !c.Done:
		case c.Operation == "StartAutomationExecution":
			g.starts[now]++
		case c.Operation == "GetAutomationExecution":
			g.looks++
			g.asks[now]++
		}
		return nil
	}))
	return g
}

// report has findings of one control reported on so many stores at once.
func (g *throng) report(t *testing.T, stores int) {
	t.Helper()
	var batch []engine.Message
	for range stores {
		batch = append(batch, g.Imported(t, g.Report(t, enginetest.Spec(g.Store(t, nil)))))
	}
	for len(batch) > 0 {
		n := min(10, len(batch)) // as the queue hands them out
		g.p.Handled(t, batch[:n]...)
		batch = batch[n:]
	}
}

// pass lets seconds pass.
func (g *throng) pass(t *testing.T, seconds int) {
	t.Helper()
	for i := range seconds {
		nudges := g.Nudges()
		for _, n := range nudges[g.sent:] {
			at := g.Clock.Now().Unix() + int64(math.Ceil(n.After.Seconds()))
			g.due[at] = append(g.due[at], n.Run)
		}
		g.sent = len(nudges)
		g.Clock.Move(time.Second)
		now := g.Clock.Now().Unix()
		var batch []engine.Message
		for _, id := range g.due[now] {
			batch = append(batch, enginetest.Check(id))
		}
		if delete(g.due, now); i%60 == 59 {
			batch = append(batch, enginetest.Sweep())
		}
		if len(batch) > 0 {
			g.p.Handled(t, batch...)
		}
	}
}

// ended is how many runs ended in which way.
func (g *throng) ended() map[run.Status]int {
	out := map[run.Status]int{}
	for _, r := range g.Runs() {
		if r.State == run.StateClosed {
			out[r.Status]++
		}
	}
	return out
}

func most(counts map[int64]int) int {
	n := 0
	for _, count := range counts {
		n = max(n, count)
	}
	return n
}

// TestAHundredStarts: a member with 100 findings of one runbook starts them one a second, and none gives up.
func TestAHundredStarts(t *testing.T) {
	const stores = 100
	g := newThrong(t)
	began := g.Clock.Now().Unix()
	g.report(t, stores)
	g.pass(t, 3*stores)
	var last int64
	for at := range g.starts {
		last = max(last, at-began)
	}
	g.pass(t, 3600)
	ended := g.ended()
	if ended[run.StatusVerified] != stores || most(g.starts) != 1 || len(g.started) != stores {
		t.Errorf("ended %v; %d executions, at most %d in a second", ended, len(g.started), most(g.starts))
	}
	t.Logf("figure: %d starts in %d s, at most %d in one second; %d verified, %d gave up",
		len(g.started), last+1, most(g.starts), ended[run.StatusVerified], ended[run.StatusFailed])
}

// TestFewLooks: runs whose runbooks take about as long as is typical, a quarter more or less, are looked at twice at
// most on average.
func TestFewLooks(t *testing.T) {
	const stores = 500
	g := newThrong(t)
	typical := g.takes
	g.lasts = func(n int) time.Duration { // evenly, and in no order
		_, part := math.Modf(float64(n) * math.Phi)
		return typical*3/4 + time.Duration(part*float64(typical/2))
	}
	g.report(t, stores)
	g.pass(t, stores+int(3*typical.Seconds()))
	ended := g.ended()
	average := float64(g.looks) / stores
	if ended[run.StatusVerified] != stores || average > 2 {
		t.Errorf("ended %v after %.2f looks each", ended, average)
	}
	t.Logf("figure: %.2f looks a run, at most %d in one second; %d of %d verified", average, most(g.asks),
		ended[run.StatusVerified], stores)
}
