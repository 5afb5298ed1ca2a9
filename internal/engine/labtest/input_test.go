package labtest

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	hubtypes "github.com/aws/aws-sdk-go-v2/service/securityhub/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/salve-security/salve/internal/engine"
	"github.com/salve-security/salve/internal/engine/enginetest"
	"github.com/salve-security/salve/internal/run"
)

// TestRejected: what cannot be read is in the dead letter queue, with the reason.
func TestRejected(t *testing.T) {
	for name, body := range map[string]string{"cut off": `{"source":`, "too long a list": ""} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			m := engine.Message{ID: "m", Body: body}
			reason := "body"
			if body == "" {
				m = w.imported(t, w.report(t, w.spec(w.bucket(t, nil))))
				head, rest, _ := strings.Cut(m.Body, `"findings":[`)
				one, tail := rest[:strings.LastIndex(rest, "]},")], rest[strings.LastIndex(rest, "]},"):]
				m.Body, reason = head+`"findings":[`+strings.Repeat(one+",", 100)+one+tail, "101 findings"
			}
			w.start(t).handle(t, m)
			w.deadLetter(t, m.Body, reason)
			if n := len(w.items(t)); n > 0 {
				t.Errorf("%d items in the ledger", n)
			}
		})
	}
}

// deadLetter takes the one message out of the dead letter queue.
func (w *world) deadLetter(t *testing.T, body, reason string) {
	t.Helper()
	client := sqs.NewFromConfig(w.Root(w.Hub()))
	out, err := client.ReceiveMessage(t.Context(), &sqs.ReceiveMessageInput{
		QueueUrl: &w.settings.DeadQueueURL, WaitTimeSeconds: 5, MaxNumberOfMessages: 10,
		MessageAttributeNames: []string{"All"},
	})
	if err != nil || len(out.Messages) != 1 {
		t.Fatalf("%d messages in the dead letter queue, %v", len(out.Messages), err)
	}
	m := out.Messages[0]
	if _, err := client.DeleteMessage(t.Context(), &sqs.DeleteMessageInput{
		QueueUrl: &w.settings.DeadQueueURL, ReceiptHandle: m.ReceiptHandle,
	}); err != nil {
		t.Fatal(err)
	}
	got := aws.ToString(m.MessageAttributes["reason"].StringValue)
	if aws.ToString(m.Body) != body || !strings.HasPrefix(got, "malformed event: ") || !strings.Contains(got, reason) {
		t.Errorf("message %.200q with reason %q", aws.ToString(m.Body), got)
	}
}

// TestSurroundings are sound findings of what IAM and S3 keep from being fixed.
func TestSurroundings(t *testing.T) {
	tests := map[string]struct {
		world func(w *world, t *testing.T, bucket string)
		want  run.Status
		shows hubtypes.WorkflowStatus
		note  []string
	}{
		"a deleted bucket": {func(w *world, t *testing.T, bucket string) {
			if _, err := w.S3(w.member).DeleteBucket(t.Context(), &s3.DeleteBucketInput{Bucket: &bucket}); err != nil {
				t.Fatal(err)
			}
		}, run.StatusGone, "RESOLVED", []string{"no longer exists"}},
		"an account without the role": {
			func(w *world, t *testing.T, _ string) { w.distrust(t) }, run.StatusDenied, "NOTIFIED",
			[]string{"Deploy deploy/member.yaml into account", "Nothing was changed"},
		},
		"a role that may not": {
			func(w *world, t *testing.T, _ string) { w.forbid(t, "s3:PutBucketPublicAccessBlock") },
			run.StatusDenied, "NOTIFIED",
			[]string{
				"could not fix Store.3", "PutPublicAccessBlock", "explicit deny in an identity-based policy",
				"The resource is as it was",
			},
		},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			b := w.bucket(t, nil)
			id := w.report(t, w.spec(b))
			m := w.click(t, id)
			tc.world(w, t, b)
			p := w.start(t)
			p.handle(t, m)
			if tc.want == run.StatusGone { // it is looked for twice
				w.clock.Move(time.Minute)
				p.handle(t, enginetest.Sweep())
			}
			w.ended(t, tc.want)
			w.shows(t, id, tc.shows, tc.note...)
			if n := w.puts(b); n > 0 {
				t.Errorf("%d writes to the bucket", n)
			}
		})
	}
}

// forbid gives the member's role a policy that denies an action, until the test ends.
func (w *world) forbid(t *testing.T, action string) {
	t.Helper()
	client := iam.NewFromConfig(w.Root(w.member))
	name := aws.String("denied-by-test")
	_, err := client.PutRolePolicy(t.Context(), &iam.PutRolePolicyInput{
		RoleName: aws.String(memberRole), PolicyName: name, PolicyDocument: aws.String(fmt.Sprintf(
			`{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":%q,"Resource":"*"}]}`, action)),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_, err := client.DeleteRolePolicy(context.WithoutCancel(t.Context()), &iam.DeleteRolePolicyInput{
			RoleName: aws.String(memberRole), PolicyName: name,
		})
		if err != nil {
			t.Error(err)
		}
	})
}
