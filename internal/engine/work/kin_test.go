package work_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/smithy-go"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/engine/enginetest"
	"github.com/salve-security/salve/internal/engine/work"
	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/finding"
	"github.com/salve-security/salve/internal/gate"
	"github.com/salve-security/salve/internal/run"
)

// TestUndoNamesWhatElseIsUnmet: Store.1 and Store.2 are met by the same block as Store.3.
// They are named before and after, and do not put it back by themselves.
func TestUndoNamesWhatElseIsUnmet(t *testing.T) {
	w := enginetest.New(t)
	p := w.Start()
	b, id, r := w.Repaired(t, p, nil)
	w.ClearCalls()
	preview, err := p.PreviewUndo(t.Context(), work.Takeback{Run: r.ID})
	if err != nil || !slices.Equal(preview.Unmet, []string{"Store.1", "Store.2"}) || len(preview.Plan.Changes) != 4 {
		t.Errorf("preview %+v, %v", preview, err)
	}
	if writes := w.Written(); len(writes) > 0 {
		t.Errorf("a preview wrote %+v", writes)
	}
	undo, err := p.Undo(t.Context(), r.ID, "alice")
	if err != nil || undo.Status != run.StatusUndone || !strings.Contains(undo.Reason, "leaves Store.1, Store.2 unmet") {
		t.Fatalf("undo %+v, %v", undo, err)
	}
	w.Shows(t, id, finding.New, "taken back by alice", "leaves Store.1, Store.2 unmet", "Changed back: ")
	sibling := enginetest.Spec(b)
	sibling.Control = "Store.1"
	other := w.Report(t, sibling)
	p.Handled(t, w.Imported(t, other))
	w.Untouched(t, other)
	p.Handled(t, w.Click(t, other))
	w.Shows(t, other, finding.Notified, "on hold", "run "+r.ID+" was taken back")
	if w.Flags(b) != nil {
		t.Errorf("flags %+v: a sibling put back what a person took back", w.Flags(b))
	}
	request := enginetest.Wish(b)
	request.Control = "Store.1"
	if again, err := p.Apply(t.Context(), request); err != nil || again.Status != run.StatusVerified {
		t.Errorf("apply %+v, %v: the operator insists", again, err)
	}
}

// TestUndoOfWhatALaterRunWroteAgain: the last who wrote a path takes it back.
func TestUndoOfWhatALaterRunWroteAgain(t *testing.T) {
	w := enginetest.New(t)
	p := w.Start()
	b, id, first := w.Repaired(t, p, nil)
	w.SetFlags(t, b, enginetest.Block(true, true, false, true))
	w.Clock.Move(time.Minute)
	second, err := p.Apply(t.Context(), enginetest.Wish(b))
	if err != nil || second.Status != run.StatusVerified {
		t.Fatalf("apply %+v, %v", second, err)
	}
	w.ClearCalls()
	_, err = p.PreviewUndo(t.Context(), work.Takeback{Run: first.ID})
	owned := "BlockPolicy is as run " + second.ID + " (Store.3) left it"
	if fault.Of(err) != fault.Refused || !strings.Contains(err.Error(), owned) {
		t.Errorf("preview: %v", err)
	}
	undo, err := p.Undo(t.Context(), first.ID, "alice")
	if err != nil || undo.Status != run.StatusRefused || w.Puts(b) != 0 {
		t.Errorf("undo %+v, %v, %d writes: want a refusal", undo, err, w.Puts(b))
	}
	w.Shows(t, id, finding.Resolved, "Salve fixed Store.3") // it is
	if !strings.Contains(undo.Reason, "take that run back first") || undo.ToDo != "salve undo "+second.ID+" --yes" {
		t.Errorf("undo says %q, to do %q", undo.Reason, undo.ToDo)
	}
	w.TakenBack(t, p, second)
	w.Flagged(t, b, enginetest.Block(true, true, false, true))
}

