package notify_test

import (
	"context"
	"encoding/base64"
	"errors"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sns/types"
	"github.com/aws/smithy-go"
	"github.com/google/go-cmp/cmp"

	"github.com/salve-security/salve/internal/notice"
	"github.com/salve-security/salve/internal/notify"
)

// fakeSNS keeps what reached its topics; some fail, some never answer.
type fakeSNS struct {
	mu    sync.Mutex
	got   map[string]*sns.PublishInput
	fails map[string]error
	hangs string
}

func (f *fakeSNS) Publish(ctx context.Context, in *sns.PublishInput, _ ...func(*sns.Options),
) (*sns.PublishOutput, error) {
	if *in.TopicArn == f.hangs {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if err := f.fails[*in.TopicArn]; err != nil {
		return nil, err
	}
	f.got[*in.TopicArn] = in
	return &sns.PublishOutput{}, nil
}

func (f *fakeSNS) topics() []string { return slices.Sorted(maps.Keys(f.got)) }

func everyTopic() notify.Topics {
	return notify.Topics{Notices: "notices", Chat: "chat"}
}

// about returns a notice of a fix of one bucket.
func about() notice.Notice {
	return notice.Notice{
		Kind: notice.Fixed, Control: "S3.8", Title: "General purpose buckets should block public access", Severity: "HIGH",
		Account: "222222222222", Region: "eu-west-1", Resource: "arn:aws:s3:::logs-eu",
		Changes: []notice.Change{{Path: "BlockPublicAcls", Move: "~ BlockPublicAcls: false → true"}},
		RunID:   "01JD7K2W",
	}
}

func TestTell(t *testing.T) {
	down := errors.New("down")
	tests := map[string]struct {
		topics  notify.Topics
		fails   map[string]error
		reached []string
		says    []string
	}{
		"both":    {everyTopic(), nil, []string{"chat", "notices"}, nil},
		"none":    {notify.Topics{}, nil, nil, nil},
		"no chat": {notify.Topics{Notices: "notices"}, nil, []string{"notices"}, nil},
		"notices are dead": {
			everyTopic(),
			map[string]error{"notices": down},
			[]string{"chat"},
			[]string{"channel notices: down"},
		},
		"both are dead": {
			everyTopic(),
			map[string]error{"notices": down, "chat": down},
			nil,
			[]string{"channel notices: down", "channel chat: down"},
		},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			fake := &fakeSNS{got: map[string]*sns.PublishInput{}, fails: tc.fails}
			err := notify.NewFanout(fake, tc.topics).Tell(t.Context(), about())
			if diff := cmp.Diff(tc.reached, fake.topics()); diff != "" {
				t.Errorf("reached (-want +got):\n%s", diff)
			}
			if (err != nil) != (len(tc.says) > 0) {
				t.Fatalf("error %v, want one that says %v", err, tc.says)
			}
			for _, text := range tc.says {
				if !strings.Contains(err.Error(), text) || !errors.Is(err, down) {
					t.Errorf("error %v, want %q", err, text)
				}
			}
		})
	}
}

func TestTellDoesNotWaitForADeadChannel(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake := &fakeSNS{got: map[string]*sns.PublishInput{}, hangs: "notices"}
		start := time.Now()
		err := notify.NewFanout(fake, everyTopic()).Tell(t.Context(), about())
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("error %v, want the deadline", err)
		}
		if took := time.Since(start); took > 10*time.Second {
			t.Errorf("took %v", took)
		}
		if diff := cmp.Diff([]string{"chat"}, fake.topics()); diff != "" {
			t.Errorf("reached (-want +got):\n%s", diff)
		}
	})
}

