package e2e

import (
	"strings"
	"testing"

	hubtypes "github.com/aws/aws-sdk-go-v2/service/securityhub/types"

	"github.com/salve-security/salve/internal/lab"
)

// TestOwnUpdatesDoNotLoop: three findings are fixed, and Security Hub sends an
// event for each update of ours. A fourth finding goes the same way after them:
// once it is through, whatever they started would have shown.
func TestOwnUpdatesDoNotLoop(t *testing.T) {
	w := newWorld(t)
	w.configure(t, `{"version":1,"controls":{"S3.8":{"mode":"auto"}}}`)
	member := w.Members()[0]
	arns, ids := map[string]string{}, map[string]string{}
	for _, b := range []string{"loop-a", "loop-b", "loop-c", "sentinel"} {
		arns[b] = w.publicBucket(t, member, b)
	}
	w.ClearCalls()
	told := map[string]int{}
	for _, b := range []string{"loop-a", "loop-b", "loop-c"} {
		ids[b] = w.report(t, bucketFinding(member, arns[b]))
	}
	for len(told) < 3 {
		told[w.toldOf(t)]++
	}
	ids["sentinel"] = w.report(t, bucketFinding(member, arns["sentinel"]))
	for told[arns["sentinel"]] == 0 {
		told[w.toldOf(t)]++
	}
	for b, arn := range arns {
		writes := w.count(func(c lab.Entry) bool {
			return c.Operation == "PutPublicAccessBlock" && strings.HasSuffix(c.Resource, ":"+b)
		})
		if told[arn] != 1 || writes != 1 {
			t.Errorf("%s: told %d times, %d writes, want one of each", b, told[arn], writes)
		}
		if f := w.finding(t, ids[b]); f.Workflow.Status != hubtypes.WorkflowStatusResolved {
			t.Errorf("finding of %s is %s", b, f.Workflow.Status)
		}
	}
	updates := w.count(func(c lab.Entry) bool { return c.Operation == "BatchUpdateFindings" })
	if updates > len(arns) {
		t.Errorf("%d updates for %d findings", updates, len(arns))
	}
}

// toldOf waits for the next notice and returns the resource it is about.
func (w world) toldOf(t *testing.T) string {
	t.Helper()
	resource, ok := w.told(t)["resource"].(string)
	if !ok {
		t.Fatal("the notice names no resource")
	}
	return resource
}

// count counts calls since the journal was cleared.
func (w world) count(match func(lab.Entry) bool) int {
	n := 0
	for _, c := range w.Calls(0) {
		if match(c) {
			n++
		}
	}
	return n
}
