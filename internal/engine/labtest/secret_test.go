package labtest

import (
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/engine/work"
	"github.com/salve-security/salve/internal/run"
)

// password is what nobody may ever read anywhere but in the resource.
const password = "correct-horse-battery"

// sealedState is a resource with a password that has to go, and a label that says so.
type sealedState struct {
	Password control.Secret
	Label    string
}

// keeper is the resource.
type keeper struct{ password, label string }

// playbook is a control on the keeper that takes the place of Store.3.
func (k *keeper) playbook(t *testing.T, p *process) {
	t.Helper()
	p.Controls = registryOf(t, control.Of[sealedState]{
		Info: info("Store.3", "Tagging"),
		Read: func(_ context.Context, env control.Env) (sealedState, error) {
			return sealedState{Password: env.Seal(k.password), Label: k.label}, nil
		},
		Want: func(sealedState, control.Env) (sealedState, error) { return sealedState{Label: "clean"}, nil },
		Write: func(_ context.Context, env control.Env, _, to sealedState) error {
			value, err := env.Reveal(to.Password)
			if err == nil {
				k.password, k.label = value, to.Label
			}
			return err
		},
	}.Control())
}

// nowhere looks for the password in all that was stored, noted, logged and told.
func (w *world) nowhere(t *testing.T, p *process, finding string) (marks int) {
	t.Helper()
	stored, err := json.Marshal(w.items(t))
	if err != nil {
		t.Fatal(err)
	}
	lines, err := json.Marshal(p.audited())
	if err != nil {
		t.Fatal(err)
	}
	f, err := json.Marshal(w.finding(t, finding))
	if err != nil {
		t.Fatal(err)
	}
	for where, text := range map[string]string{
		"ledger": string(stored), "finding": string(f), "audit log": string(lines), "notices": fmt.Sprintf("%+v", p.told()),
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
	w := newWorld(t)
	p := w.start(t)
	k := &keeper{password: password}
	k.playbook(t, p)
	id := w.report(t, w.spec(w.bucket(t, nil)))
	p.handle(t, w.imported(t, id))
	w.ended(t, run.StatusAwaitingApproval)
	if marks := w.nowhere(t, p, id); marks != 4 {
		t.Errorf("the mark is in %d of 4 places", marks)
	}
	if k.password != password {
		t.Error("the password was taken away without approval")
	}
}

// TestPreviewOfAnUndoStoresNoKey: not even where somebody has lost the key.
func TestPreviewOfAnUndoStoresNoKey(t *testing.T) {
	w := newWorld(t)
	p := w.start(t)
	k := &keeper{password: password, label: "old"}
	k.playbook(t, p)
	r, err := p.Apply(t.Context(), w.request(w.bucket(t, nil)))
	if err != nil || r.Status != run.StatusVerified {
		t.Fatalf("apply %+v, %v", r, err)
	}
	seal := map[string]types.AttributeValue{
		"pk": &types.AttributeValueMemberS{Value: "seal"}, "sk": &types.AttributeValueMemberS{Value: "seal"},
	}
	_, err = dynamodb.NewFromConfig(w.Root(w.Hub())).DeleteItem(t.Context(), &dynamodb.DeleteItemInput{
		TableName: &w.settings.Table, Key: seal,
	})
	if err != nil {
		t.Fatal(err)
	}
	items := len(w.items(t))
	if _, err := p.PreviewUndo(t.Context(), work.Takeback{Run: r.ID}); err != nil {
		t.Fatal(err)
	}
	if n := len(w.items(t)); n != items {
		t.Errorf("%d items in the ledger, want %d", n, items)
	}
}
