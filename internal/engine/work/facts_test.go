package work_test

import (
	"context"
	"slices"
	"testing"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/engine/enginetest"
	"github.com/salve-security/salve/internal/engine/work"
	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/run"
)

// exposure is what Store.3 writes, with what else makes a store public.
type exposure struct {
	BlockLists, IgnoreLists, BlockPolicy, BlockStrangers *bool

	Policy bool `salve:"fact"` // there is one
}

// exposed is a control that is met by flags, or by a store without a policy: kin
// to Store.3, with a fact that only its own read knows. It notes what became of
// a write that it tries while it reads.
func exposed(t *testing.T, tried *error) control.Control {
	t.Helper()
	info := enginetest.Declared(t, "Store.1")
	info.State = enginetest.StateBlock
	info.Actions = []string{"store:GetPolicy", "store:PutPolicy"}
	return control.Of[exposure]{
		Info: info,
		Read: func(ctx context.Context, env control.Env) (exposure, error) {
			p, err := enginetest.Read[enginetest.Policy](ctx, env, "Store", "Policy")
			if err != nil {
				return exposure{}, err
			}
			*tried = enginetest.Write(ctx, env, "Store", "Policy", &enginetest.Policy{})
			return exposure{Policy: p != nil}, nil
		},
		Want: func(now exposure, _ control.Env) (exposure, error) {
			if yes := true; now.Policy && (now.BlockStrangers == nil || !*now.BlockStrangers) {
				now.BlockStrangers = &yes
			}
			return now, nil
		},
		Write: func(context.Context, control.Env, exposure, exposure) error { return nil },
	}.Control()
}

// TestUndoAsksSiblingsForTheirFacts: what a sibling knows besides the state they
// share it reads itself, in a session that cannot write.
func TestUndoAsksSiblingsForTheirFacts(t *testing.T) {
	for name, tc := range map[string]struct {
		policy bool
		want   []string
	}{"with a policy": {true, []string{"Store.1"}}, "without": {false, nil}} {
		t.Run(name, func(t *testing.T) {
			w := enginetest.New(t)
			p := w.Start()
			real, _ := p.Controls.Get("Store.3")
			var tried error
			p.Controls = enginetest.RegistryOf(t, real, exposed(t, &tried))
			b, _, r := w.Repaired(t, p, nil)
			if tc.policy {
				w.SetPolicy(t, b, enginetest.Policy{"Theirs": "Allow"})
			}
			preview, err := p.PreviewUndo(t.Context(), work.Takeback{Run: r.ID})
			if err != nil || !slices.Equal(preview.Unmet, tc.want) {
				t.Errorf("preview %+v, %v, want unmet %v", preview, err, tc.want)
			}
			if fault.Of(tried) != fault.Denied {
				t.Errorf("the sibling could write while it was only asked: %v", tried)
			}
			undo, err := p.Undo(t.Context(), r.ID, "alice")
			if err != nil || undo.Status != run.StatusUndone || !slices.Equal(undo.Unmet, tc.want) {
				t.Errorf("undo %+v, %v, want unmet %v", undo, err, tc.want)
			}
		})
	}
}

// TestUndoWithADefectInASibling: a sibling that panics while it is asked keeps nobody from an undo.
func TestUndoWithADefectInASibling(t *testing.T) {
	w := enginetest.New(t)
	p := w.Start()
	real, _ := p.Controls.Get("Store.3")
	info := enginetest.Declared(t, "Store.1")
	info.State = enginetest.StateBlock
	broken := control.Of[exposure]{
		Info:  info,
		Read:  func(context.Context, control.Env) (exposure, error) { panic("defect") },
		Want:  func(now exposure, _ control.Env) (exposure, error) { return now, nil },
		Write: func(context.Context, control.Env, exposure, exposure) error { return nil },
	}
	p.Controls = enginetest.RegistryOf(t, real, broken.Control())
	_, _, r := w.Repaired(t, p, nil)
	if _, err := p.PreviewUndo(t.Context(), work.Takeback{Run: r.ID}); err != nil {
		t.Errorf("preview: %v", err)
	}
	w.TakenBack(t, p, r)
}

// TestUndoBesideASiblingThatCannotBeAsked: what is not known of a sibling with facts keeps the engine off for it
// too, or the sibling would take the undo back.
func TestUndoBesideASiblingThatCannotBeAsked(t *testing.T) {
	for name, tc := range map[string]struct {
		err  error
		want []string
	}{
		"no answer":    {fault.New(fault.Retry, "slow down"), []string{"Store.1"}},
		"cannot judge": {fault.New(fault.Refused, "not this one"), nil},
	} {
		t.Run(name, func(t *testing.T) {
			w := enginetest.New(t)
			p := w.Start()
			real, _ := p.Controls.Get("Store.3")
			info := enginetest.Declared(t, "Store.1")
			info.State = enginetest.StateBlock
			mute := control.Of[exposure]{
				Info:  info,
				Read:  func(context.Context, control.Env) (exposure, error) { return exposure{}, tc.err },
				Want:  func(now exposure, _ control.Env) (exposure, error) { return now, nil },
				Write: func(context.Context, control.Env, exposure, exposure) error { return nil },
			}
			p.Controls = enginetest.RegistryOf(t, real, mute.Control())
			_, _, r := w.Repaired(t, p, nil)
			undo, err := p.Undo(t.Context(), r.ID, "alice")
			if err != nil || undo.Status != run.StatusUndone || !slices.Equal(undo.Unmet, tc.want) {
				t.Fatalf("undo %+v, %v, want unmet %v", undo, err, tc.want)
			}
			hold, err := w.Ledger.Hold(t.Context(), r.Key.Of("Store.1"), w.Clock.Now())
			if err != nil || (hold != nil) != (tc.want != nil) {
				t.Errorf("hold of the sibling %+v, %v", hold, err)
			}
		})
	}
}