// TestUndoNamesTheLastOfSeveral: both siblings wrote the flag since.
func TestUndoNamesTheLastOfSeveral(t *testing.T) {
	for _, order := range [][]string{{"Store.1", "Store.2"}, {"Store.2", "Store.1"}} {
		w := enginetest.New(t)
		p := w.Start()
		b, _, first := w.Repaired(t, p, nil)
		var last *run.Run
		for _, id := range order {
			w.SetFlags(t, b, enginetest.Block(true, true, false, true))
			w.Clock.Move(time.Minute)
			request := enginetest.Wish(b)
			request.Control = id
			var err error
			if last, err = p.Apply(t.Context(), request); err != nil || last.Status != run.StatusVerified {
				t.Fatalf("apply %+v, %v", last, err)
			}
		}
		_, err := p.PreviewUndo(t.Context(), work.Takeback{Run: first.ID})
		if err == nil || !strings.Contains(err.Error(), "as run "+last.ID+" ("+order[1]+")") {
			t.Errorf("%v: preview %v", order, err)
		}
	}
}

// TestUndoOfWhatAnEarlierRunWroteToo: who came before does not stand in the way.
func TestUndoOfWhatAnEarlierRunWroteToo(t *testing.T) {
	w := enginetest.New(t)
	p := w.Start()
	b := w.Store(t, nil)
	earlier := enginetest.Wish(b)
	earlier.Control = "Store.1"
	if r, err := p.Apply(t.Context(), earlier); err != nil || r.Status != run.StatusVerified {
		t.Fatalf("apply %+v, %v", r, err)
	}
	w.SetFlags(t, b, enginetest.Block(true, true, false, true))
	w.Clock.Move(time.Minute)
	r, err := p.Apply(t.Context(), enginetest.Wish(b))
	if err != nil || r.Status != run.StatusVerified {
		t.Fatalf("apply %+v, %v", r, err)
	}
	w.TakenBack(t, p, r)
	w.Flagged(t, b, enginetest.Block(true, true, false, true))
}

// TestUndoOfAPolicyThatARunMade: one run made the policy, the next changed a part
// of it, in either order. The later one is named, not somebody else.
func TestUndoOfAPolicyThatARunMade(t *testing.T) {
	for first, second := range map[string]string{"IAM.15": "IAM.7", "IAM.7": "IAM.15"} {
		t.Run(first, func(t *testing.T) {
			w := enginetest.New(t)
			p := w.Start()
			client := passwords(t, w, 8)
			if _, err := client.DeleteAccountPasswordPolicy(t.Context(), nil); err != nil {
				t.Fatal(err)
			}
			length := map[string]map[string]any{"IAM.15": nil, "IAM.7": {"minimumPasswordLength": 20}}
			if first == "IAM.7" {
				length["IAM.7"]["minimumPasswordLength"] = 12
			}
			made := account(t, w, p, first, length[first])
			w.Clock.Move(time.Minute)
			changed := account(t, w, p, second, length[second])
			_, err := p.PreviewUndo(t.Context(), work.Takeback{Run: made.ID})
			if fault.Of(err) != fault.Refused || !strings.Contains(err.Error(), "as run "+changed.ID+" ("+second+") left it") {
				t.Errorf("preview: %v", err)
			}
			w.TakenBack(t, p, changed)
			w.TakenBack(t, p, made)
		})
	}
}

// TestUndoOfWhatWasNeverChanged: a denied run left everything as it was.
func TestUndoOfWhatWasNeverChanged(t *testing.T) {
	w := enginetest.New(t)
	p := w.Start()
	k := &keeper{label: "old", refuses: &smithy.GenericAPIError{Code: "AccessDenied", Message: "no"}}
	k.playbook(t, p)
	r, err := p.Apply(t.Context(), enginetest.Wish(w.Store(t, nil)))
	if err != nil || r.Status != run.StatusDenied || r.Undoable() {
		t.Fatalf("run %+v, %v", r, err)
	}
	if _, err := p.Undo(t.Context(), r.ID, "alice"); !errors.Is(err, work.ErrNothingToUndo) {
		t.Errorf("%v, want ErrNothingToUndo", err)
	}
}

