package e2e

import (
	"strings"
	"testing"

	hubtypes "github.com/aws/aws-sdk-go-v2/service/securityhub/types"
)

// TestOwnUpdatesDoNotLoop: three findings are fixed, and Security Hub sends an
// event for each update of ours. A fourth finding goes the same way after them:
// once it is through, whatever they started would have shown.
func TestOwnUpdatesDoNotLoop(t *testing.T) {
	w := newWorld(t)
	w.configure(t, `{"version":1,"controls":{"S3.8":{"mode":"auto"}}}`)
	member := w.Members()[0]
	buckets := []string{"loop-a", "loop-b", "loop-c"}
	arns := map[string]string{}
	for _, b := range append(buckets, "sentinel") {
		arns[b] = w.publicBucket(t, member, b)
	}
	w.ClearCalls()
	ids := map[string]string{}
	for _, b := range buckets {
		ids[b] = w.report(t, bucketFinding(member, arns[b]))
	}
	told := map[string]int{}
	for range buckets {
		notice := w.told(t)
		resource, _ := notice["resource"].(string)
		told[resource]++
	}
	ids["sentinel"] = w.report(t, bucketFinding(member, arns["sentinel"]))
	for told[arns["sentinel"]] == 0 {
		notice := w.told(t)
		resource, _ := notice["resource"].(string)
		told[resource]++
	}
	for b, arn := range arns {
		if told[arn] != 1 {
			t.Errorf("told %d times of %s, want once", told[arn], b)
		}
		writes := 0
		for _, c := range w.Calls(0) {
			if c.Operation == "PutPublicAccessBlock" && strings.HasSuffix(c.Resource, ":"+b) {
				writes++
			}
		}
		if writes != 1 {
			t.Errorf("%d writes to %s, want 1", writes, b)
		}
		if f := w.finding(t, ids[b]); f.Workflow.Status != hubtypes.WorkflowStatusResolved {
			t.Errorf("finding of %s is %s", b, f.Workflow.Status)
		}
	}
	updates := 0
	for _, c := range w.Calls(0) {
		if c.Operation == "BatchUpdateFindings" {
			updates++
		}
	}
	if updates > len(arns) {
		t.Errorf("%d updates for %d findings", updates, len(arns))
	}
}
