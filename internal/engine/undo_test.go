package engine_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	hubtypes "github.com/aws/aws-sdk-go-v2/service/securityhub/types"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/engine/work"
	"github.com/salve-security/salve/internal/notice"
	"github.com/salve-security/salve/internal/run"
)

// repaired has a bucket fixed and returns it with its finding and the run.
func (w *world) repaired(t *testing.T, p *process, before *types.PublicAccessBlockConfiguration) (
	bucket, finding string, r *run.Run,
) {
	t.Helper()
	b := w.bucket(t, before)
	id := w.report(t, w.spec(b))
	p.handle(t, w.imported(t, id))
	return b, id, w.ended(t, run.StatusVerified)
}

// request is what the command line asks for a bucket.
func (w *world) request(bucket string) work.Request {
	return work.Request{
		Control: "S3.8", Actor: "alice", Scope: w.Region(),
		Target: control.Target{
			Account: w.member, Region: w.Region(), Partition: "aws", Resource: "arn:aws:s3:::" + bucket,
		},
	}
}

func TestUndoRestoresExactly(t *testing.T) {
	for name, before := range map[string]*types.PublicAccessBlockConfiguration{
		"one flag was set":    block(false, true, false, false),
		"three flags":         block(true, true, true, false),
		"a block without any": block(false, false, false, false),
		"no block at all":     nil,
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			p := w.start(t)
			b, id, r := w.repaired(t, p, before)
			undo, err := p.Undo(t.Context(), r.ID, "alice@example.org")
			if err != nil {
				t.Fatal(err)
			}
			if undo.Status != run.StatusUndone || undo.State != run.StateClosed || undo.Undoes != r.ID {
				t.Errorf("undo %s %s of %q (%s)", undo.State, undo.Status, undo.Undoes, undo.Reason)
			}
			w.flagged(t, b, before)
			w.shows(t, id, hubtypes.WorkflowStatusNew, "taken back", "alice@example.org",
				w.clock.Now().AddDate(0, 0, 7).UTC().Format("2006-01-02"))
			if locks := w.locks(t); len(locks) > 0 {
				t.Errorf("locks left: %v", locks)
			}
			told := p.told()
			if len(told) != 1 || told[0].Kind != notice.Undone || told[0].RunID != undo.ID {
				t.Errorf("notices %+v, want one of the undo", told)
			}
			if undo.BeforeHash != r.AfterHash || undo.AfterHash != r.BeforeHash {
				t.Errorf("undo led from %s to %s, the fix from %s to %s",
					undo.BeforeHash, undo.AfterHash, r.BeforeHash, r.AfterHash)
			}
		})
	}
}

// TestUndoAfterChangesThatDoNotMatter: a path the fix did not touch stays as
// somebody left it since, and one that is back already needs no writing.
func TestUndoAfterChangesThatDoNotMatter(t *testing.T) {
	tests := map[string]struct {
		since, want *types.PublicAccessBlockConfiguration
	}{
		"a flag that was not ours": {block(false, true, true, true), block(false, false, true, false)},
		"one of ours put back":     {block(true, false, true, true), block(true, false, true, false)},
		"all put back":             {block(true, false, true, false), block(true, false, true, false)},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			p := w.start(t)
			b, _, r := w.repaired(t, p, block(true, false, true, false))
			w.setFlags(t, b, tc.since)
			undo, err := p.Undo(t.Context(), r.ID, "alice")
			if err != nil || undo.Status != run.StatusUndone {
				t.Fatalf("undo %+v, %v", undo, err)
			}
			w.flagged(t, b, tc.want)
		})
	}
}

// TestUndoRefusesDrift: the block is gone altogether, which is neither what it
// was before nor what the fix left.
func TestUndoRefusesDrift(t *testing.T) {
	w := newWorld(t)
	p := w.start(t)
	b, id, r := w.repaired(t, p, block(true, false, true, false))
	if _, err := w.S3(w.member).DeletePublicAccessBlock(t.Context(),
		&s3.DeletePublicAccessBlockInput{Bucket: &b}); err != nil {
		t.Fatal(err)
	}
	w.ClearCalls()
	undo, err := p.Undo(t.Context(), r.ID, "alice")
	if err != nil {
		t.Fatal(err)
	}
	if undo.Status != run.StatusRefused || undo.State != run.StateClosed || undo.Hold != nil {
		t.Errorf("undo %s %s, hold %+v", undo.State, undo.Status, undo.Hold)
	}
	if !strings.Contains(undo.Reason, "PublicAcls was changed by somebody else") {
		t.Errorf("reason %q does not say what was changed by whom", undo.Reason)
	}
	if w.puts(b) != 0 || w.flags(t, b) != nil {
		t.Errorf("%d writes, flags %+v: want nothing written", w.puts(b), w.flags(t, b))
	}
	w.shows(t, id, hubtypes.WorkflowStatusResolved, "Salve fixed S3.8") // of the undo only who asked hears
	if locks := w.locks(t); len(locks) > 0 {
		t.Errorf("locks left: %v", locks)
	}
	w.undoneAfterAll(t, p, b, r)
}

