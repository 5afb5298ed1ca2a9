package labtest

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/aws-sdk-go-v2/service/securityhub"
	hubtypes "github.com/aws/aws-sdk-go-v2/service/securityhub/types"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/engine"
	"github.com/salve-security/salve/internal/engine/work"
	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/lab"
	labhub "github.com/salve-security/salve/internal/lab/securityhub"
	"github.com/salve-security/salve/internal/run"
)

// block is a public access block as people write it.
func block(acls, ignore, policy, restrict bool) *types.PublicAccessBlockConfiguration {
	return &types.PublicAccessBlockConfiguration{
		BlockPublicAcls: &acls, IgnorePublicAcls: &ignore, BlockPublicPolicy: &policy, RestrictPublicBuckets: &restrict,
	}
}

// bucket makes a bucket in the member; without a block it has none at all.
func (w *world) bucket(t *testing.T, b *types.PublicAccessBlockConfiguration) string {
	t.Helper()
	name := "b-" + strings.ToLower(rand.Text()[:12])
	if _, err := w.S3(w.member).CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: &name}); err != nil {
		t.Fatal(err)
	}
	if b != nil {
		w.setFlags(t, name, b)
	}
	return name
}

// setFlags changes a bucket behind Salve's back.
func (w *world) setFlags(t *testing.T, bucket string, b *types.PublicAccessBlockConfiguration) {
	t.Helper()
	_, err := w.S3(w.member).PutPublicAccessBlock(t.Context(), &s3.PutPublicAccessBlockInput{
		Bucket: &bucket, PublicAccessBlockConfiguration: b,
	})
	if err != nil {
		t.Fatal(err)
	}
}

// flags reads a bucket's public access block, nil if it has none.
func (w *world) flags(t *testing.T, bucket string) *types.PublicAccessBlockConfiguration {
	t.Helper()
	out, err := w.S3(w.member).GetPublicAccessBlock(t.Context(), &s3.GetPublicAccessBlockInput{Bucket: &bucket})
	if fault.Unset(err) {
		return nil
	}
	if err != nil {
		t.Fatal(err)
	}
	return out.PublicAccessBlockConfiguration
}

// blocked tells whether all four flags of a bucket are set.
func (w *world) blocked(t *testing.T, bucket string) bool {
	t.Helper()
	b := w.flags(t, bucket)
	return b != nil && aws.ToBool(b.BlockPublicAcls) && aws.ToBool(b.IgnorePublicAcls) &&
		aws.ToBool(b.BlockPublicPolicy) && aws.ToBool(b.RestrictPublicBuckets)
}

// spec is a finding of Store.3 on a bucket of the member.
func (w *world) spec(bucket string) labhub.FindingSpec {
	return labhub.FindingSpec{
		Control: "Store.3", Consolidated: true, Severity: "HIGH", Status: "FAILED", Account: w.member, Region: w.Region(),
		Resource: "arn:aws:s3:::" + bucket, ResourceType: "AwsS3Bucket",
	}
}

// report writes a finding as Security Hub would and returns its id.
func (w *world) report(t *testing.T, spec labhub.FindingSpec) string {
	t.Helper()
	if spec.At.IsZero() {
		spec.At = time.Now()
	}
	f, err := labhub.SDKFinding(spec)
	if err != nil {
		t.Fatal(err)
	}
	out, err := securityhub.NewFromConfig(w.Root(w.Hub())).BatchImportFindings(t.Context(),
		&securityhub.BatchImportFindingsInput{Findings: []hubtypes.AwsSecurityFinding{f}})
	if err != nil || aws.ToInt32(out.FailedCount) > 0 {
		t.Fatalf("import: %v %+v", err, out)
	}
	return aws.ToString(f.Id)
}

// finding reads a finding back from Security Hub.
func (w *world) finding(t *testing.T, id string) hubtypes.AwsSecurityFinding {
	t.Helper()
	f, _ := w.read(t, id)
	return f
}

// read returns a finding as the SDK understands it, and as Security Hub wrote it.
func (w *world) read(t *testing.T, id string) (hubtypes.AwsSecurityFinding, json.RawMessage) {
	t.Helper()
	answers := &listener{}
	cfg := w.Root(w.Hub())
	cfg.HTTPClient = answers
	out, err := securityhub.NewFromConfig(cfg).GetFindings(t.Context(), &securityhub.GetFindingsInput{
		Filters: &hubtypes.AwsSecurityFindingFilters{
			Id: []hubtypes.StringFilter{{Value: &id, Comparison: hubtypes.StringFilterComparisonEquals}},
		},
	})
	if err != nil || len(out.Findings) != 1 {
		t.Fatalf("finding %s: %v %+v", id, err, out)
	}
	var answer struct{ Findings []json.RawMessage }
	if err := json.Unmarshal(answers.body, &answer); err != nil {
		t.Fatal(err)
	}
	return out.Findings[0], answer.Findings[0]
}

// listener keeps the last answer as it came.
type listener struct{ body []byte }

func (l *listener) Do(req *http.Request) (*http.Response, error) {
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, err
	}
	defer func() { _ = res.Body.Close() }()
	if l.body, err = io.ReadAll(res.Body); err != nil {
		return nil, err
	}
	res.Body = io.NopCloser(bytes.NewReader(l.body))
	return res, nil
}

// imported is the event of findings that are new or were updated, as they are now.
func (w *world) imported(t *testing.T, ids ...string) engine.Message {
	t.Helper()
	return w.envelope(t, labhub.DetailImported, "arn:aws:securityhub:::product/aws/securityhub", ids)
}

// click is the event of a person who pressed Remediate.
func (w *world) click(t *testing.T, ids ...string) engine.Message {
	t.Helper()
	return w.envelope(t, labhub.DetailCustomAction, w.settings.ActionARN, ids)
}

func (w *world) envelope(t *testing.T, kind, resource string, ids []string) engine.Message {
	t.Helper()
	var findings []json.RawMessage
	for _, id := range ids {
		_, raw := w.read(t, id)
		findings = append(findings, raw)
	}
	event := strings.ToLower(rand.Text())
	body, err := json.Marshal(map[string]any{
		"version": "0", "id": event, "source": labhub.Source, "detail-type": kind, "account": w.Hub(), "region": w.Region(),
		"time": w.clock.Now().UTC().Format(time.RFC3339), "resources": []string{resource},
		"detail": map[string]any{"findings": findings},
	})
	if err != nil {
		t.Fatal(fmt.Errorf("encode event: %w", err))
	}
	return engine.Message{ID: "message-" + event, Body: string(body)}
}

// repaired has a bucket fixed and returns it with its finding and the run.
func (w *world) repaired(t *testing.T, p *process, before *types.PublicAccessBlockConfiguration) (
	bucket, finding string, r *run.Run,
) {
	t.Helper()
	b := w.bucket(t, before)
	id := w.report(t, w.spec(b))
	p.handle(t, w.imported(t, id))
	return b, id, w.ended(t, run.StatusVerified)
}

// request is what the command line asks for a bucket.
func (w *world) request(bucket string) work.Request {
	return work.Request{
		Control: "Store.3", Actor: "alice", Scope: w.Region(),
		Target: control.Target{
			Account: w.member, Region: w.Region(), Partition: "aws", Resource: "arn:aws:s3:::" + bucket,
		},
	}
}

// inject makes the lab fail calls until the faults are cleared.
func (w *world) inject(t *testing.T, f lab.Fault) {
	t.Helper()
	if err := w.Inject(f); err != nil {
		t.Fatal(err)
	}
}
