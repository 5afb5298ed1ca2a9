package enginetest

import (
	"net/http"
	"testing"

	labhub "github.com/salve-security/salve/internal/lab/securityhub"
)

// Comment is what a person does who sets a finding's workflow status and writes why.
func (w *World) Comment(t *testing.T, id, status, text string) {
	t.Helper()
	in := map[string]any{
		"FindingIdentifiers": []any{map[string]any{"Id": id, "ProductArn": w.Finding(t, id).ProductArn}},
		"Workflow":           map[string]any{"Status": status},
		"Note":               map[string]any{"Text": text, "UpdatedBy": "ann"},
	}
	if err := (api{w, Region}).send(http.MethodPatch, "/findings/batchupdate", in, &struct{}{}); err != nil {
		t.Fatal(err)
	}
}

// Looks counts the look-ups of findings since the calls were cleared.
func (w *World) Looks() int {
	n := 0
	for _, c := range w.Calls() {
		if c.Operation == "GetFindings" {
			n++
		}
	}
	return n
}

// Forge writes a finding as a member does who knows the Id of Security Hub's own: under the member's default product.
func (w *World) Forge(t *testing.T, spec labhub.FindingSpec, status string) (id string) {
	t.Helper()
	product := "arn:aws:securityhub:" + Region + ":" + spec.Account + ":product/" + spec.Account + "/default"
	return w.reportAs(t, spec.Account, spec, func(doc map[string]any) {
		doc["ProductArn"], doc["Workflow"] = product, map[string]any{"Status": status}
	})
}
