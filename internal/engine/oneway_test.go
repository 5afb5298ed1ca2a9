package engine_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	hubtypes "github.com/aws/aws-sdk-go-v2/service/securityhub/types"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/engine/work"
	"github.com/salve-security/salve/internal/run"
)

// TestNothingIsTakenBackOneWay: where all that a run changed is one way, undo is
// neither offered nor played: no hold, no word on the finding.
func TestNothingIsTakenBackOneWay(t *testing.T) {
	w := newWorld(t)
	p := w.start(t)
	real, _ := p.Controls.Get("S3.8")
	info, on := real.Info, false
	info.OneWay = map[string]string{"On": "it is burnt in"}
	registry, err := control.NewRegistry(nil, control.Of[lazyState]{
		Info:  info,
		Read:  func(context.Context, control.Env) (lazyState, error) { return lazyState{On: on}, nil },
		Want:  func(lazyState, control.Env) (lazyState, error) { return lazyState{On: true}, nil },
		Write: func(_ context.Context, _ control.Env, _, to lazyState) error { on = to.On; return nil },
	}.Control())
	if err != nil {
		t.Fatal(err)
	}
	p.Controls = registry
	bucket := w.bucket(t, nil)
	id := w.report(t, w.spec(bucket))
	request := w.request(bucket)
	f := w.finding(t, id)
	request.Findings = append(request.Findings, run.Finding{Key: keyOf(f), Region: w.Region()})
	r, err := p.Apply(t.Context(), request)
	if err != nil || !on {
		t.Fatalf("apply: %v, %+v", err, r)
	}
	if note := *w.finding(t, id).Note.Text; strings.Contains(note, "undo") {
		t.Errorf("note %q", note)
	}
	_, err = p.Undo(t.Context(), r.ID, "tester")
	if !errors.Is(err, work.ErrNothingToUndo) || !strings.Contains(err.Error(), "it is burnt in") {
		t.Errorf("undo: %v", err)
	}
	w.says(t, id, hubtypes.WorkflowStatusResolved)
	if len(w.runs(t)) != 1 {
		t.Errorf("%d runs", len(w.runs(t)))
	}
}