// takenBack expects an undo to work.
func takenBack(t *testing.T, w *enginetest.World, p *enginetest.Process, r *run.Run) *run.Run {
	t.Helper()
	undo, err := p.Undo(t.Context(), r.ID, "alice")
	if err != nil || undo.Status != run.StatusUndone {
		t.Fatalf("undo of %s: %+v, %v", r.ID, undo, err)
	}
	return undo
}

// passwords is an account whose policy asks for that many characters and no more.
func passwords(t *testing.T, w *enginetest.World, length int32) *iam.Client {
	t.Helper()
	client := iam.NewFromConfig(w.Root(enginetest.Member))
	_, err := client.UpdateAccountPasswordPolicy(t.Context(), &iam.UpdateAccountPasswordPolicyInput{
		MinimumPasswordLength: &length,
	})
	if err != nil {
		t.Fatal(err)
	}
	return client
}

func minimum(t *testing.T, w *enginetest.World, client *iam.Client) int32 {
	t.Helper()
	out, err := client.GetAccountPasswordPolicy(t.Context(), &iam.GetAccountPasswordPolicyInput{})
	if err != nil {
		t.Fatal(err)
	}
	return aws.ToInt32(out.PasswordPolicy.MinimumPasswordLength)
}

// account asks for a control on the member account itself.
func account(t *testing.T, w *enginetest.World, p *enginetest.Process, id string, params map[string]any) *run.Run {
	t.Helper()
	r, err := p.Apply(t.Context(), work.Request{
		Control: id, Actor: "alice", Scope: "global", Params: params, Target: control.Target{
			Account: enginetest.Member, Region: enginetest.Region, Partition: "aws", Resource: "AWS::::Account:" + enginetest.Member,
		},
	})
	if err != nil || r.Status != run.StatusVerified {
		t.Fatalf("%s: %+v, %v", id, r, err)
	}
	return r
}

// TestUndoOfASharedPolicy: IAM.7 asked for more after IAM.15. The runs are taken
// back from the last to the first, and the policy is as it was.
func TestUndoOfASharedPolicy(t *testing.T) {
	w := enginetest.New(t)
	p := w.Start()
	client := passwords(t, w, 8)
	first := account(t, w, p, "IAM.15", nil)
	w.Clock.Move(time.Minute)
	second := account(t, w, p, "IAM.7", map[string]any{"minimumPasswordLength": 16})
	_, err := p.PreviewUndo(t.Context(), work.Takeback{Run: first.ID})
	if fault.Of(err) != fault.Refused || !strings.Contains(err.Error(), "as run "+second.ID+" (IAM.7) left it enginetest.Later") {
		t.Errorf("preview of the first: %v", err)
	}
	w.TakenBack(t, p, second)
	if n := minimum(t, w, client); n != 14 {
		t.Errorf("%d characters after the second is taken back, want 14", n)
	}
	preview, err := p.PreviewUndo(t.Context(), work.Takeback{Run: first.ID})
	if err != nil || len(preview.Unmet) > 0 {
		t.Errorf("preview %+v, %v: IAM.7 is not met as it is", preview, err)
	}
	w.TakenBack(t, p, first)
	if n := minimum(t, w, client); n != 8 {
		t.Errorf("%d characters, want 8 as before", n)
	}
}

// TestUndoOfAPathThatAnOlderRunOfASiblingWrote: between the two, a person changed
// the path, and the sibling has had another run since. It still owns the path.
func TestUndoOfAPathThatAnOlderRunOfASiblingWrote(t *testing.T) {
	w := enginetest.New(t)
	p := w.Start()
	client := passwords(t, w, 8)
	first := account(t, w, p, "IAM.15", nil) // 8 → 14
	passwords(t, w, 10)
	w.Clock.Move(time.Minute)
	owner := account(t, w, p, "IAM.7", nil) // 10 → 14, and more
	_, err := client.UpdateAccountPasswordPolicy(t.Context(), &iam.UpdateAccountPasswordPolicyInput{
		MinimumPasswordLength: aws.Int32(14), RequireNumbers: true, RequireLowercaseCharacters: true,
		RequireUppercaseCharacters: true, PasswordReusePrevention: aws.Int32(24), // but no symbols
	})
	if err != nil {
		t.Fatal(err)
	}
	w.Clock.Move(time.Minute)
	latest := account(t, w, p, "IAM.7", nil)
	_, err = p.PreviewUndo(t.Context(), work.Takeback{Run: first.ID})
	if fault.Of(err) != fault.Refused || !strings.Contains(err.Error(), "as run "+owner.ID+" (IAM.7) left it enginetest.Later") {
		t.Errorf("preview: %v", err)
	}
	w.TakenBack(t, p, latest)
	w.TakenBack(t, p, owner)
	if n := minimum(t, w, client); n != 10 {
		t.Errorf("%d characters, want the 10 of the person", n)
	}
}

