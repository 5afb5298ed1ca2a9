package settle_test

import (
	"testing"
	"time"

	"github.com/salve-security/salve/internal/engine/enginetest"
	"github.com/salve-security/salve/internal/finding"
	"github.com/salve-security/salve/internal/gate"
	"github.com/salve-security/salve/internal/notice"
	"github.com/salve-security/salve/internal/run"
)

// TestWaveOfFailuresIsCollected: however much fails at once, people get a few
// messages, then a digest; every finding says what happened to it.
func TestWaveOfFailuresIsCollected(t *testing.T) {
	w := enginetest.New(t)
	p := enginetest.Broken(t, w.Start(), enginetest.Denied)
	p.Digest = 5 * time.Minute
	var ids []string
	for range 9 {
		id := w.Report(t, enginetest.Spec(w.Store(t, nil)))
		ids = append(ids, id)
		p.Handled(t, w.Imported(t, id))
	}
	at := len(p.Told())
	if at != 5 {
		t.Errorf("%d notices at once, want 5", at)
	}
	w.Clock.Move(5 * time.Minute)
	p.Handled(t, enginetest.Sweep())
	rest := p.Told()[at:]
	if len(rest) != 1 || rest[0].Kind != notice.Digest || rest[0].Of != notice.Denied || len(rest[0].Entries) != 4 {
		t.Errorf("digest %+v", rest)
	}
	w.Clock.Move(5 * time.Minute)
	p.Handled(t, enginetest.Sweep())
	if n := len(p.Told()); n != at+1 {
		t.Errorf("told again: %d notices", n)
	}
	for _, id := range ids {
		w.Says(t, id, finding.Notified)
	}
}

// TestDeadTopic: a channel that is gone changes nothing for the resource, the
// finding, the ledger and the other channels.
func TestDeadTopic(t *testing.T) {
	all := []string{enginetest.TopicNotices, enginetest.TopicChat}
	one := []string{enginetest.TopicChat}
	tests := map[string]struct {
		dead   []string
		mode   gate.Mode
		status run.Status
		shows  string
		told   int // notices each living topic gets
	}{
		"one, a digest":        {one, gate.Auto, run.StatusVerified, finding.Resolved, 1},
		"one, told at once":    {one, gate.Approve, run.StatusAwaitingApproval, finding.Notified, 1},
		"both, a digest":       {all, gate.Auto, run.StatusVerified, finding.Resolved, 0},
		"both, now":            {all, gate.Approve, run.StatusAwaitingApproval, finding.Notified, 0},
		"none, for comparison": {nil, gate.Auto, run.StatusVerified, finding.Resolved, 1},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			w := enginetest.New(t)
			w.Config = enginetest.Modes(tc.mode)
			b := w.Store(t, nil)
			id := w.Report(t, enginetest.Spec(b))
			p := w.Start()
			w.Publishes(p, tc.dead...)
			w.ClearCalls()
			p.Handled(t, w.Imported(t, id))
			for range 4 {
				w.Clock.Move(enginetest.Later)
				p.Handled(t, enginetest.Sweep()) // its message must not come again either
			}
			w.Ended(t, tc.status)
			w.Shows(t, id, tc.shows)
			got := w.Published()
			for topic, n := range got {
				if n != tc.told {
					t.Errorf("%d notices to %s, want %d", n, topic, tc.told)
				}
			}
			if (len(got) == 0) != (tc.told == 0) {
				t.Errorf("published %v", got)
			}
		})
	}
}

// TestTopicsComeBack: what people could not be told at all they are told later, once.
func TestTopicsComeBack(t *testing.T) {
	const digest, now = run.StatusVerified, run.StatusAwaitingApproval
	for name, tc := range map[string]struct {
		mode   gate.Mode
		status run.Status
		topics int
	}{
		"a digest":              {gate.Auto, digest, 2},
		"told at once":          {gate.Approve, now, 2},
		"a digest, no chat":     {gate.Auto, digest, 1},
		"told at once, no chat": {gate.Approve, now, 1},
	} {
		t.Run(name, func(t *testing.T) {
			w := enginetest.New(t)
			w.Config = enginetest.Modes(tc.mode)
			b := w.Store(t, nil)
			id := w.Report(t, enginetest.Spec(b))
			p := w.Start()
			if tc.topics == 1 {
				w.PublishesNotices(p)
			} else {
				w.Publishes(p)
			}
			w.Fail("Publish", enginetest.Down())
			w.ClearCalls()
			p.Handled(t, w.Imported(t, id))
			w.Clock.Move(enginetest.Later)
			p.Handled(t, enginetest.Sweep())
			w.Ended(t, tc.status)
			if got := w.Published(); len(got) > 0 {
				t.Fatalf("published %v while SNS is down", got)
			}
			w.Heal()
			for range 3 {
				w.Clock.Move(enginetest.Later)
				p.Handled(t, enginetest.Sweep())
			}
			got := w.Published()
			for topic, n := range got {
				if n != 1 {
					t.Errorf("%d notices to %s, want 1", n, topic)
				}
			}
			if len(got) != tc.topics {
				t.Errorf("published %v, want one notice to each of %d topics", got, tc.topics)
			}
		})
	}
}

// TestToldOnceThoughFindingsJoin: a finding that joins while the run is being
// closed shows its end, and people are not told twice.
func TestToldOnceThoughFindingsJoin(t *testing.T) {
	w := enginetest.New(t)
	w.Config = enginetest.Modes(gate.Approve)
	b := w.Store(t, nil)
	ids := w.ThreeStandards(t, b)
	first, second := w.Imported(t, ids[0]), w.Imported(t, ids[1])
	joined := false
	p := w.Start(enginetest.Meanwhile("BatchUpdateFindings", func() {
		joined = true
		w.Start().Handled(t, second)
	}))
	p.Handled(t, first)
	if !joined {
		t.Fatal("nothing joined")
	}
	w.Ended(t, run.StatusAwaitingApproval)
	for _, id := range ids[:2] {
		w.Shows(t, id, finding.Notified, "waits for approval")
	}
	if told := p.Told(); len(told) != 1 {
		t.Errorf("told %d times: %+v", len(told), told)
	}
}
