package work_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/aws/smithy-go"
	"github.com/google/go-cmp/cmp"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/engine/enginetest"
	"github.com/salve-security/salve/internal/engine/work"
	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/run"
)

// password is what nobody may ever read anywhere but in the resource.
const password = "correct-horse-battery"

// sealedState is a resource with a password that has to go, and a label that says so.
type sealedState struct {
	Password control.Secret
	Label    string
}

// keeper is the resource, and what its service answers to a write.
type keeper struct {
	password, label string
	refuses         error
	mutters         error // what the service says to a second question of a read
}

// playbook is a control on the keeper that takes the place of Store.3.
func (k *keeper) playbook(t *testing.T, p *enginetest.Process) {
	t.Helper()
	enginetest.Instead(t, p, control.Of[sealedState]{
		Read: func(_ context.Context, env control.Env) (sealedState, error) {
			return sealedState{Password: env.Seal(k.password), Label: k.label}, k.mutters
		},
		Want: func(sealedState, control.Env) (sealedState, error) { return sealedState{Label: "clean"}, nil },
		Write: func(_ context.Context, env control.Env, _, to sealedState) error {
			value, err := env.Reveal(to.Password)
			if err != nil {
				return err
			}
			if k.refuses == nil {
				k.password, k.label = value, to.Label
			}
			return k.refuses
		},
	})
}

// nowhere looks for the password in all that was stored, noted, logged and told.
func nowhere(t *testing.T, w *enginetest.World, p *enginetest.Process, finding string) (marks int) {
	t.Helper()
	lines, err := json.Marshal(p.Audited())
	if err != nil {
		t.Fatal(err)
	}
	for where, text := range map[string]string{
		"ledger": w.Ledger.Dump(), "finding": string(w.Raw(t, finding)), "audit log": string(lines),
		"notices": fmt.Sprintf("%+v", p.Told()),
	} {
		if strings.Contains(text, password) {
			t.Errorf("the %s has the password: %s", where, text)
		}
		if regexp.MustCompile(`sealed:[0-9a-f]{24}`).MatchString(text) {
			marks++
		}
	}
	return marks
}

// TestSecretIsNeverTold: an imported finding asks for approval, because what is
// taken away cannot be put back, and shows a mark in all places.
func TestSecretIsNeverTold(t *testing.T) {
	w := enginetest.New(t)
	p := w.Start()
	k := &keeper{password: password}
	k.playbook(t, p)
	id := w.Report(t, enginetest.Spec(w.Store(t, nil)))
	p.Handled(t, w.Imported(t, id))
	w.Ended(t, run.StatusAwaitingApproval)
	if marks := nowhere(t, w, p, id); marks != 4 {
		t.Errorf("the mark is in %d of 4 places", marks)
	}
	if k.password != password {
		t.Error("the password was taken away without approval")
	}
}

// TestUndoLeavesTheSecret: the rest is put back, by a process that never knew the password.
func TestUndoLeavesTheSecret(t *testing.T) {
	w := enginetest.New(t)
	p := w.Start()
	k := &keeper{password: password, label: "old"}
	k.playbook(t, p)
	store := w.Store(t, nil)
	id := w.Report(t, enginetest.Spec(store))
	r, err := p.Apply(t.Context(), enginetest.Wish(store))
	if err != nil || r.Status != run.StatusVerified || k.password != "" {
		t.Fatalf("apply %+v, %v", r, err)
	}
	p = w.Start()
	k.playbook(t, p)
	undo, err := p.Undo(t.Context(), r.ID, "alice")
	if err != nil || undo.Status != run.StatusUndone || k.label != "old" || k.password != "" {
		t.Errorf("undo %+v, %v; label %q, password %q", undo, err, k.label, k.password)
	}
	nowhere(t, w, p, id)
}

// TestSecretInAnOddForm: an answer may quote or escape what it repeats, and what
// is told of it is cut and cleaned. No part of the secret may be left.
func TestSecretInAnOddForm(t *testing.T) {
	for name, tc := range map[string]struct{ secret, message, leak string }{
		"cut":     {"correct horse staple", strings.Repeat("x ", 90) + "correct horse staple", "correct"},
		"url":     {"https://bob:hunter2@db.org/x?ssl=1", "bad https://bob:hunter2@db.org/x?ssl=1", "hunter2"},
		"lines":   {"first hunter2\nsecond line", "bad value first hunter2\nsecond line", "hunter2"},
		"escaped": {`hun"ter2<secretive>`, `bad value {"PW":"hun\"ter2<secretive>"}`, "ter2"},
		"rule":    {"hunter2,token=abc,rest-of-it", "bad value hunter2,token=abc,rest-of-it", "hunter2"},
	} {
		t.Run(name, func(t *testing.T) {
			w := enginetest.New(t)
			p := w.Start()
			k := &keeper{password: tc.secret, refuses: &smithy.GenericAPIError{Code: "Invalid", Message: tc.message}}
			k.playbook(t, p)
			r, err := p.Apply(t.Context(), enginetest.Wish(w.Store(t, nil)))
			if err != nil || r.Status != run.StatusFailed {
				t.Fatalf("run %+v, %v", r, err)
			}
			if told := fmt.Sprintf("%+v %+v %s", p.Audited(), p.Told(), r.Reason); strings.Contains(told, tc.leak) {
				t.Errorf("tells %s", told)
			}
		})
	}
}

