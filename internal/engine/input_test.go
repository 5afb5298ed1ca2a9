package engine_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	hubtypes "github.com/aws/aws-sdk-go-v2/service/securityhub/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/salve-security/salve/internal/engine"
)

type message = engine.Message

// TestMalformedMessage: it lands where people find it, with the reason, and does not come again.
func TestMalformedMessage(t *testing.T) {
	for name, body := range map[string]string{
		"cut off":       `{"source":"aws.securityhub","detail-type":"Security Hub Findings - Imported"`,
		"no findings":   `{"source":"aws.securityhub","detail-type":"Security Hub Findings - Imported","detail":{}}`,
		"no event":      `[]`,
		"a broken run":  `{"salve":"check","run":"../../config"}`,
		"a key twice":   `{"source":"aws.securityhub","source":"salve","detail-type":"x"}`,
		"plain text":    `hello`,
		"wrong account": `{"source":"aws.securityhub","detail-type":"Security Hub Findings - Imported","account":"1"}`,
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			p := w.start(t)
			p.handle(t, message{ID: "m", Body: body})
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
			reason := aws.ToString(m.MessageAttributes["reason"].StringValue)
			if aws.ToString(m.Body) != body || !strings.HasPrefix(reason, "malformed event: ") {
				t.Errorf("message %q with reason %q", aws.ToString(m.Body), reason)
			}
			if n := len(w.items(t)); n > 0 {
				t.Errorf("%d items in the ledger", n)
			}
		})
	}
}

// TestUnknownEventIsDropped: it is not for us, and no failure.
func TestUnknownEventIsDropped(t *testing.T) {
	for name, body := range map[string]string{
		"another service":  `{"source":"aws.health","detail-type":"AWS Health Event","detail":{}}`,
		"another event":    `{"source":"aws.securityhub","detail-type":"Security Hub Insight Results","detail":{}}`,
		"the newer format": `{"source":"aws.securityhub","detail-type":"Findings Imported V2","detail":{}}`,
		"a later verb":     `{"salve":"dance"}`,
		"a posing event":   `{"salve":"sweep","source":"aws.securityhub"}`,
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			p := w.start(t)
			p.handle(t, message{ID: "m", Body: body})
			w.silent(t)
			lines := p.audited()
			if len(lines) != 1 || lines[0].Event != engine.Dropped {
				t.Errorf("audited %+v, want one line that it was dropped", lines)
			}
		})
	}
}

// TestForgedFindings: a finding whose parts contradict each other may be of
// anybody's making. Nothing is done and nothing is said, whoever asks.
func TestForgedFindings(t *testing.T) {
	w := newWorld(t)
	b := w.bucket(t, nil)
	id := w.report(t, w.spec(b))
	other := w.Members()[1]
	hub := "arn:aws:securityhub:"
	here := hub + w.Region()
	tests := map[string]struct {
		old, forged string
		times       int // of the field in the event; -1 for all
	}{
		"a finding of another account": {`"AwsAccountId":"` + w.member, `"AwsAccountId":"` + other, -1},
		"an id of another account": {
			`"Id":"` + here + ":" + w.member, `"Id":"` + here + ":" + other, -1,
		},
		"another product":         {"::product/aws/securityhub", "::product/aws/guardduty", -1},
		"somebody's own product":  {"::product/aws/securityhub", ":" + other + ":product/" + other + "/default", -1},
		"a product elsewhere":     {`"ProductArn":"` + here, `"ProductArn":"` + hub + "eu-west-1", -1},
		"another control":         {`"SecurityControlId":"S3.8"`, `"SecurityControlId":"S3.2"`, -1},
		"another generator":       {`"GeneratorId":"security-control/S3.8"`, `"GeneratorId":"security-control/EC2.19"`, -1},
		"another partition":       {`arn:aws:s3:::`, `arn:aws-cn:s3:::`, -1},
		"a bucket with an owner":  {`arn:aws:s3:::`, `arn:aws:s3::` + other + `:`, -1},
		"another kind of thing":   {`"Type":"AwsS3Bucket"`, `"Type":"AwsEc2Instance"`, -1},
		"a wildcard for a bucket": {"arn:aws:s3:::" + b, "arn:aws:s3:::*", -1},
		"an object in the bucket": {"arn:aws:s3:::" + b, "arn:aws:s3:::" + b + "/key", -1},
	}
	for name, tc := range tests {
		for trigger, m := range map[string]message{"imported": w.imported(t, id), "click": w.click(t, id)} {
			t.Run(name+", "+trigger, func(t *testing.T) {
				m.Body = strings.Replace(m.Body, tc.old, tc.forged, tc.times)
				if !strings.Contains(m.Body, tc.forged) {
					t.Fatalf("the event does not have %q", tc.old)
				}
				p := w.start(t)
				w.ClearCalls()
				p.handle(t, m)
				w.silent(t)
				w.untouched(t, id)
				refused := func(l engine.Line) bool { return l.Event == engine.Refused && l.Reason != "" }
				if lines := p.audited(); len(lines) != 1 || !slices.ContainsFunc(lines, refused) {
					t.Errorf("audited %+v, want one line that says why it is refused", lines)
				}
			})
		}
	}
	if w.flags(t, b) != nil {
		t.Errorf("flags %+v", w.flags(t, b))
	}
}

// TestBucketOfAnotherAccount: the ARN of a bucket does not say whose it is. A
// finding of one member that names the bucket of another must not change it.
func TestBucketOfAnotherAccount(t *testing.T) {
	w := newWorld(t)
	mine := w.member
	w.member = w.Members()[1]
	b := w.bucket(t, block(false, false, false, false))
	spec := w.spec(b)
	spec.Account = mine
	id := w.report(t, spec)
	p := w.start(t)
	for _, m := range []message{w.imported(t, id), w.click(t, id)} {
		p.handle(t, m)
	}
	w.flagged(t, b, block(false, false, false, false))
	if n := w.puts(b); n > 0 {
		t.Errorf("%d writes to the bucket of account %s", n, w.member)
	}
	if _, err := w.S3(w.member).HeadBucket(t.Context(), &s3.HeadBucketInput{Bucket: &b}); err != nil {
		t.Error(err)
	}
	w.shows(t, id, hubtypes.WorkflowStatusNotified, "denied", "Nothing was changed")
}
