package e2e

import (
	"strconv"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	hubtypes "github.com/aws/aws-sdk-go-v2/service/securityhub/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"github.com/salve-security/salve/internal/lab"
	"github.com/salve-security/salve/internal/names"
)

// TestNothingIsLostWhenTheLedgerIs: while the table answers nothing, a message
// fails until its queue gives it up. Redriven from where it was kept, it is
// done as if nothing had happened.
func TestNothingIsLostWhenTheLedgerIs(t *testing.T) {
	w := newWorld(t)
	w.configure(t, `{"version":1,"controls":{"S3.8":{"mode":"auto"}}}`)
	member := w.Members()[0]
	arn := w.publicBucket(t, member, "lost-and-found")
	bulk, dead := w.queue(t, names.BulkQueue), w.env[names.EnvDeadQueueURL]
	w.comesAgainAfter(t, bulk, "2") // seconds in the place of twelve minutes
	if err := w.Inject(lab.Fault{Service: "dynamodb", Error: lab.Fault500}); err != nil {
		t.Fatal(err)
	}
	w.ClearCalls()
	id := w.report(t, bucketFinding(member, arn))

	m := w.given(t, dead)
	if n, _ := strconv.Atoi(m.Attributes["ApproximateReceiveCount"]); n <= 5 {
		t.Errorf("the message was given up after %d tries: %v", n-1, m.Attributes)
	}
	if m.MessageAttributes["reason"].StringValue != nil {
		t.Errorf("the function gave it up itself: %v", m.MessageAttributes)
	}
	w.stands(t, id, hubtypes.WorkflowStatusNew, member, "lost-and-found", 3)

	w.ClearFaults()
	w.comesAgainAfter(t, bulk, "720")
	w.redrive(t, m, dead, bulk)
	if notice := w.told(t); notice["kind"] != "fixed" || notice["resource"] != arn {
		t.Errorf("notice %v", notice)
	}
	w.stands(t, id, hubtypes.WorkflowStatusResolved, member, "lost-and-found", 0)
	if n := w.count(func(c lab.Entry) bool { return c.Operation == "PutPublicAccessBlock" }); n != 1 {
		t.Errorf("%d writes, want 1", n)
	}
}

// stands checks how a finding and its bucket are: a new one has no note.
func (w world) stands(t *testing.T, id string, want hubtypes.WorkflowStatus, account, bucket string, off int) {
	t.Helper()
	f, n := w.finding(t, id), w.open(t, account, bucket)
	if f.Workflow.Status != want || (f.Note == nil) != (want == hubtypes.WorkflowStatusNew) || n != off {
		t.Errorf("finding is %s with note %+v, %d flags are off; want %s, %d", f.Workflow.Status, f.Note, n, want, off)
	}
}

func (w world) queue(t *testing.T, name string) string {
	t.Helper()
	out, err := sqs.NewFromConfig(w.hub()).GetQueueUrl(t.Context(), &sqs.GetQueueUrlInput{QueueName: &name})
	if err != nil {
		t.Fatal(err)
	}
	return aws.ToString(out.QueueUrl)
}

// comesAgainAfter sets how long a queue waits before it gives out a failed message again.
func (w world) comesAgainAfter(t *testing.T, queue, seconds string) {
	t.Helper()
	_, err := sqs.NewFromConfig(w.hub()).SetQueueAttributes(t.Context(), &sqs.SetQueueAttributesInput{
		QueueUrl: &queue, Attributes: map[string]string{"VisibilityTimeout": seconds},
	})
	if err != nil {
		t.Fatal(err)
	}
}

// given waits for a message in a queue.
func (w world) given(t *testing.T, queue string) types.Message {
	t.Helper()
	for range 6 {
		out, err := sqs.NewFromConfig(w.hub()).ReceiveMessage(t.Context(), &sqs.ReceiveMessageInput{
			QueueUrl: &queue, WaitTimeSeconds: 10, MessageAttributeNames: []string{"All"},
			MessageSystemAttributeNames: []types.MessageSystemAttributeName{"All"},
		})
		if err != nil {
			t.Fatal(err)
		}
		if len(out.Messages) > 0 {
			return out.Messages[0]
		}
	}
	t.Fatalf("no message came\n%s", w.log(t))
	return types.Message{}
}

// redrive puts a message back by hand, as StartMessageMoveTask does in AWS.
func (w world) redrive(t *testing.T, m types.Message, from, to string) {
	t.Helper()
	client := sqs.NewFromConfig(w.hub())
	if _, err := client.SendMessage(t.Context(), &sqs.SendMessageInput{
		QueueUrl: &to, MessageBody: m.Body, MessageAttributes: m.MessageAttributes,
	}); err != nil {
		t.Fatal(err)
	}
	if _, err := client.DeleteMessage(t.Context(), &sqs.DeleteMessageInput{
		QueueUrl: &from, ReceiptHandle: m.ReceiptHandle,
	}); err != nil {
		t.Fatal(err)
	}
}
