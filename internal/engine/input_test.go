package engine_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	hubtypes "github.com/aws/aws-sdk-go-v2/service/securityhub/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/salve-security/salve/internal/engine"
	labhub "github.com/salve-security/salve/internal/lab/securityhub"
	"github.com/salve-security/salve/internal/run"
)

type message = engine.Message

// input is something that should not be as it is: how the finding was written,
// what is wrong around it, what is wrong in the message. Without more it is a
// sound finding of S3.8, in mode auto, on a bucket without any block.
type input struct {
	spec  func(*labhub.FindingSpec)
	world func(*testing.T, *world, sound)
	edit  func(body string, s sound) string

	imported answer
	click    *answer // where a person who asks gets another one
}

// sound is what an input is made from.
type sound struct {
	hub, account, other, region, bucket, id string
	was                                     hubtypes.WorkflowStatus
}

// answer is all that comes of an input. The message is always acknowledged.
type answer struct {
	audit  string // the event of the one audit line; empty for none
	reason string // part of that line, or of the reason in the dead letter queue
	dead   bool   // the message is kept in the dead letter queue
	run    run.Status
	note   []string // parts of the note; none: the finding is as Security Hub wrote it
	status hubtypes.WorkflowStatus
	fixed  bool // the bucket is, by one write
	probed bool // the run waits for its account, which sweeps try: no message is needed
}

// TestBadInput goes through all that may arrive. What is not listed under an
// answer does not happen: no call that writes, no item, no note.
//
// Elsewhere: an open run of a newer version (TestRunOfANewerVersion), a bucket
// that goes away during the run (TestBucketGone), several findings in a message
// (TestManyFindings), hostile texts (TestHostileFinding, TestHostileResource).
func TestBadInput(t *testing.T) {
	for group, inputs := range map[string]map[string]input{
		"message": badMessages(), "identity": forgedFindings(), "resource": forgedResources(), "state": closedFindings(),
		"surroundings": badSurroundings(),
	} {
		for name, in := range inputs {
			t.Run(group+"/"+name+"/imported", func(t *testing.T) { in.check(t, (*world).imported, in.imported) })
			click := in.imported
			if in.click != nil {
				click = *in.click
			}
			t.Run(group+"/"+name+"/click", func(t *testing.T) { in.check(t, (*world).click, click) })
		}
	}
}

func (in input) check(t *testing.T, event func(*world, *testing.T, ...string) message, want answer) {
	t.Helper()
	w := newWorld(t)
	s := sound{
		hub: w.Hub(), account: w.member, other: w.Members()[1], region: w.Region(), bucket: w.bucket(t, nil),
	}
	spec := w.spec(s.bucket)
	if in.spec != nil {
		in.spec(&spec)
	}
	s.id = w.report(t, spec)
	s.was = w.finding(t, s.id).Workflow.Status
	m := event(w, t, s.id)
	if in.edit != nil {
		edited := in.edit(m.Body, s)
		if edited == m.Body {
			t.Fatalf("the message does not have what should be edited: %s", m.Body)
		}
		m.Body = edited
	}
	if in.world != nil {
		in.world(t, w, s)
	}
	p := w.start(t)
	w.ClearCalls()
	p.handle(t, m)
	w.answered(t, p, m, s, want)
}

// answered checks an answer, and that nothing else was done.
func (w *world) answered(t *testing.T, p *process, m message, s sound, want answer) {
	t.Helper()
	if writes, may := w.operations(), want.operations(); !slices.Equal(writes, may) {
		t.Errorf("calls that write: %v, want %v", writes, may)
	}
	w.recorded(t, p, want)
	if want.note != nil {
		w.shows(t, s.id, want.status, want.note...)
	} else if f := w.finding(t, s.id); f.Note != nil || f.Workflow.Status != s.was {
		t.Errorf("finding is %s with note %+v, want it left alone", f.Workflow.Status, f.Note)
	}
	if want.dead {
		w.deadLetter(t, m.Body, want.reason)
	}
	if want.run != run.StatusGone && (w.flags(t, s.bucket) != nil) != want.fixed {
		t.Errorf("flags %+v", w.flags(t, s.bucket))
	}
}

// operations are the calls of an answer that write, but for the ledger's, in their order.
func (a answer) operations() []string {
	var may []string
	if a.fixed {
		may = append(may, "PutPublicAccessBlock")
	}
	if a.note != nil || a.fixed {
		may = append(may, "BatchUpdateFindings")
	}
	if a.dead || a.run == run.StatusDeferred && !a.probed {
		may = append(may, "SendMessage") // the message, or the nudge
	}
	return may
}

// operations are the calls that wrote, but for those to the ledger and for sessions.
func (w *world) operations() []string {
	var writes []string
	for _, e := range w.written() {
		if e.Service != "dynamodb" && e.Service != "sts" {
			writes = append(writes, e.Operation)
		}
	}
	return writes
}

// recorded checks ledger and audit log.
func (w *world) recorded(t *testing.T, p *process, want answer) {
	t.Helper()
	if runs := w.runs(t); want.run == "" && len(w.items(t)) > 0 {
		t.Errorf("items in the ledger: %v", w.items(t))
	} else if want.run != "" && (len(runs) != 1 || runs[0].Status != want.run) {
		t.Errorf("runs %+v, want one that is %s", runs, want.run)
	}
	lines := p.audited()
	if want.audit == "" {
		if len(lines) > 0 {
			t.Errorf("audited %+v, want nothing", lines)
		}
		return
	}
	if len(lines) != 1 || lines[0].Event != want.audit || !strings.Contains(fmt.Sprint(lines[0]), want.reason) {
		t.Errorf("audited %+v, want one line %q with %q", lines, want.audit, want.reason)
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
