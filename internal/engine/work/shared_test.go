package work_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/salve-security/salve/internal/engine/enginetest"
	"github.com/salve-security/salve/internal/engine/work"
	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/gate"
	"github.com/salve-security/salve/internal/run"
)

// account asks for a control on the member account itself.
func account(t *testing.T, p *enginetest.Process, id string, params map[string]any) *run.Run {
	t.Helper()
	r, err := p.Apply(t.Context(), work.Request{
		Control: id, Actor: "alice", Scope: "global", Params: params, Target: enginetest.Account(),
	})
	if err != nil || r.Status != run.StatusVerified {
		t.Fatalf("%s: %+v, %v", id, r, err)
	}
	return r
}

// TestUndoOfAPolicyThatARunMade: one run made the policy, the next changed a part
// of it, in either order. The later one is named, not somebody else.
func TestUndoOfAPolicyThatARunMade(t *testing.T) {
	for first, second := range map[string]string{"Account.101": "Account.102", "Account.102": "Account.101"} {
		t.Run(first, func(t *testing.T) {
			w := enginetest.New(t)
			p := w.Start()
			length := map[string]map[string]any{"Account.101": nil, "Account.102": {"length": 20}}
			if first == "Account.102" {
				length["Account.102"]["length"] = 12
			}
			made := account(t, p, first, length[first])
			w.Clock.Move(time.Minute)
			changed := account(t, p, second, length[second])
			_, err := p.PreviewUndo(t.Context(), work.Takeback{Run: made.ID})
			if fault.Of(err) != fault.Refused || !strings.Contains(err.Error(), "as run "+changed.ID+" ("+second+") left it") {
				t.Errorf("preview: %v", err)
			}
			w.TakenBack(t, p, changed)
			w.TakenBack(t, p, made)
		})
	}
}

// TestUndoOfASharedPolicy: Account.102 asked for more after Account.101. The runs are taken
// back from the last to the first, and the policy is as it was.
func TestUndoOfASharedPolicy(t *testing.T) {
	w := enginetest.New(t)
	p := w.Start()
	w.SetPasswords(t, &enginetest.Passwords{Length: 8})
	first := account(t, p, "Account.101", nil)
	w.Clock.Move(time.Minute)
	second := account(t, p, "Account.102", map[string]any{"length": 16})
	_, err := p.PreviewUndo(t.Context(), work.Takeback{Run: first.ID})
	left := "as run " + second.ID + " (Account.102) left it later"
	if fault.Of(err) != fault.Refused || !strings.Contains(err.Error(), left) {
		t.Errorf("preview of the first: %v", err)
	}
	w.TakenBack(t, p, second)
	if n := w.Passwords().Length; n != 14 {
		t.Errorf("%d characters after the second is taken back, want 14", n)
	}
	preview, err := p.PreviewUndo(t.Context(), work.Takeback{Run: first.ID})
	if err != nil || len(preview.Unmet) > 0 {
		t.Errorf("preview %+v, %v: Account.102 is not met as it is", preview, err)
	}
	w.TakenBack(t, p, first)
	if n := w.Passwords().Length; n != 8 {
		t.Errorf("%d characters, want 8 as before", n)
	}
}

// TestUndoOfAPathThatAnOlderRunOfASiblingWrote: between the two, a person changed
// the path, and the sibling has had another run since. It still owns the path.
func TestUndoOfAPathThatAnOlderRunOfASiblingWrote(t *testing.T) {
	w := enginetest.New(t)
	p := w.Start()
	w.SetPasswords(t, &enginetest.Passwords{Length: 8})
	first := account(t, p, "Account.101", nil) // 8 → 14
	w.SetPasswords(t, &enginetest.Passwords{Length: 10})
	w.Clock.Move(time.Minute)
	owner := account(t, p, "Account.102", nil)                                                      // 10 → 14, and more
	weaker := &enginetest.Passwords{Length: 14, Reuse: 24, Upper: true, Lower: true, Numbers: true} // no symbols
	w.SetPasswords(t, weaker)
	w.Clock.Move(time.Minute)
	latest := account(t, p, "Account.102", nil)
	_, err := p.PreviewUndo(t.Context(), work.Takeback{Run: first.ID})
	left := "as run " + owner.ID + " (Account.102) left it later"
	if fault.Of(err) != fault.Refused || !strings.Contains(err.Error(), left) {
		t.Errorf("preview: %v", err)
	}
	w.TakenBack(t, p, latest)
	w.TakenBack(t, p, owner)
	if n := w.Passwords().Length; n != 10 {
		t.Errorf("%d characters, want the 10 of the person", n)
	}
}

// TestUndoJudgesSiblingsByTheirParameters: Account.102 is configured to want more than
// was there before, so it is met by nothing that an undo of Account.101 could change.
func TestUndoJudgesSiblingsByTheirParameters(t *testing.T) {
	for name, tt := range map[string]struct {
		least int
		want  []string
	}{"met either way": {8, nil}, "met by the fix": {14, []string{"Account.102"}}} {
		t.Run(name, func(t *testing.T) {
			w := enginetest.New(t)
			p := w.Start()
			w.Config.Controls["Account.102"] = gate.Rule{Mode: gate.Manual, Parameters: map[string]any{
				"length": tt.least, "reuse": 1, "symbols": false, "numbers": false, "upper": false, "lower": false,
			}}
			w.SetPasswords(t, &enginetest.Passwords{Length: 8, Reuse: 1})
			r := account(t, p, "Account.101", nil)
			w.ClearCalls()
			preview, err := p.PreviewUndo(t.Context(), work.Takeback{Run: r.ID})
			if err != nil || !slices.Equal(preview.Unmet, tt.want) {
				t.Errorf("preview %+v, %v, want unmet %v", preview, err, tt.want)
			}
		})
	}
}

// TestUndoDriftOfASharedPolicy: what nobody of Salve's left there is somebody else's.
func TestUndoDriftOfASharedPolicy(t *testing.T) {
	w := enginetest.New(t)
	p := w.Start()
	w.SetPasswords(t, &enginetest.Passwords{Length: 8})
	first := account(t, p, "Account.101", nil)
	w.Clock.Move(time.Minute)
	account(t, p, "Account.102", map[string]any{"length": 16})
	w.SetPasswords(t, &enginetest.Passwords{Length: 20})
	_, err := p.PreviewUndo(t.Context(), work.Takeback{Run: first.ID})
	if fault.Of(err) != fault.Refused || !strings.Contains(err.Error(), "changed by somebody else: it is 20 now") {
		t.Errorf("preview: %v", err)
	}
}
