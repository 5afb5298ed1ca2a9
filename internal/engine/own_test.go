package engine_test

import (
	"context"
	"regexp"
	"testing"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/run"
)

// TestOwnPlaybooksAreForPeople: an operator applies one; a finding that claims to
// be of one is not acted on, whoever sends it.
func TestOwnPlaybooksAreForPeople(t *testing.T) {
	w := newWorld(t)
	p := w.start(t)
	on := false
	registry, err := control.NewRegistry(nil, control.Of[lazyState]{
		Info: control.Info{
			ID: "Salve.ShutBucket", Title: "Shuts a bucket", Severity: control.SeverityHigh, Effect: "It is shut.",
			Resources: []string{"AwsS3Bucket"}, Impact: control.ImpactNone,
			Pattern: regexp.MustCompile(`^arn:aws:s3:::([a-z0-9-]+)$`), Actions: []string{"s3:GetBucketAcl"},
		},
		Read:  func(context.Context, control.Env) (lazyState, error) { return lazyState{On: on}, nil },
		Want:  func(lazyState, control.Env) (lazyState, error) { return lazyState{On: true}, nil },
		Write: func(_ context.Context, _ control.Env, _, to lazyState) error { on = to.On; return nil },
	}.Control())
	if err != nil {
		t.Fatal(err)
	}
	p.Controls = registry
	b := w.bucket(t, nil)
	claims := w.spec(b)
	claims.Control = "Salve.ShutBucket"
	id := w.report(t, claims)
	p.handle(t, w.imported(t, id))
	p.handle(t, w.click(t, id))
	if runs := w.runs(t); len(runs) > 0 || on {
		t.Errorf("a finding started %+v", runs)
	}
	req := w.request(b)
	req.Control = "salve.shutbucket"
	r, err := p.Apply(t.Context(), req)
	if err != nil || r.Status != run.StatusVerified || r.Key.Control != "Salve.ShutBucket" || !on {
		t.Errorf("apply %+v, %v", r, err)
	}
	undo, err := p.Undo(t.Context(), r.ID, "alice")
	if err != nil || undo.Status != run.StatusUndone || on {
		t.Errorf("undo %+v, %v", undo, err)
	}
}