func TestMessages(t *testing.T) {
	fake := &fakeSNS{got: map[string]*sns.PublishInput{}}
	if err := notify.NewFanout(fake, everyTopic()).Tell(t.Context(), about()); err != nil {
		t.Fatal(err)
	}
	both := fake.got["notices"]
	if subject := both.Subject; subject == nil || *subject != "Salve fixed S3.8 in 222222222222: logs-eu" {
		t.Errorf("subject %v", subject)
	}
	if !strings.HasPrefix(*both.Message, "Salve changed logs-eu in account 222222222222") {
		t.Errorf("people read %s", *both.Message)
	}
	if fake.got["chat"].Subject != nil || !strings.HasPrefix(*fake.got["chat"].Message, "{") {
		t.Error("the chat gets no bare JSON message")
	}
	want := map[string]string{
		"kind": "fixed", "outcome": "fixed",
		"control": "S3.8", "account": "222222222222", "severity": "HIGH", "region": "eu-west-1",
	}
	if diff := cmp.Diff(want, attributesOf(fake.got["chat"])); diff != "" {
		t.Errorf("attributes of the chat's (-want +got):\n%s", diff)
	}
	got := attributesOf(both)
	event, err := base64.StdEncoding.DecodeString(got["event"])
	if err != nil || !strings.HasPrefix(string(event), `{"version":1,"kind":"fixed","control":"S3.8",`) {
		t.Errorf("programs read %s (%v)", event, err)
	}
	delete(got, "event")
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("attributes (-want +got):\n%s", diff)
	}
}

// TestOneFormForAll: AWS delivers and filters by attributes only where a message has one form (docs of SNS: "Message
// attributes are sent only when the message structure is String, not JSON").
func TestOneFormForAll(t *testing.T) {
	fake := &fakeSNS{got: map[string]*sns.PublishInput{}}
	if err := notify.NewFanout(fake, everyTopic()).Tell(t.Context(), about()); err != nil {
		t.Fatal(err)
	}
	for topic, in := range fake.got {
		if in.MessageStructure != nil {
			t.Errorf("%s has the structure %s", topic, *in.MessageStructure)
		}
		if n := len(in.MessageAttributes); n > 10 {
			t.Errorf("%s: %d attributes, a queue with raw delivery takes 10", topic, n)
		}
		for name, value := range in.MessageAttributes {
			if strings.ContainsAny(*value.StringValue, `"\`) {
				t.Errorf("%s: attribute %s is %s, which keeps filter policies from matching", topic, name, *value.StringValue)
			}
		}
	}
}

// TestChatThatMayLack: a shell knows what the topic of the chat is called, and not whether there is one. What else is
// wrong with it is said, and that nobody heard is not hidden behind it.
func TestChatThatMayLack(t *testing.T) {
	down := errors.New("down")
	gone := &smithy.OperationError{ServiceID: "SNS", OperationName: "Publish", Err: &types.NotFoundException{}}
	mayLack := notify.Topics{Notices: "notices", Chat: "chat", ChatMayLack: true}
	tests := map[string]struct {
		topics         notify.Topics
		fails          map[string]error
		failed, partly bool
	}{
		"there":                {mayLack, nil, false, false},
		"not there":            {mayLack, map[string]error{"chat": gone}, false, false},
		"not there, but meant": {everyTopic(), map[string]error{"chat": gone}, true, true},
		"down":                 {mayLack, map[string]error{"chat": down}, true, true},
		"nobody hears":         {mayLack, map[string]error{"chat": gone, "notices": down}, true, false},
		"no topic for people":  {mayLack, map[string]error{"notices": gone}, true, true},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			fake := &fakeSNS{got: map[string]*sns.PublishInput{}, fails: tc.fails}
			err := notify.NewFanout(fake, tc.topics).Tell(t.Context(), about())
			if (err != nil) != tc.failed || errors.Is(err, notice.ErrPartly) != tc.partly {
				t.Errorf("error %v, want failed %v, partly %v", err, tc.failed, tc.partly)
			}
		})
	}
}

func attributesOf(in *sns.PublishInput) map[string]string {
	got := map[string]string{}
	for name, value := range in.MessageAttributes {
		got[name] = *value.StringValue
	}
	return got
}
