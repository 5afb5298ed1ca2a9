package backfill_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/salve-security/salve/internal/backfill"
	"github.com/salve-security/salve/internal/engine"
	"github.com/salve-security/salve/internal/engine/enginetest"
	"github.com/salve-security/salve/internal/finding"
	"github.com/salve-security/salve/internal/gate"
	"github.com/salve-security/salve/internal/run"
)

// estate is a world with findings that are open, and the queue that they are sent to.
type estate struct {
	*enginetest.World
	path   string
	ids    []string                // as they were found
	stores map[string]string       // by finding
	queue  []backfill.Message      // what was sent
	kill   func(sent []string) int // how many of a batch the queue takes before the process dies; -1 for all
}

func newEstate(t *testing.T) *estate {
	t.Helper()
	return &estate{
		World: enginetest.New(t), path: filepath.Join(t.TempDir(), "journal"), stores: map[string]string{},
		kill: func([]string) int { return -1 },
	}
}

// fails adds a store that fails, and its finding.
func (e *estate) fails(t *testing.T, severity string, at time.Time) string {
	t.Helper()
	store := e.Store(t, nil)
	spec := enginetest.Spec(store)
	spec.Severity, spec.At = severity, at
	id := e.Report(t, spec)
	e.ids, e.stores[id] = append(e.ids, id), store
	return id
}

func (e *estate) raw(t *testing.T, id string) (out finding.Raw) {
	t.Helper()
	if err := json.Unmarshal(e.Raw(t, id), &out); err != nil {
		t.Fatal(err)
	}
	return out
}

var errKilled = errors.New("killed")

// begin is a process that backfills, with a journal that may be there.
func (e *estate) begin(t *testing.T) *backfill.Backfill {
	t.Helper()
	head := backfill.Head{ID: run.NewID(e.Clock.Now()), About: "Store.3 everywhere", Began: e.Clock.Now()}
	j, err := backfill.Open(e.path, head, e.Clock.Now().Add(-time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = j.Close() })
	return &backfill.Backfill{
		Journal: j, Hub: enginetest.Hub, Region: enginetest.Region, Now: e.Clock.Now, Said: func(backfill.Progress) {},
		Pages: func(_ context.Context, each func([]finding.Raw) error) error {
			const page = 100
			for from := 0; from < len(e.ids); from += page - 1 { // pages overlap, as those of a list that changes do
				var list []finding.Raw
				for _, id := range e.ids[from:min(from+page, len(e.ids))] {
					list = append(list, e.raw(t, id))
				}
				if err := each(list); err != nil {
					return err
				}
			}
			return nil
		},
		Look: func(_ context.Context, keys []finding.Key) (out []finding.Raw, _ error) {
			for _, key := range slices.Backward(keys) { // AWS has no order
				out = append(out, e.raw(t, key.ID))
			}
			return out, nil
		},
		Judge: func(raw finding.Raw) backfill.Judgement {
			if raw.Workflow.Status != finding.New {
				return backfill.Judgement{About: true, Left: "answered"}
			}
			return backfill.Judgement{About: raw.Compliance.SecurityControlID == "Store.3"}
		},
		Queue: e.take,
	}
}

// take is the queue.
func (e *estate) take(_ context.Context, batch []backfill.Message) (sent []int, err error) {
	var ids []string
	for _, m := range batch {
		ids = append(ids, m.ID)
	}
	most := e.kill(ids)
	for i, m := range batch {
		if most == i {
			return nil, errKilled // the answer is lost with the process
		}
		e.queue, sent = append(e.queue, m), append(sent, i)
	}
	if most == len(batch) {
		return nil, errKilled
	}
	return sent, nil
}

// sent are the findings that the queue has, in order.
func (e *estate) sent(t *testing.T) (ids []string) {
	t.Helper()
	for _, m := range e.queue {
		event, err := finding.Decode([]byte(m.Body))
		if err != nil || len(event.Findings) != 1 || event.Kind != finding.Imported || event.ID != m.ID {
			t.Fatalf("%v: %s", err, m.Body)
		}
		ids = append(ids, event.Findings[0].ID)
	}
	return ids
}

