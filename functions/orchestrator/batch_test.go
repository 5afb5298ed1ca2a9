package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/google/go-cmp/cmp"

	"github.com/salve-security/salve/internal/audit"
	"github.com/salve-security/salve/internal/engine"
)

// TestWitness: lines of parallel runs all go on to the log, and all are counted.
func TestWitness(t *testing.T) {
	var mu sync.Mutex
	logged := 0
	w := &witness{next: func(context.Context, audit.Line) {
		mu.Lock()
		defer mu.Unlock()
		logged++
	}}
	var all sync.WaitGroup
	for range 50 {
		all.Go(func() {
			w.audit(t.Context(), audit.Line{Event: audit.Finished, Control: "S3.8", Status: "verified"})
		})
	}
	all.Wait()
	var out bytes.Buffer
	if err := w.print(&out, time.Now()); err != nil {
		t.Fatal(err)
	}
	var doc struct{ Verified int }
	if err := json.Unmarshal(out.Bytes(), &doc); err != nil {
		t.Fatal(err)
	}
	if doc.Verified != 50 || logged != 50 {
		t.Errorf("%d counted, %d logged, want 50", doc.Verified, logged)
	}
}

// TestWitnessOfNothing: most batches of a control nobody enabled have no news; they print nothing.
func TestWitnessOfNothing(t *testing.T) {
	if err := (&witness{}).print(refusing{}, time.Now()); err != nil {
		t.Errorf("printed: %v", err)
	}
	w := &witness{lines: []audit.Line{{Event: audit.Rejected}}}
	if err := w.print(refusing{}, time.Now()); !errors.Is(err, errFull) {
		t.Errorf("error %v, want %v", err, errFull)
	}
}

var errFull = errors.New("the disk is full")

type refusing struct{}

func (refusing) Write([]byte) (int, error) { return 0, errFull }

// TestWitnessOfASweep: it is counted, however quiet it was, and not logged.
func TestWitnessOfASweep(t *testing.T) {
	w := &witness{next: func(context.Context, audit.Line) { t.Error("a sweep is logged") }}
	w.beat()
	var out bytes.Buffer
	if err := w.print(&out, time.Now()); err != nil || !bytes.Contains(out.Bytes(), []byte(`"Swept":1`)) {
		t.Errorf("printed %s, %v", out.Bytes(), err)
	}
}

func TestMessages(t *testing.T) {
	in := events.SQSEvent{Records: []events.SQSMessage{
		{MessageId: "a", Body: "1", Attributes: map[string]string{"ApproximateReceiveCount": "3"}},
		{MessageId: "b", Body: "2", Attributes: map[string]string{"ApproximateReceiveCount": "many"}},
		{MessageId: "c", Body: "3", Attributes: map[string]string{"SenderId": "AIDAX"}},
		{
			MessageId: "d", Body: "4", EventSourceARN: "arn:aws:sqs:us-east-1:111111111111:acme-salve-approvals",
			Attributes:        map[string]string{"SenderId": "AROAX:ann"},
			MessageAttributes: map[string]events.SQSMessageAttribute{"SenderId": {StringValue: aws.String("AIDAFORGED")}},
		},
		{
			MessageId: "e", Body: "5", EventSourceARN: "arn:aws:sqs:us-east-1:111111111111:salve-approvals",
			Attributes: map[string]string{"SenderId": "AIDAX"},
		},
	}}
	want := []engine.Message{
		{ID: "a", Body: "1", Received: 3},
		{ID: "b", Body: "2"},
		{ID: "c", Body: "3"},
		{ID: "d", Body: "4", Approval: true, Sender: "AROAX:ann"},
		{ID: "e", Body: "5"},
	}
	if diff := cmp.Diff(want, messages(in, "acme-salve-approvals")); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestAnswer: a null list makes Lambda take the whole batch as failed.
func TestAnswer(t *testing.T) {
	tests := map[string]struct {
		failed []string
		want   string
	}{
		"all worked": {nil, `{"batchItemFailures":[]}`},
		"one failed": {[]string{"b"}, `{"batchItemFailures":[{"itemIdentifier":"b"}]}`},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := json.Marshal(answer(tc.failed))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.want, string(got)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}