// undoneAfterAll: a refusal does not use the undo up. Once the drift is mended it works.
func (w *world) undoneAfterAll(t *testing.T, p *process, bucket string, r *run.Run) {
	t.Helper()
	w.setFlags(t, bucket, block(true, true, true, true))
	undo, err := p.Undo(t.Context(), r.ID, "alice")
	if err != nil || undo.Status != run.StatusUndone {
		t.Errorf("second undo %+v, %v", undo, err)
	}
}

func TestUndoWithNothingToTakeBack(t *testing.T) {
	w := newWorld(t)
	p := w.start(t)
	b, _, r := w.repaired(t, p, nil)
	undo, err := p.Undo(t.Context(), r.ID, "alice")
	if err != nil {
		t.Fatal(err)
	}
	w.ClearCalls()
	for name, id := range map[string]string{"the run again": r.ID, "the undo itself": undo.ID} {
		if _, err := p.Undo(t.Context(), id, "alice"); !errors.Is(err, work.ErrNothingToUndo) {
			t.Errorf("%s: %v, want ErrNothingToUndo", name, err)
		}
	}
	if len(w.written()) > 0 || w.flags(t, b) != nil {
		t.Errorf("written: %+v", w.written())
	}
	if n := len(w.runs(t)); n != 2 {
		t.Errorf("%d runs, want the fix and its undo", n)
	}
}

// TestUndoOfACompliantRun: it changed nothing.
func TestUndoOfACompliantRun(t *testing.T) {
	w := newWorld(t)
	p := w.start(t)
	b := w.bucket(t, block(true, true, true, true))
	p.handle(t, w.imported(t, w.report(t, w.spec(b))))
	r := w.ended(t, run.StatusCompliant)
	if _, err := p.Undo(t.Context(), r.ID, "alice"); !errors.Is(err, work.ErrNothingToUndo) {
		t.Errorf("%v, want ErrNothingToUndo", err)
	}
}

// held is a world in which a fix was just taken back.
func held(t *testing.T) (w *world, p *process, bucket, finding string) {
	t.Helper()
	w = newWorld(t)
	p = w.start(t)
	bucket, finding, r := w.repaired(t, p, nil)
	if _, err := p.Undo(t.Context(), r.ID, "alice"); err != nil {
		t.Fatal(err)
	}
	w.ClearCalls()
	return w, p, bucket, finding
}

// TestUndoLeavesAHold: what a person took back is not fixed again by itself.
func TestUndoLeavesAHold(t *testing.T) {
	t.Run("imported", func(t *testing.T) {
		w, p, b, id := held(t)
		p.handle(t, w.imported(t, id))
		if len(w.written()) > 0 || w.flags(t, b) != nil || len(w.runs(t)) != 2 {
			t.Errorf("written %+v, flags %+v, %d runs: want nothing done", w.written(), w.flags(t, b), len(w.runs(t)))
		}
		w.shows(t, id, hubtypes.WorkflowStatusNew, "taken back")
	})
	t.Run("click", func(t *testing.T) {
		w, p, b, id := held(t)
		p.handle(t, w.click(t, id))
		if w.flags(t, b) != nil || w.puts(b) != 0 || len(w.runs(t)) != 2 {
			t.Errorf("flags %+v, %d writes, %d runs: want nothing done", w.flags(t, b), w.puts(b), len(w.runs(t)))
		}
		w.shows(t, id, hubtypes.WorkflowStatusNotified, "on hold", "was taken back",
			w.clock.Now().AddDate(0, 0, 7).UTC().Format("2006-01-02"))
	})
	t.Run("operator", func(t *testing.T) {
		w, p, b, _ := held(t)
		r, err := p.Apply(t.Context(), w.request(b))
		if err != nil || r.Status != run.StatusVerified || !w.blocked(t, b) {
			t.Errorf("apply %+v, %v, flags %+v: the operator insists", r, err, w.flags(t, b))
		}
	})
}

// TestHoldIsBounded: in time, and to the one bucket.
func TestHoldIsBounded(t *testing.T) {
	t.Run("imported a week later", func(t *testing.T) {
		w, p, b, id := held(t)
		w.clock.move(7*24*time.Hour + time.Second)
		p.handle(t, w.imported(t, id))
		if !w.blocked(t, b) {
			t.Errorf("flags %+v: the hold has ended", w.flags(t, b))
		}
	})
	t.Run("another bucket", func(t *testing.T) {
		w, p, _, _ := held(t)
		b := w.bucket(t, nil)
		p.handle(t, w.imported(t, w.report(t, w.spec(b))))
		if !w.blocked(t, b) {
			t.Errorf("flags %+v: the hold is of one bucket", w.flags(t, b))
		}
	})
}

// TestFixThatWasTakenBackIsNotNamed: somebody else set the block later.
func TestFixThatWasTakenBackIsNotNamed(t *testing.T) {
	w := newWorld(t)
	p := w.start(t)
	b, _, r := w.repaired(t, p, nil)
	if again, err := p.Apply(t.Context(), w.request(b)); err != nil || again.Previous != r.ID {
		t.Errorf("compliant run names %q, %v, want %s", again.Previous, err, r.ID)
	}
	w.takenBack(t, p, r)
	w.setFlags(t, b, block(true, true, true, true))
	if again, err := p.Apply(t.Context(), w.request(b)); err != nil || again.Previous != "" {
		t.Errorf("compliant run names %q, %v", again.Previous, err)
	}
}
