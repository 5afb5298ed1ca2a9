package labtest

import (
	"fmt"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/google/go-cmp/cmp"

	"github.com/salve-security/salve/internal/engine"
	"github.com/salve-security/salve/internal/engine/enginetest"
	"github.com/salve-security/salve/internal/lab"
	"github.com/salve-security/salve/internal/run"
)

// rewrite changes the documents of all stored runs.
func (w *world) rewrite(t *testing.T, old, changed string) {
	t.Helper()
	client := dynamodb.NewFromConfig(w.Root(w.Hub()))
	n := 0
	for _, item := range w.items(t) {
		doc, ok := item["doc"].(*types.AttributeValueMemberS)
		if !ok || !strings.Contains(doc.Value, old) {
			continue
		}
		n++
		doc.Value = strings.Replace(doc.Value, old, changed, 1)
		if _, err := client.PutItem(t.Context(), &dynamodb.PutItemInput{
			TableName: &w.settings.Table, Item: item,
		}); err != nil {
			t.Fatal(err)
		}
	}
	if n == 0 {
		t.Fatalf("no run says %q", old)
	}
}

// documents are the stored runs as they are.
func (w *world) documents(t *testing.T) []string {
	t.Helper()
	var docs []string
	for _, item := range w.items(t) {
		if doc, ok := item["doc"].(*types.AttributeValueMemberS); ok {
			docs = append(docs, doc.Value)
		}
	}
	return docs
}

// TestRunOfANewerVersion: while two versions are at work, the older one leaves
// the newer one's open runs alone, and their messages come again. A sweep only
// puts them off: it must not come again itself, nor find them first for ever.
func TestRunOfANewerVersion(t *testing.T) {
	w := newWorld(t)
	b, other := w.bucket(t, nil), w.bucket(t, nil)
	id := w.report(t, w.spec(b))
	// A run that waits for its next try, as any version leaves it.
	w.inject(t, lab.Fault{Service: "s3", Operation: "GetPublicAccessBlock", Error: lab.FaultThrottle})
	w.start(t).handle(t, w.imported(t, id))
	w.ClearFaults()
	r := w.only(t)
	w.rewrite(t, fmt.Sprintf(`"schema":%d`, run.Schema), `"schema":99`)
	before := w.documents(t)
	w.clock.Move(enginetest.Later)
	for name, m := range map[string]engine.Message{
		"imported": w.imported(t, id), "click": w.click(t, id), "sweep": enginetest.Sweep(),
		"check": {ID: "check", Body: `{"salve":"check","run":"` + r.ID + `"}`},
	} {
		w.ClearCalls()
		p := w.start(t)
		again, puts := 1, 0
		switch name {
		case "sweep":
			again, puts = 0, 1
		case "imported":
			puts = 1 // on its account's share, which is no matter of the run
		}
		failed, written := p.Handle(t.Context(), []engine.Message{m}), w.written()
		if len(failed) != again || len(written) != puts {
			t.Errorf("%s: %v come again, written %+v", name, failed, written)
		}
		if lines := fmt.Sprint(p.audited()); !strings.Contains(lines, "deploy the newer version") {
			t.Errorf("%s: nobody learns why: %s", name, lines)
		}
	}
	if d := cmp.Diff(before, w.documents(t)); d != "" {
		t.Error(d)
	}
	w.untouched(t, id)

	// Nobody else waits for it.
	second := w.report(t, w.spec(other))
	w.start(t).handle(t, w.imported(t, second))
	if !w.blocked(t, other) || w.flags(t, b) != nil {
		t.Errorf("flags %+v and %+v", w.flags(t, other), w.flags(t, b))
	}
	w.rewrite(t, `"schema":99`, fmt.Sprintf(`"schema":%d`, run.Schema))
	w.clock.Move(enginetest.Later)
	w.start(t).handle(t, enginetest.Sweep())
	if !w.blocked(t, b) {
		t.Errorf("flags %+v: the version that knows it finishes it", w.flags(t, b))
	}
}
