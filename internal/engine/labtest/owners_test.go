package labtest

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	sqstypes "github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"github.com/salve-security/salve/internal/engine/enginetest"
	"github.com/salve-security/salve/internal/gate"
	"github.com/salve-security/salve/internal/notify"
)

// TestOwnersHearOfTheirAccounts: filter policies on the topic for people bring each owner the mails about his account,
// and only those, as docs/operations.md says.
func TestOwnersHearOfTheirAccounts(t *testing.T) {
	w := newWorld(t)
	one, two := w.Members()[0], w.Members()[1]
	inboxes := map[string]*inbox{
		"owner of one": w.subscribe(t, map[string][]string{"account": {one}}),
		"owner of two": w.subscribe(t, map[string][]string{"account": {two}}),
		"approver":     w.subscribe(t, map[string][]string{"outcome": {"needs_approval"}, "severity": {"CRITICAL", "HIGH"}}),
		"on call":      w.subscribe(t, map[string][]string{"outcome": {"failed", "denied"}}),
	}
	p := w.start(t)
	w.tells(p, func(*notify.Topics) {})
	for account, mode := range map[string]gate.Mode{one: gate.Auto, two: gate.Approve} {
		w.member, w.config = account, enginetest.Modes(mode)
		for range 2 {
			p.handle(t, w.imported(t, w.report(t, w.spec(w.bucket(t, nil)))))
		}
	}
	w.clock.Move(enginetest.Later)
	p.handle(t, enginetest.Sweep())
	for who, want := range map[string][]string{
		"owner of one": {"Salve fixed Store.3 on 2 resources in " + one},
		"owner of two": {"Salve needs approval for Store.3 in " + two, "Salve needs approval for Store.3 in " + two},
		"approver":     {"Salve needs approval for Store.3 in " + two, "Salve needs approval for Store.3 in " + two},
		"on call":      nil,
	} {
		if got := inboxes[who].subjects(t); !slices.Equal(got, want) {
			t.Errorf("%s got %q, want %q", who, got, want)
		}
	}
}

// inbox is a queue that is subscribed to the topic for people: a mail address would get the same.
type inbox struct {
	client *sqs.Client
	url    *string
}

func (w *world) subscribe(t *testing.T, filter map[string][]string) *inbox {
	t.Helper()
	root := w.Root(w.Hub())
	client := sqs.NewFromConfig(root)
	policy, err := json.Marshal(filter)
	if err != nil {
		t.Fatal(err)
	}
	queue, err := client.CreateQueue(t.Context(), &sqs.CreateQueueInput{QueueName: aws.String("inbox-" + rand.Text())})
	if err != nil {
		t.Fatal(err)
	}
	arn := string(sqstypes.QueueAttributeNameQueueArn)
	about, err := client.GetQueueAttributes(t.Context(), &sqs.GetQueueAttributesInput{
		QueueUrl: queue.QueueUrl, AttributeNames: []sqstypes.QueueAttributeName{sqstypes.QueueAttributeNameQueueArn},
	})
	if err != nil {
		t.Fatal(err)
	}
	w.lets(t, client, queue.QueueUrl, about.Attributes[arn])
	topics := sns.NewFromConfig(root)
	made, err := topics.Subscribe(t.Context(), &sns.SubscribeInput{
		TopicArn: &w.settings.NoticesTopic, Protocol: aws.String("sqs"), Endpoint: aws.String(about.Attributes[arn]),
		Attributes: map[string]string{"FilterPolicy": string(policy)}, ReturnSubscriptionArn: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		in := &sns.UnsubscribeInput{SubscriptionArn: made.SubscriptionArn}
		_, _ = topics.Unsubscribe(context.WithoutCancel(t.Context()), in) // or the lab ends
	})
	return &inbox{client: client, url: queue.QueueUrl}
}

// lets allows the topic to send to a queue.
func (w *world) lets(t *testing.T, client *sqs.Client, url *string, queue string) {
	t.Helper()
	policy, err := json.Marshal(map[string]any{"Version": "2012-10-17", "Statement": []any{map[string]any{
		"Effect": "Allow", "Principal": map[string]any{"Service": "sns.amazonaws.com"}, "Action": "sqs:SendMessage",
		"Resource": queue, "Condition": map[string]any{"ArnEquals": map[string]any{"aws:SourceArn": w.settings.NoticesTopic}},
	}}})
	if err != nil {
		t.Fatal(err)
	}
	_, err = client.SetQueueAttributes(t.Context(), &sqs.SetQueueAttributesInput{
		QueueUrl: url, Attributes: map[string]string{"Policy": string(policy)},
	})
	if err != nil {
		t.Fatal(err)
	}
}

// subjects are those of the mails, without the name of the resource, in order.
func (i *inbox) subjects(t *testing.T) []string {
	t.Helper()
	out, err := i.client.ReceiveMessage(t.Context(), &sqs.ReceiveMessageInput{QueueUrl: i.url, MaxNumberOfMessages: 10})
	if err != nil {
		t.Fatal(err)
	}
	var subjects []string
	for _, m := range out.Messages {
		var mail struct{ Subject string }
		if err := json.Unmarshal([]byte(aws.ToString(m.Body)), &mail); err != nil {
			t.Fatal(err)
		}
		subject, _, _ := strings.Cut(mail.Subject, ": ")
		subjects = append(subjects, subject)
	}
	slices.Sort(subjects)
	return subjects
}
