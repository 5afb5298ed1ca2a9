package work_test

import (
	"strings"
	"testing"
	"time"

	"github.com/salve-security/salve/internal/engine/enginetest"
	"github.com/salve-security/salve/internal/engine/work"
	"github.com/salve-security/salve/internal/finding"
	"github.com/salve-security/salve/internal/notice"
	"github.com/salve-security/salve/internal/plain"
	"github.com/salve-security/salve/internal/run"
)

// givingUp is an undo that waits and then meets something.
type givingUp struct {
	then   func(t *testing.T, w *enginetest.World, store string) // when it may go on
	status run.Status
	kind   notice.Kind
	says   string
}

// TestUndoThatGivesUp: an operator's undo that has to wait, and puts nothing back in the end, is told: he may have gone
// home. What the finding proved stays in its note.
func TestUndoThatGivesUp(t *testing.T) {
	for name, tc := range map[string]givingUp{
		"throttled for ever": {
			func(_ *testing.T, w *enginetest.World, _ string) { w.Fail("GetBlock", enginetest.Throttled()) },
			run.StatusFailed, notice.Failed, "gave up",
		},
		"denied": {
			func(_ *testing.T, w *enginetest.World, _ string) { w.Forbid("store:PutBlock", "boundary") },
			run.StatusDenied, notice.Denied, "denied",
		},
		"drifted": {
			func(t *testing.T, w *enginetest.World, store string) {
				t.Helper()
				w.SetFlags(t, store, nil)
			}, run.StatusRefused, notice.Refused, "was changed by somebody else",
		},
		"no role any more": {
			func(_ *testing.T, w *enginetest.World, _ string) { w.Distrust(enginetest.Member) },
			run.StatusDenied, notice.Denied, "Deploy deploy/member.yaml",
		},
	} {
		t.Run(name, func(t *testing.T) {
			w, id, r := tc.play(t, false)
			w.Shows(t, id, finding.Resolved, tc.says, "take back its fix of Store.3",
				"Fix verified "+plain.Minute(r.Finished)+" by run "+r.ID, "Undo: salve undo "+r.ID+" --yes")
		})
		t.Run(name+", without findings", func(t *testing.T) {
			w, id, r := tc.play(t, true)
			w.Shows(t, id, finding.Resolved, "Salve fixed Store.3", "Undo: salve undo "+r.ID+" --yes")
		})
	}
}

// play has a fix made and its undo given up, and wants people to hear of that.
func (tc givingUp) play(t *testing.T, without bool) (w *enginetest.World, id string, r *run.Run) {
	t.Helper()
	w = enginetest.New(t)
	p := w.Start()
	store, id, r := w.Repaired(t, p, enginetest.Block(false, false, false, false))
	w.Clock.Move(enginetest.Later)
	p.Handled(t, enginetest.Sweep()) // the digest
	told := len(p.Told())
	w.Fail("GetBlock", enginetest.Throttled())
	undo, err := p.TakeBack(t.Context(), work.Takeback{Run: r.ID, Actor: "alice", NoFindings: without})
	if err != nil || undo.Status != run.StatusDeferred {
		t.Fatalf("undo %+v, %v", undo, err)
	}
	w.Heal()
	tc.then(t, w, store)
	for range run.MaxAttempts + 1 {
		w.Clock.Move(time.Hour)
		p.Handled(t, enginetest.Sweep())
	}
	ended, err := p.Ledger.Get(t.Context(), undo.ID)
	if err != nil || ended.State != run.StateClosed || ended.Status != tc.status {
		t.Fatalf("undo is %+v, %v", ended, err)
	}
	tc.told(t, r, p.Told()[told:])
	return w, id, r
}

// told wants one notice, which is about the undo.
func (tc givingUp) told(t *testing.T, r *run.Run, news []notice.Notice) {
	t.Helper()
	if len(news) != 1 || news[0].Kind != tc.kind || news[0].Undoes != r.ID || news[0].Said != "" ||
		!strings.Contains(news[0].Why+news[0].ToDo, tc.says) {
		t.Fatalf("told %+v", news)
	}
	subject, body := notice.Email(news[0])
	if !strings.Contains(subject, "take back its fix") || !strings.Contains(body, "Somebody asked Salve to take back") {
		t.Errorf("mail %q\n%s", subject, body)
	}
}

// TestUndoThatIsSeen: who sees at once that nothing was put back is told by nobody else.
func TestUndoThatIsSeen(t *testing.T) {
	w := enginetest.New(t)
	p := w.Start()
	_, id, r := w.Repaired(t, p, nil)
	w.Clock.Move(enginetest.Later)
	p.Handled(t, enginetest.Sweep())
	told, before := len(p.Told()), w.Finding(t, id).Note.Text
	w.Fail("GetBlock", enginetest.Denied())
	undo, err := p.Undo(t.Context(), r.ID, "alice")
	if err != nil || undo.Status != run.StatusDenied {
		t.Fatalf("undo %+v, %v", undo, err)
	}
	if w.Shows(t, id, finding.Resolved, before); len(p.Told()) != told {
		t.Errorf("told %+v", p.Told()[told:])
	}
}
