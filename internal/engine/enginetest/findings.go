package enginetest

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/salve-security/salve/internal/engine"
	"github.com/salve-security/salve/internal/finding"
	labhub "github.com/salve-security/salve/internal/lab/securityhub"
	"github.com/salve-security/salve/internal/names"
	"github.com/salve-security/salve/internal/run"
)

// Finding is what tests look at in a finding.
type Finding struct {
	ID         string `json:"Id"`
	Account    string `json:"AwsAccountId"`
	ProductArn string
	Workflow   struct{ Status string }
	Note       struct{ Text string } // "" without a note
}

// Report writes a finding as Security Hub would, now unless the spec says when,
// and returns its id.
func (w *World) Report(t *testing.T, spec labhub.FindingSpec) string {
	t.Helper()
	return w.report(t, spec, func(id string) string { return id })
}

// Numbered is Report for one of many findings of the same control and resource,
// as different standards and Regions make them.
func (w *World) Numbered(t *testing.T, spec labhub.FindingSpec, n int) string {
	t.Helper()
	return w.report(t, spec, func(id string) string { return id[:len(id)-4] + fmt.Sprintf("%04x", n) })
}

func (w *World) report(t *testing.T, spec labhub.FindingSpec, named func(id string) string) string {
	t.Helper()
	return w.reportAs(t, Hub, spec, func(doc map[string]any) { doc["Id"] = named(fmt.Sprint(doc["Id"])) })
}

// Reopened is Report of a resource that has passed before: the date of the first failure is an old one.
func (w *World) Reopened(t *testing.T, spec labhub.FindingSpec) string {
	t.Helper()
	return w.reportAs(t, Hub, spec, func(doc map[string]any) {
		old := w.Clock.Now().Add(-80 * 24 * time.Hour).UTC().Format(time.RFC3339)
		doc["FirstObservedAt"], doc["CreatedAt"] = old, old
		if fields, ok := doc["ProductFields"].(map[string]any); ok {
			fields["PreviousComplianceStatus"] = "PASSED"
		}
	})
}

// reportAs imports a finding with the right of an account's root user.
func (w *World) reportAs(
	t *testing.T, account string, spec labhub.FindingSpec, change func(doc map[string]any),
) string {
	t.Helper()
	if spec.At.IsZero() {
		spec.At = w.Clock.Now()
	}
	raw, err := labhub.Finding(spec)
	if err != nil {
		t.Fatal(err)
	}
	var doc map[string]any
	if err := json.Unmarshal(raw, &doc); err != nil {
		t.Fatal(err)
	}
	change(doc)
	var out struct{ FailedFindings []any }
	in := map[string]any{"Findings": []any{doc}}
	err = api{w, cmp.Or(spec.Region, Region)}.sendAs(account, http.MethodPost, "/findings/import", in, &out)
	if err != nil || len(out.FailedFindings) > 0 {
		t.Fatalf("import: %v %+v", err, out)
	}
	return fmt.Sprint(doc["Id"])
}

// Raw is a finding of Security Hub's own as it has it, whatever others have imported under its Id; where it has none,
// it is theirs.
func (w *World) Raw(t *testing.T, id string) json.RawMessage {
	t.Helper()
	var out struct{ Findings []json.RawMessage }
	filter := map[string]any{"Id": []any{map[string]any{"Value": id, "Comparison": "EQUALS"}}}
	err := api{w, Region}.send(http.MethodPost, "/findings", map[string]any{"Filters": filter}, &out)
	own := slices.DeleteFunc(slices.Clone(out.Findings), func(raw json.RawMessage) bool {
		var f Finding
		err := json.Unmarshal(raw, &f)
		return err != nil || finding.Key{ProductArn: f.ProductArn}.Source() != finding.FromControl
	})
	if len(own) == 0 {
		own = out.Findings
	}
	if err != nil || len(own) != 1 {
		t.Fatalf("finding %s: %v %s", id, err, out.Findings)
	}
	return own[0]
}