// TestUndoBesideAMisconfiguredSibling: who takes back in an incident does not
// mend the configuration first.
func TestUndoBesideAMisconfiguredSibling(t *testing.T) {
	for name, given := range map[string]any{"a wrong name": "x", "not readable": nil} {
		t.Run(name, func(t *testing.T) {
			w := enginetest.New(t)
			p := w.Start()
			_, _, r := w.Repaired(t, p, nil)
			rule := gate.Rule{Mode: gate.Auto, Parameters: map[string]any{"nosuch": given}}
			w.Config.Controls = map[string]gate.Rule{"Store.1": rule}
			if given == nil {
				p.Configured = func(context.Context) (gate.Config, error) { return gate.Config{}, errors.New("no table") }
			}
			undo, err := p.Undo(t.Context(), r.ID, "alice")
			if err != nil || undo.Status != run.StatusUndone || slices.Contains(undo.Unmet, "Store.1") {
				t.Errorf("undo %+v, %v", undo, err)
			}
		})
	}
}

// TestUndoJudgesSiblingsByTheirParameters: IAM.7 is configured to want more than
// was there before, so it is met by nothing that an undo of IAM.15 could change.
func TestUndoJudgesSiblingsByTheirParameters(t *testing.T) {
	for name, tt := range map[string]struct {
		least int
		want  []string
	}{"met either way": {8, nil}, "met by the fix": {14, []string{"IAM.7"}}} {
		t.Run(name, func(t *testing.T) {
			w := enginetest.New(t)
			p := w.Start()
			w.Config.Controls["IAM.7"] = gate.Rule{Mode: gate.Manual, Parameters: map[string]any{
				"minimumPasswordLength": tt.least, "passwordReusePrevention": 1, "requireSymbols": false, "requireNumbers": false,
				"requireUppercaseCharacters": false, "requireLowercaseCharacters": false,
			}}
			client := passwords(t, w, 8)
			_, err := client.UpdateAccountPasswordPolicy(t.Context(), &iam.UpdateAccountPasswordPolicyInput{
				MinimumPasswordLength: aws.Int32(8), PasswordReusePrevention: aws.Int32(1),
			})
			if err != nil {
				t.Fatal(err)
			}
			r := account(t, w, p, "IAM.15", nil)
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
	passwords(t, w, 8)
	first := account(t, w, p, "IAM.15", nil)
	w.Clock.Move(time.Minute)
	account(t, w, p, "IAM.7", map[string]any{"minimumPasswordLength": 16})
	passwords(t, w, 20)
	_, err := p.PreviewUndo(t.Context(), work.Takeback{Run: first.ID})
	if fault.Of(err) != fault.Refused || !strings.Contains(err.Error(), "changed by somebody else: it is 20 now") {
		t.Errorf("preview: %v", err)
	}
}

// TestPreviewOfNoUndo: there is nothing to look at.
func TestPreviewOfNoUndo(t *testing.T) {
	w := enginetest.New(t)
	p := w.Start()
	_, _, r := w.Repaired(t, p, nil)
	w.TakenBack(t, p, r)
	if _, err := p.PreviewUndo(t.Context(), work.Takeback{Run: r.ID}); !errors.Is(err, work.ErrNothingToUndo) {
		t.Errorf("%v, want ErrNothingToUndo", err)
	}
}
