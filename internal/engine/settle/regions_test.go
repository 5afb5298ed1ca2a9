package settle_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/salve-security/salve/internal/audit"
	"github.com/salve-security/salve/internal/engine/enginetest"
	"github.com/salve-security/salve/internal/engine/settle"
	"github.com/salve-security/salve/internal/engine/tell"
	"github.com/salve-security/salve/internal/finding"
	"github.com/salve-security/salve/internal/names"
	"github.com/salve-security/salve/internal/note"
	"github.com/salve-security/salve/internal/notice"
	"github.com/salve-security/salve/internal/run"
)

// answers keeps the findings that were answered.
type answers map[finding.Key]bool

// Apply takes everything.
func (a answers) Apply(_ context.Context, updates []note.Update) (map[finding.Key]error, error) {
	for _, u := range updates {
		a[u.Key] = true
	}
	return nil, nil
}

// slow claims a run with a finding in each of the Regions, which came to its outcome after two minutes.
func slow(t *testing.T, w *enginetest.World, name string, regions ...string) *run.Run {
	t.Helper()
	now := w.Clock.Now()
	r := &run.Run{
		Schema: run.Schema, ID: run.NewID(now), Owner: "me", State: run.StateClaimed, Created: now.Add(-2 * time.Minute),
		Key:   run.Key{Account: enginetest.Member, Scope: enginetest.Region, Control: "Store.3", Resource: name},
		Locks: []string{name}, Findings: map[finding.Key]run.Finding{},
	}
	for _, region := range regions {
		key := finding.Key{API: finding.ASFF, ID: name + region, Account: enginetest.Member}
		r.Findings[key] = run.Finding{Key: key, Region: region, Event: "e"}
	}
	ask := run.Terms{Event: "e", Now: now, Lease: names.Lease}
	if _, err := w.Ledger.Claim(t.Context(), r, ask); err != nil {
		t.Fatal(err)
	}
	r.State, r.Status, r.Finished = run.StateRecorded, run.StatusCompliant, now
	return r
}

// TestAnswersDespiteOneRegion: a Region whose look-up fails holds back the runs that have findings there, and no
// others of the batch.
func TestAnswersDespiteOneRegion(t *testing.T) {
	w := enginetest.New(t)
	said := answers{}
	quiet := func(context.Context, audit.Line) {}
	s := &settle.Settler{
		Runs: w.Ledger, Past: w.Ledger, Counts: w.Ledger, Hub: said, Audit: quiet, Now: w.Clock.Now, Lease: names.Lease,
		Digest: time.Minute,
		People: &tell.People{
			Send: func(context.Context, notice.Notice) error { return nil }, Once: w.Ledger, Audit: quiet, Now: w.Clock.Now,
		},
		Look: func(_ context.Context, region string, keys []finding.Key) (map[finding.Key]finding.View, error) {
			if region == "eu-west-1" {
				return nil, errors.New("the Region does not answer")
			}
			views := map[finding.Key]finding.View{}
			for _, key := range keys {
				views[key] = finding.View{State: finding.State{
					RecordState: finding.Active, Workflow: finding.New, Compliance: finding.Failed,
				}}
			}
			return views, nil
		},
	}
	here, there := slow(t, w, "here", "us-east-1"), slow(t, w, "there", "eu-west-1")
	both := slow(t, w, "both", "us-east-1", "eu-west-1")
	if err := s.Settle(t.Context(), []*run.Run{here, there, both}); err != nil {
		t.Fatal(err)
	}
	got := map[string]run.State{}
	for _, r := range w.Runs() {
		got[r.Key.Resource] = r.State
	}
	want := map[string]run.State{"here": run.StateClosed, "there": run.StateRecorded, "both": run.StateRecorded}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	if len(said) != 1 {
		t.Errorf("answered %v, want the one finding whose run was looked up", said)
	}
}