// Finding reads a finding back from Security Hub.
func (w *World) Finding(t *testing.T, id string) Finding {
	t.Helper()
	var f Finding
	if err := json.Unmarshal(w.Raw(t, id), &f); err != nil {
		t.Fatal(err)
	}
	return f
}

// Known is a finding as a run knows it.
func (w *World) Known(t *testing.T, id string) run.Finding {
	t.Helper()
	f := w.Finding(t, id)
	key := finding.Key{API: finding.ASFF, ID: id, ProductArn: f.ProductArn, Account: f.Account}
	return run.Finding{Key: key, Region: Region}
}

// Mark sets a finding's workflow status, as a person does.
func (w *World) Mark(t *testing.T, id, status string) {
	t.Helper()
	in := map[string]any{
		"FindingIdentifiers": []any{map[string]any{"Id": id, "ProductArn": w.Finding(t, id).ProductArn}},
		"Workflow":           map[string]any{"Status": status},
	}
	if err := (api{w, Region}).send(http.MethodPatch, "/findings/batchupdate", in, &struct{}{}); err != nil {
		t.Fatal(err)
	}
}

// Imported is the event of findings that are new or were updated, as they are now.
func (w *World) Imported(t *testing.T, ids ...string) engine.Message {
	t.Helper()
	return w.event(t, labhub.DetailImported, "arn:aws:securityhub:::product/aws/securityhub", ids)
}

// Click is the event of a person who pressed Remediate.
func (w *World) Click(t *testing.T, ids ...string) engine.Message {
	t.Helper()
	return w.Press(t, names.ActionRemediate, ids...)
}

// Press is the event of a person who pressed another button of ours.
func (w *World) Press(t *testing.T, button string, ids ...string) engine.Message {
	t.Helper()
	return w.event(t, labhub.DetailCustomAction, names.ActionARN(ActionArn, button), ids)
}

func (w *World) event(t *testing.T, kind, resource string, ids []string) engine.Message {
	t.Helper()
	var findings []json.RawMessage
	for _, id := range ids {
		findings = append(findings, w.Raw(t, id))
	}
	detail, err := json.Marshal(map[string]any{"findings": findings})
	if err != nil {
		t.Fatal(err)
	}
	m, err := w.envelope(labhub.Event{
		Account: Hub, Region: Region, DetailType: kind, Source: labhub.Source, Resources: []string{resource}, Detail: detail,
	})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// envelope is an event as EventBridge puts it into a queue.
func (w *World) envelope(e labhub.Event) (engine.Message, error) {
	id := strings.ToLower(rand.Text())
	body, err := json.Marshal(map[string]any{
		"version": "0", "id": id, "source": e.Source, "detail-type": e.DetailType, "account": e.Account, "region": e.Region,
		"time": w.Clock.Now().UTC().Format(time.RFC3339), "resources": e.Resources, "detail": e.Detail,
	})
	if err != nil {
		return engine.Message{}, fmt.Errorf("encode event: %w", err)
	}
	return engine.Message{ID: "message-" + id, Body: string(body)}, nil
}

// emit keeps the events that Security Hub sends by itself, one for each update of a finding.
func (w *World) emit(_ context.Context, e labhub.Event) error {
	m, err := w.envelope(e)
	if err != nil {
		return err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.events = append(w.events, m)
	return nil
}

// Events takes the events that Security Hub has sent by itself since the last time.
func (w *World) Events() []engine.Message {
	w.mu.Lock()
	defer w.mu.Unlock()
	events := w.events
	w.events = nil
	return events
}

// Sweep is the message of the schedule.
func Sweep() engine.Message { return engine.Message{ID: "sweep", Body: `{"salve":"sweep"}`} }

// Check is the message that a process sends itself about a run.
func Check(runID string) engine.Message {
	return engine.Message{ID: "check", Body: fmt.Sprintf(`{"salve":"check","run":%q}`, runID)}
}
