package labtest

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/securityhub"
	hubtypes "github.com/aws/aws-sdk-go-v2/service/securityhub/types"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/engine"
	"github.com/salve-security/salve/internal/engine/enginetest"
	"github.com/salve-security/salve/internal/fault"
	labhub "github.com/salve-security/salve/internal/lab/securityhub"
	"github.com/salve-security/salve/internal/run"
)

// statements are a bucket policy by Sid. The policy is read and replaced as a
// whole, without anything to notice that somebody else does so too: only the
// lock keeps one control from undoing the other.
type statements map[string]string

func readStatements(ctx context.Context, env control.Env) (statements, error) {
	client, name, owner := on(env)
	out, err := client.GetBucketPolicy(ctx, &s3.GetBucketPolicyInput{Bucket: name, ExpectedBucketOwner: owner})
	if fault.Unset(err) {
		return statements{}, nil
	}
	if err != nil {
		return nil, err
	}
	var doc struct{ Statement []map[string]any }
	if err := json.Unmarshal([]byte(aws.ToString(out.Policy)), &doc); err != nil {
		return nil, err
	}
	all := statements{}
	for _, s := range doc.Statement {
		raw, err := json.Marshal(s)
		if err != nil {
			return nil, err
		}
		all[fmt.Sprint(s["Sid"])] = string(raw)
	}
	return all, nil
}

func writeStatements(ctx context.Context, env control.Env, _, to statements) error {
	var list []json.RawMessage
	for _, raw := range to {
		list = append(list, json.RawMessage(raw))
	}
	doc, err := json.Marshal(map[string]any{"Version": "2012-10-17", "Statement": list})
	if err != nil {
		return err
	}
	client, name, owner := on(env)
	_, err = client.PutBucketPolicy(ctx, &s3.PutBucketPolicyInput{
		Bucket: name, ExpectedBucketOwner: owner, Policy: aws.String(string(doc)),
	})
	return err
}

// adds makes a control that wants a statement of its own in the bucket policy.
func adds(id string) control.Control {
	sid := "Of" + id[len("Store."):]
	return control.Of[statements]{
		Info: info(id, "Policy"), Read: readStatements, Write: writeStatements,
		Want: func(now statements, env control.Env) (statements, error) {
			want := maps.Clone(now)
			raw, err := json.Marshal(map[string]any{
				"Sid": sid, "Effect": "Deny", "Principal": "*", "Action": "s3:DeleteBucket", "Resource": env.Target.Resource,
			})
			if _, there := want[sid]; !there {
				want[sid] = string(raw)
			}
			return want, err
		},
	}.Control()
}

// TestOnePolicyManyHands: many findings of three controls on one bucket policy,
// eight processes at once: each control acts once, no statement is lost.
func TestOnePolicyManyHands(t *testing.T) {
	w := newWorld(t)
	three := []string{"Store.1", "Store.2", "Store.3"}
	bucket := w.bucket(t, nil)
	w.share(t, bucket)
	const findings, hands = 24, 8
	var messages []engine.Message
	var ids []string
	for i := range findings {
		id := w.numbered(t, bucket, three[i%len(three)], i)
		ids = append(ids, id)
		messages = append(messages, w.imported(t, id))
	}
	rand.Shuffle(len(messages), func(i, j int) { messages[i], messages[j] = messages[j], messages[i] })

	begin := func() *process { return w.start(t).adding(t, three) }
	var group sync.WaitGroup
	again := make([][]engine.Message, hands)
	for i := range hands {
		p := begin()
		group.Go(func() {
			for m := i; m < len(messages); m += hands {
				if failed := p.Handle(t.Context(), messages[m:m+1]); len(failed) > 0 {
					again[i] = append(again[i], messages[m])
				}
			}
		})
	}
	group.Wait()
	last := begin()
	last.handle(t, slices.Concat(again...)...)
	for range 5 {
		w.clock.Move(time.Minute)
		last.handle(t, enginetest.Sweep())
	}
	w.policyIs(t, bucket, "Of1", "Of2", "Of3", "Theirs")
	w.actedOnce(t, three)
	for _, id := range ids {
		w.says(t, id, hubtypes.WorkflowStatusResolved)
	}
	if locks := w.locks(t); len(locks) > 0 {
		t.Errorf("locks left: %v", locks)
	}
}

// adding gives a process controls that each want a statement of their own.
func (p *process) adding(t *testing.T, ids []string) *process {
	t.Helper()
	var list []control.Control
	for _, id := range ids {
		list = append(list, adds(id))
	}
	p.Controls = registryOf(t, list...)
	return p
}

// share gives a bucket a policy with somebody else's statement.
func (w *world) share(t *testing.T, bucket string) {
	t.Helper()
	doc := fmt.Sprintf(`{"Version":"2012-10-17","Statement":[{"Sid":"Theirs","Effect":"Allow","Principal":
		{"AWS":"arn:aws:iam::%s:root"},"Action":"s3:GetObject","Resource":"arn:aws:s3:::%s/*"}]}`, w.member, bucket)
	_, err := w.S3(w.member).PutBucketPolicy(t.Context(), &s3.PutBucketPolicyInput{Bucket: &bucket, Policy: &doc})
	if err != nil {
		t.Fatal(err)
	}
}

// actedOnce proves that all runs are over and one of each control wrote.
func (w *world) actedOnce(t *testing.T, controls []string) {
	t.Helper()
	verified := map[string]int{}
	for _, r := range w.runs(t) {
		if r.State != run.StateClosed {
			t.Errorf("run %s of %s is %s, %s", r.ID, r.Key.Control, r.State, r.Status)
		}
		if r.Status == run.StatusVerified {
			verified[r.Key.Control]++
		}
	}
	for _, id := range controls {
		if verified[id] != 1 {
			t.Errorf("%s acted %d times", id, verified[id])
		}
	}
}

// numbered writes one of many findings of the same control and resource, as
// different standards and Regions make them.
func (w *world) numbered(t *testing.T, bucket, controlID string, n int) string {
	t.Helper()
	spec := w.spec(bucket)
	spec.Control, spec.At = controlID, time.Now()
	f, err := labhub.SDKFinding(spec)
	if err != nil {
		t.Fatal(err)
	}
	id := aws.ToString(f.Id)
	f.Id = aws.String(id[:len(id)-4] + fmt.Sprintf("%04x", n))
	out, err := securityhub.NewFromConfig(w.Root(w.Hub())).BatchImportFindings(t.Context(),
		&securityhub.BatchImportFindingsInput{Findings: []hubtypes.AwsSecurityFinding{f}})
	if err != nil || aws.ToInt32(out.FailedCount) > 0 {
		t.Fatalf("import: %v %+v", err, out)
	}
	return *f.Id
}

func (w *world) policyIs(t *testing.T, bucket string, want ...string) {
	t.Helper()
	env := control.Env{Config: w.Root(w.member), Name: bucket, Target: control.Target{Account: w.member}}
	got, err := readStatements(t.Context(), env)
	if err != nil {
		t.Fatal(err)
	}
	if len(got) != len(want) {
		t.Errorf("policy %v, want %v", got, want)
	}
	for _, sid := range want {
		if _, ok := got[sid]; !ok {
			t.Errorf("statement %s is lost: %v", sid, got)
		}
	}
}
