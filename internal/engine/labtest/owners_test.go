package labtest

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	cwtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	sqstypes "github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"github.com/salve-security/salve/internal/engine/enginetest"
	"github.com/salve-security/salve/internal/gate"
	"github.com/salve-security/salve/internal/notify"
)

// TestOwnersHearOfTheirAccounts: filter policies on the topic bring each owner the mails about his account, and only
// those, as docs/operations.md says.
func TestOwnersHearOfTheirAccounts(t *testing.T) {
	w := newWorld(t)
	one, two := w.Members()[0], w.Members()[1]
	inboxes := map[string]*inbox{
		"owner of one": w.subscribe(t, `{"account": ["`+one+`"]}`, attributes),
		"owner of two": w.subscribe(t, `{"account": ["`+two+`"]}`, attributes),
		"approver":     w.subscribe(t, `{"outcome": ["needs_approval"], "severity": ["CRITICAL", "HIGH"]}`, attributes),
		"on call":      w.subscribe(t, `{"outcome": ["failed", "denied"]}`, attributes),
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

// TestAlarmsAndNoticesShareATopic: CloudWatch's alarms have no attributes, so that policies on attributes keep alarms
// out, and one on what is in an alarm keeps notices out. Who has no policy gets both, as docs/operations.md says.
func TestAlarmsAndNoticesShareATopic(t *testing.T) {
	w := newWorld(t)
	inboxes := map[string]*inbox{
		"everybody": w.subscribe(t, "", attributes),
		"a program": w.subscribe(t, `{"kind": [{"exists": true}]}`, attributes),
		"on call":   w.subscribe(t, `{"AlarmName": [{"exists": true}]}`, "MessageBody"),
	}
	p := w.start(t)
	w.tells(p, func(*notify.Topics) {})
	w.config = enginetest.Modes(gate.Approve)
	p.handle(t, w.imported(t, w.report(t, w.spec(w.bucket(t, nil)))))
	for _, state := range []cwtypes.StateValue{cwtypes.StateValueAlarm, cwtypes.StateValueOk} { // one of the stack's
		_, err := cloudwatch.NewFromConfig(w.Root(w.Hub())).SetAlarmState(t.Context(), &cloudwatch.SetAlarmStateInput{
			AlarmName: aws.String("salve-errors"), StateValue: state, StateReason: aws.String("a test"),
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	alarm, notice := "ALARM", "Salve needs approval for Store.3 in "+w.member
	for who, want := range map[string][]string{
		"everybody": {alarm, notice}, "a program": {notice}, "on call": {alarm},
	} {
		if got := inboxes[who].subjects(t); !slices.Equal(got, want) {
			t.Errorf("%s got %q, want %q", who, got, want)
		}
	}
}

// TestProgramsReadTheAttribute: a queue gets the JSON of docs/json.md beside the mail, with and without raw delivery.
func TestProgramsReadTheAttribute(t *testing.T) {
	w := newWorld(t)
	enveloped := w.subscribe(t, "", attributes)
	raw := w.subscribe(t, "", attributes)
	raw.raw(t, w)
	p := w.start(t)
	w.tells(p, func(*notify.Topics) {})
	w.config = enginetest.Modes(gate.Approve)
	p.handle(t, w.imported(t, w.report(t, w.spec(w.bucket(t, nil)))))
	var letter struct {
		Message           string
		MessageAttributes map[string]struct{ Value string }
	}
	m := enveloped.receive(t)[0]
	if err := json.Unmarshal([]byte(aws.ToString(m.Body)), &letter); err != nil {
		t.Fatal(err)
	}
	bare := raw.receive(t)[0]
	if letter.Message != aws.ToString(bare.Body) || !strings.HasPrefix(letter.Message, "Salve wants to change ") {
		t.Errorf("the mail is %q, raw it is %q", letter.Message, aws.ToString(bare.Body))
	}
	for how, value := range map[string]string{
		"in its envelope": letter.MessageAttributes["event"].Value,
		"raw":             aws.ToString(bare.MessageAttributes["event"].StringValue),
	} {
		var event struct{ Kind, Control, Account string }
		text, err := base64.StdEncoding.DecodeString(value)
		if err == nil {
			err = json.Unmarshal(text, &event)
		}
		if err != nil || event.Kind != "needs_approval" || event.Control != "Store.3" || event.Account != w.member {
			t.Errorf("%s: %q is %+v (%v)", how, value, event, err)
		}
	}
}

// inbox is a queue that is subscribed to the topic. A mail address would get subject and message of the same.
type inbox struct {
	client            *sqs.Client
	url, subscription *string
}

// attributes is what a policy looks at by default.
const attributes = "MessageAttributes"

// subscribe makes an inbox with a filter policy, or none, on what scope says.
func (w *world) subscribe(t *testing.T, policy, scope string) *inbox {
	t.Helper()
	root := w.Root(w.Hub())
	client := sqs.NewFromConfig(root)
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
	in := &sns.SubscribeInput{
		TopicArn: &w.settings.NoticesTopic, Protocol: aws.String("sqs"), Endpoint: aws.String(about.Attributes[arn]),
		ReturnSubscriptionArn: true,
	}
	if policy != "" {
		in.Attributes = map[string]string{"FilterPolicy": policy, "FilterPolicyScope": scope}
	}
	topics := sns.NewFromConfig(root)
	made, err := topics.Subscribe(t.Context(), in)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		in := &sns.UnsubscribeInput{SubscriptionArn: made.SubscriptionArn}
		_, _ = topics.Unsubscribe(context.WithoutCancel(t.Context()), in) // or the lab ends
	})
	return &inbox{client: client, url: queue.QueueUrl, subscription: made.SubscriptionArn}
}

// raw has messages delivered without their envelope.
func (i *inbox) raw(t *testing.T, w *world) {
	t.Helper()
	in := &sns.SetSubscriptionAttributesInput{
		SubscriptionArn: i.subscription, AttributeName: aws.String("RawMessageDelivery"), AttributeValue: aws.String("true"),
	}
	_, err := sns.NewFromConfig(w.Root(w.Hub())).SetSubscriptionAttributes(t.Context(), in)
	if err != nil {
		t.Fatal(err)
	}
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

// receive returns what has come, and wants something.
func (i *inbox) receive(t *testing.T) []sqstypes.Message {
	t.Helper()
	out, err := i.client.ReceiveMessage(t.Context(), &sqs.ReceiveMessageInput{
		QueueUrl: i.url, MaxNumberOfMessages: 10, MessageAttributeNames: []string{"All"},
	})
	if err != nil || len(out.Messages) == 0 {
		t.Fatalf("nothing came: %v", err)
	}
	return out.Messages
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