// TestTheGravestFirst: what is open is sent once, the gravest first and of these the oldest; what somebody answered
// meanwhile is not.
func TestTheGravestFirst(t *testing.T) {
	e, now := newEstate(t), time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	low := e.fails(t, "LOW", now.Add(-time.Hour))
	young := e.fails(t, "CRITICAL", now)
	old := e.fails(t, "CRITICAL", now.Add(-30*24*time.Hour))
	high := e.fails(t, "HIGH", now)
	suppressed, resolved := e.fails(t, "CRITICAL", now), e.fails(t, "HIGH", now)
	e.Mark(t, suppressed, "SUPPRESSED")
	b := e.begin(t)
	if err := b.List(t.Context()); err != nil {
		t.Fatal(err)
	}
	want := backfill.Summary{
		Open: 5, Severity: []backfill.Count{{Severity: "CRITICAL", Findings: 2}, {Severity: "HIGH", Findings: 2}, {
			Severity: "LOW", Findings: 1,
		}}, Left: []backfill.Left{{Because: "answered", Findings: 1}},
	}
	if d := cmp.Diff(want, b.Journal.Summary()); d != "" || len(e.queue) > 0 {
		t.Errorf("a list sends %d %s", len(e.queue), d)
	}
	e.Mark(t, resolved, "RESOLVED")
	if err := b.Send(t.Context()); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff([]string{old, young, high, low}, e.sent(t)); d != "" {
		t.Error(d)
	}
	if s := b.Journal.Summary(); s.Sent != 4 || s.Settled != 1 {
		t.Errorf("%+v", s)
	}
	if err := b.Journal.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(e.path); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the journal of what is done stays: %v", err)
	}
}

// TestKilledBackfill: a process that dies anywhere is gone on with; nothing is left out, nothing is sent twice but what
// the queue took while it died, and that under the id that it had.
func TestKilledBackfill(t *testing.T) {
	const findings = 45
	for _, at := range []int{0, 3, 10} {
		t.Run(fmt.Sprint(at, " of a batch"), func(t *testing.T) {
			e := newEstate(t)
			for range findings {
				e.fails(t, "HIGH", e.Clock.Now())
			}
			deaths := 0
			e.kill = func(batch []string) int {
				if deaths++; deaths%2 == 1 { // each batch but once
					return min(at, len(batch))
				}
				return -1
			}
			for tries := 0; e.tries(t, tries > 0); tries++ {
				if tries > findings {
					t.Fatal("it never ends")
				}
			}
			events := map[string]int{}
			for _, m := range e.queue {
				events[m.ID]++
			}
			ids := e.sent(t)
			slices.Sort(ids)
			if n := len(slices.Compact(ids)); n != findings || len(events) != findings {
				t.Errorf("%d findings were sent in %d events, want %d", n, len(events), findings)
			}
			if twice := len(e.queue) - findings; at == 0 && twice > 0 || twice > at*((findings+9)/10) {
				t.Errorf("%d were sent twice", twice)
			}
		})
	}
}

// tries is a process that lists and sends, and tells that it was killed.
func (e *estate) tries(t *testing.T, again bool) (killed bool) {
	t.Helper()
	b := e.begin(t)
	if b.Journal.Resumed != again {
		t.Errorf("goes on: %t, want %t", b.Journal.Resumed, again)
	}
	if err := b.List(t.Context()); err != nil {
		t.Fatal(err)
	}
	err := b.Send(t.Context())
	if closed := b.Journal.Close(); closed != nil {
		t.Fatal(closed)
	}
	if killed = errors.Is(err, errKilled); err != nil && !killed {
		t.Fatal(err)
	}
	return killed
}

