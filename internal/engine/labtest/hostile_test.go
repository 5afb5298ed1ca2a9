package labtest

import (
	"context"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/securityhub"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/smithy-go"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/notify"
	"github.com/salve-security/salve/internal/run"
)

// evil are texts a member account may have chosen.
func evil() map[string]string {
	return map[string]string{
		"short": "a\r\nBcc: x@evil.example\r\n\r\n\x1b[2J\u009b31m\x00\a \u202Egnp.exe\u2066 " +
			"[click](https://evil.example) <!channel> `x` {\"kind\":\"fixed\"} ',\"x",
		"long": strings.Repeat("価A\x1b\u200b", 2000),
	}
}

// outlet is a hook that counts what a process says to people and programs.
type outlet struct {
	mu   sync.Mutex
	said map[string]int // by operation and topic
}

func (o *outlet) count(ctx context.Context, c call, do func(context.Context) error) error {
	if err := do(ctx); err != nil {
		return err
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	switch in := c.input.(type) {
	case *securityhub.BatchUpdateFindingsInput:
		o.said["note"]++
	case *sns.PublishInput:
		o.said[aws.ToString(in.TopicArn)]++
	}
	return nil
}

// on lets a process tell the real topics, with the outlet in between.
func (o *outlet) on(w *world, p *process) {
	cfg := w.hub.Copy()
	hook(o.count).addTo(&cfg)
	p.Tell = notify.NewFanout(sns.NewFromConfig(cfg), notify.Topics{
		Notices: w.settings.NoticesTopic, Chat: w.settings.ChatTopic,
	}).Tell
}

// shop is a resource whose settings strangers have named.
type shop struct{ Tags map[string]string }

// TestHostileResource: Security Hub and SNS take what is left of the words of
// strangers, in notes, subjects and attributes.
func TestHostileResource(t *testing.T) {
	for name, text := range evil() {
		tests := map[string]struct {
			written error
			want    run.Status
		}{
			"fixed": {nil, run.StatusVerified},
			"failed": {
				&smithy.GenericAPIError{Code: text, Message: text}, run.StatusFailed,
			},
		}
		for end, tc := range tests {
			t.Run(end+"/"+name, func(t *testing.T) {
				w := newWorld(t)
				o := &outlet{said: map[string]int{}}
				p := w.start(t, o.count)
				o.on(w, p)
				p.selling(t, &shop{Tags: map[string]string{text: text, "b": text}}, tc.written)
				id := w.report(t, w.spec(w.bucket(t, nil)))
				p.handle(t, w.click(t, id))
				r := w.ended(t, tc.want)
				if tc.want == run.StatusVerified {
					if undo, err := p.Undo(t.Context(), r.ID, text); err != nil || undo.Status != run.StatusUndone {
						t.Errorf("undo: %+v %v", undo, err)
					}
				}
				if len(o.said) != 3 {
					t.Errorf("said %v, want a note and a message to each topic", o.said)
				}
			})
		}
	}
}

// selling makes Store.3 a control that wants no tags on a shop.
func (p *process) selling(t *testing.T, now *shop, written error) {
	t.Helper()
	p.Controls = registryOf(t, control.Of[shop]{
		Info: info("Store.3", "Tagging"),
		Read: func(context.Context, control.Env) (shop, error) { return *now, nil },
		Want: func(shop, control.Env) (shop, error) { return shop{}, nil },
		Write: func(_ context.Context, _ control.Env, _, to shop) error {
			if written == nil {
				*now = to
			}
			return written
		},
	}.Control())
}
