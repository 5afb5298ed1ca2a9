package notify_test

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/sns"
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
	return notify.Topics{Notices: "mail", Events: "events", Chat: "chat"}
}

// about returns a notice of the kind about one bucket.
func about(kind notice.Kind) notice.Notice {
	return notice.Notice{
		Kind: kind, Control: "S3.8", Title: "General purpose buckets should block public access", Severity: "HIGH",
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
		"all":       {everyTopic(), nil, []string{"chat", "events", "mail"}, nil},
		"none":      {notify.Topics{}, nil, nil, nil},
		"mail only": {notify.Topics{Notices: "mail"}, nil, []string{"mail"}, nil},
		"mail is dead": {
			everyTopic(),
			map[string]error{"mail": down},
			[]string{"chat", "events"},
			[]string{"channel notices: down"},
		},
		"two are dead": {
			everyTopic(),
			map[string]error{"events": down, "chat": down},
			[]string{"mail"},
			[]string{"channel events: down", "channel chat: down"},
		},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			fake := &fakeSNS{got: map[string]*sns.PublishInput{}, fails: tc.fails}
			err := notify.NewFanout(fake, tc.topics).Tell(t.Context(), about(notice.Fixed))
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
		fake := &fakeSNS{got: map[string]*sns.PublishInput{}, hangs: "mail"}
		start := time.Now()
		err := notify.NewFanout(fake, everyTopic()).Tell(t.Context(), about(notice.Fixed))
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("error %v, want the deadline", err)
		}
		if took := time.Since(start); took > 10*time.Second {
			t.Errorf("took %v", took)
		}
		if diff := cmp.Diff([]string{"chat", "events"}, fake.topics()); diff != "" {
			t.Errorf("reached (-want +got):\n%s", diff)
		}
	})
}

func TestMessages(t *testing.T) {
	fake := &fakeSNS{got: map[string]*sns.PublishInput{}}
	if err := notify.NewFanout(fake, everyTopic()).Tell(t.Context(), about(notice.Fixed)); err != nil {
		t.Fatal(err)
	}
	if subject := fake.got["mail"].Subject; subject == nil || *subject != "Salve fixed S3.8 in 222222222222: logs-eu" {
		t.Errorf("subject %v", subject)
	}
	for _, topic := range []string{"events", "chat"} {
		if fake.got[topic].Subject != nil || !strings.HasPrefix(*fake.got[topic].Message, "{") {
			t.Errorf("%s is not a bare JSON message", topic)
		}
	}
	want := map[string]string{
		"kind": "fixed", "outcome": "fixed",
		"control": "S3.8", "account": "222222222222", "severity": "HIGH", "region": "eu-west-1",
	}
	if diff := cmp.Diff(want, attributesOf(fake.got["events"])); diff != "" {
		t.Errorf("attributes (-want +got):\n%s", diff)
	}
}

func attributesOf(in *sns.PublishInput) map[string]string {
	got := map[string]string{}
	for name, value := range in.MessageAttributes {
		got[name] = *value.StringValue
	}
	return got
}