// TestJournalBegunAnew: a list that is not whole, a journal of something else, an old one, and one that is none.
func TestJournalBegunAnew(t *testing.T) {
	now := time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC)
	head := backfill.Head{ID: "r1", About: "S3.8", Began: now}
	begun := func(version int, about, at string) string {
		return fmt.Sprintf(`{"head":{"version":%d,"id":"r0","about":%q,"began":"2026-03-0%sZ"}}`, version, about, at) + "\n"
	}
	const listed, sent = `{"listed":true}` + "\n", `{"begun":true}` + "\n"
	for name, text := range map[string]string{
		"broken off":  begun(1, "S3.8", "2T09:50:00"),
		"of others":   begun(1, "S3.9", "2T09:50:00") + listed + sent,
		"old":         begun(1, "S3.8", "1T09:50:00") + listed + sent,
		"of a future": begun(2, "S3.8", "2T09:50:00") + listed + sent,
		"only listed": begun(1, "S3.8", "2T09:50:00") + listed,
		"none":        "hello",
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "journal")
			if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			j, err := backfill.Open(path, head, now.Add(-time.Hour))
			if err != nil || j.Resumed || j.Head.ID != "r1" {
				t.Fatalf("%v: goes on with %+v", err, j)
			}
			if _, err := backfill.Open(path, head, now); err == nil || !strings.Contains(err.Error(), "another process") {
				t.Errorf("two have it: %v", err)
			}
			if err := j.Close(); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestBackfillWithinABudget: 300 open findings, 50 runs an hour, and a queue that hands everything out twice. The
// gravest are fixed first, no hour has more, none is lost, none is dead, none is worked on twice.
func TestBackfillWithinABudget(t *testing.T) {
	const findings, perHour = 300, 50
	e := newEstate(t)
	most := perHour
	e.Config = enginetest.Modes(gate.Auto)
	e.Config.Limits = &gate.Limits{PerControlPerHour: &most}
	for i := range findings {
		e.fails(t, []string{"LOW", "CRITICAL", "MEDIUM", "HIGH", "LOW", "LOW"}[i%6], e.Clock.Now())
	}
	b := e.begin(t)
	if err := errors.Join(b.List(t.Context()), b.Send(t.Context())); err != nil {
		t.Fatal(err)
	}
	p := e.Start()
	for range 2 {
		for _, m := range e.queue {
			p.Handled(t, engine.Message{ID: m.ID, Body: m.Body})
		}
	}
	p = e.Start()
	end := e.Clock.Now().Add((findings/perHour + 1) * time.Hour)
	for ; e.Clock.Now().Before(end); e.Clock.Move(10 * time.Minute) {
		p.Handled(t, enginetest.Sweep())
	}
	if n := len(e.Runs()); n != findings {
		t.Errorf("%d runs for %d findings", n, findings)
	}
	hours, grave := e.fixedIn(t)
	for hour, n := range hours {
		if n > perHour {
			t.Errorf("%d runs in the hour of %s", n, hour)
		}
	}
	first := slices.MinFunc(slices.Collect(maps.Keys(hours)), time.Time.Compare)
	if grave[first] != findings/6 || len(e.Rejections()) > 0 {
		t.Errorf("%d of %d critical ones are fixed in the first hour, %d messages are dead", grave[first], findings/6,
			len(e.Rejections()))
	}
	for id, store := range e.stores {
		if !e.Blocked(store) {
			t.Errorf("%s of %s is not fixed", store, id)
		}
	}
}

// fixedIn is how many runs were verified in each hour, and how many of them were critical.
func (e *estate) fixedIn(t *testing.T) (hours, grave map[time.Time]int) {
	t.Helper()
	hours, grave = map[time.Time]int{}, map[time.Time]int{}
	for _, r := range e.Runs() {
		if r.Status != run.StatusVerified || r.Attempts > 1 {
			t.Fatalf("run %s is %s after %d attempts: %s", r.ID, r.Status, r.Attempts, r.Reason)
		}
		hour := r.Finished.Truncate(time.Hour)
		hours[hour]++
		for _, f := range r.Findings {
			if f.Severity == "CRITICAL" {
				grave[hour]++
			}
		}
	}
	return hours, grave
}
