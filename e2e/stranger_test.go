package e2e

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/securityhub"
	hubtypes "github.com/aws/aws-sdk-go-v2/service/securityhub/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/salve-security/salve/internal/lab"
	labhub "github.com/salve-security/salve/internal/lab/securityhub"
	"github.com/salve-security/salve/internal/names"
)

// TestNobodyElsesFinding: a member imports a suppressed finding with the Id of Security Hub's own, before it or after
// it. A click that comes late has its finding looked up: the real one answers, and gets the note.
func TestNobodyElsesFinding(t *testing.T) {
	w := newWorld(t)
	now, member := w.queue(t, names.NowQueue), w.Members()[0]
	for bucket, forgedFirst := range map[string]bool{"forged-first": true, "forged-last": false} {
		spec := bucketFinding(member, w.publicBucket(t, member, bucket))
		if forgedFirst {
			w.forge(t, spec)
		}
		id := w.report(t, spec)
		if !forgedFirst {
			w.forge(t, spec)
		}
		w.ClearCalls()
		w.lateClick(t, now, spec)
		if notice := w.told(t); notice["kind"] != "fixed" || notice["resource"] != spec.Resource {
			t.Errorf("notice %v", notice)
		}
		if n := w.open(t, member, bucket); n != 0 {
			t.Errorf("%d flags are off", n)
		}
		if n := w.count(func(c lab.Entry) bool { return c.Operation == "GetFindings" }); n != 1 {
			t.Errorf("%d look-ups, want 1", n)
		}
		for product, want := range map[string]hubtypes.WorkflowStatus{
			"arn:aws:securityhub:" + w.Region() + "::product/aws/securityhub": hubtypes.WorkflowStatusResolved,
			memberProduct(w, member): hubtypes.WorkflowStatusSuppressed,
		} {
			if f := w.findingOf(t, id, product); f.Workflow.Status != want {
				t.Errorf("finding of %s is %s, want %s", product, f.Workflow.Status, want)
			}
		}
	}
}

func memberProduct(w world, member string) string {
	return "arn:aws:securityhub:" + w.Region() + ":" + member + ":product/" + member + "/default"
}

// forge imports a finding as a member does who knows the Id of Security Hub's.
func (w world) forge(t *testing.T, spec labhub.FindingSpec) {
	t.Helper()
	spec.At, spec.Region, spec.Status = time.Now(), w.Region(), "FAILED"
	f, err := labhub.SDKFinding(spec)
	if err != nil {
		t.Fatal(err)
	}
	f.ProductArn = aws.String(memberProduct(w, spec.Account))
	f.Workflow = &hubtypes.Workflow{Status: hubtypes.WorkflowStatusSuppressed}
	out, err := securityhub.NewFromConfig(w.Config(spec.Account, w.Region())).BatchImportFindings(t.Context(),
		&securityhub.BatchImportFindingsInput{Findings: []hubtypes.AwsSecurityFinding{f}})
	if err != nil || aws.ToInt32(out.FailedCount) > 0 {
		t.Fatalf("import: %v %v", err, out)
	}
}

// lateClick puts the event of a click into a queue that happened ten minutes ago.
func (w world) lateClick(t *testing.T, queue string, spec labhub.FindingSpec) {
	t.Helper()
	at := time.Now().Add(-10 * time.Minute)
	spec.At, spec.Region, spec.Status = at, w.Region(), "FAILED"
	raw, err := labhub.Finding(spec)
	if err != nil {
		t.Fatal(err)
	}
	body, err := json.Marshal(map[string]any{
		"version": "0", "id": "late-" + spec.Resource, "source": labhub.Source, "detail-type": labhub.DetailCustomAction,
		"account": w.Hub(), "region": w.Region(), "time": at.UTC().Format(time.RFC3339),
		"resources": []string{w.env[names.EnvActionARN]}, "detail": map[string]any{"findings": []json.RawMessage{raw}},
	})
	if err != nil {
		t.Fatal(err)
	}
	_, err = sqs.NewFromConfig(w.hub()).SendMessage(t.Context(), &sqs.SendMessageInput{
		QueueUrl: &queue, MessageBody: aws.String(string(body)),
	})
	if err != nil {
		t.Fatal(err)
	}
}

// findingOf reads a finding back that a product has imported.
func (w world) findingOf(t *testing.T, id, product string) hubtypes.AwsSecurityFinding {
	t.Helper()
	equal := func(value string) []hubtypes.StringFilter {
		return []hubtypes.StringFilter{{Value: &value, Comparison: hubtypes.StringFilterComparisonEquals}}
	}
	out, err := securityhub.NewFromConfig(w.hub()).GetFindings(t.Context(), &securityhub.GetFindingsInput{
		Filters: &hubtypes.AwsSecurityFindingFilters{Id: equal(id), ProductArn: equal(product)},
	})
	if err != nil || len(out.Findings) != 1 {
		t.Fatalf("finding %s of %s: %v, %d found", id, product, err, len(out.Findings))
	}
	return out.Findings[0]
}