// TestSecretInAnAnswer: AWS repeats what it refuses.
func TestSecretInAnAnswer(t *testing.T) {
	w := enginetest.New(t)
	p := w.Start()
	k := &keeper{password: password, refuses: &smithy.GenericAPIError{
		Code: "ValidationException", Message: "Value '" + password + "' at 'password' failed to satisfy constraint",
	}}
	k.playbook(t, p)
	store := w.Store(t, nil)
	id := w.Report(t, enginetest.Spec(store))
	request := enginetest.Wish(store)
	request.Findings = []run.Finding{w.Known(t, id)}
	r, err := p.Apply(t.Context(), request)
	if err != nil || r.Status != run.StatusFailed || !strings.Contains(r.Reason, "ValidationException. The rest") {
		t.Errorf("run %+v, %v", r, err)
	}
	nowhere(t, w, p, id)
}

// TestSecretOfARunThatWaits: a throttled write is told with its cause as well.
func TestSecretOfARunThatWaits(t *testing.T) {
	w := enginetest.New(t)
	p := w.Start()
	k := &keeper{password: password, refuses: &smithy.GenericAPIError{
		Code: "ThrottlingException", Message: "slow down with " + password,
	}}
	k.playbook(t, p)
	store := w.Store(t, nil)
	id := w.Report(t, enginetest.Spec(store))
	r, err := p.Apply(t.Context(), enginetest.Wish(store))
	if err != nil || r.Status != run.StatusDeferred || !strings.Contains(r.Reason, "ThrottlingException. The rest") {
		t.Errorf("run %+v, %v", r, err)
	}
	nowhere(t, w, p, id)
}

// TestPreviewOfASecretStoresNothing: not even the key of the marks.
func TestPreviewOfASecretStoresNothing(t *testing.T) {
	w := enginetest.New(t)
	p := w.Start()
	k := &keeper{password: password}
	k.playbook(t, p)
	plan, err := p.Preview(t.Context(), enginetest.Wish(w.Store(t, nil)))
	if err != nil || !strings.Contains(plan.String(), "sealed:") {
		t.Errorf("plan %s, %v", plan, err)
	}
	w.NothingStored(t)
}

// TestSecretsWithoutAKey: nothing is read where the key cannot be had.
func TestSecretsWithoutAKey(t *testing.T) {
	w := enginetest.New(t)
	p := w.Start()
	k := &keeper{password: password}
	k.playbook(t, p)
	p.SealKey = func(context.Context, bool) ([]byte, error) { return nil, errors.New("no table") }
	_, err := p.Preview(t.Context(), enginetest.Wish(w.Store(t, nil)))
	if err == nil || !strings.Contains(err.Error(), "no table") {
		t.Errorf("%v", err)
	}
}

// TestPreviewOfAnUndoStoresNoKey: not even where somebody has lost the key.
func TestPreviewOfAnUndoStoresNoKey(t *testing.T) {
	w := enginetest.New(t)
	p := w.Start()
	k := &keeper{password: password, label: "old"}
	k.playbook(t, p)
	r, err := p.Apply(t.Context(), enginetest.Wish(w.Store(t, nil)))
	if err != nil || r.Status != run.StatusVerified {
		t.Fatalf("apply %+v, %v", r, err)
	}
	asked := 0
	p.SealKey = func(ctx context.Context, readOnly bool) ([]byte, error) {
		if asked++; !readOnly {
			t.Error("the key may be stored")
		}
		return w.Ledger.SealKey(ctx, readOnly)
	}
	before := w.Ledger.Dump()
	if _, err := p.PreviewUndo(t.Context(), work.Takeback{Run: r.ID}); err != nil || asked == 0 {
		t.Fatalf("%v; asked for the key %d times", err, asked)
	}
	if d := cmp.Diff(lines(before), lines(w.Ledger.Dump())); d != "" {
		t.Errorf("the ledger (-before +after):\n%s", d)
	}
}

// lines are those of a text, in no order.
func lines(text string) []string { return slices.Sorted(strings.Lines(text)) }

// TestSecretInTheErrorOfAPreview: what a terminal shows is in its history too.
func TestSecretInTheErrorOfAPreview(t *testing.T) {
	w := enginetest.New(t)
	p := w.Start()
	k := &keeper{password: password, label: "old"}
	k.playbook(t, p)
	store := w.Store(t, nil)
	r, err := p.Apply(t.Context(), enginetest.Wish(store))
	if err != nil || r.Status != run.StatusVerified {
		t.Fatalf("apply %+v, %v", r, err)
	}
	k.password = password
	k.mutters = &smithy.GenericAPIError{Code: "AccessDenied", Message: "no " + password}
	_, plan := p.Preview(t.Context(), enginetest.Wish(store))
	_, undo := p.PreviewUndo(t.Context(), work.Takeback{Run: r.ID})
	for what, err := range map[string]error{"plan": plan, "undo": undo} {
		if fault.Of(err) != fault.Denied || strings.Contains(err.Error(), password) {
			t.Errorf("%s: %v (%s)", what, err, fault.Of(err))
		}
	}
}
