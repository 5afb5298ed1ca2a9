package engine_test

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"unicode"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/securityhub"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/smithy-go"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/notify"
	"github.com/salve-security/salve/internal/plain"
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

// outlet keeps what a process says to people and programs.
type outlet struct {
	mu                          sync.Mutex
	notes, mails, chats, events []string
	subjects                    []string
}

func (o *outlet) hear(ctx context.Context, c call, do func(context.Context) error) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	switch in := c.input.(type) {
	case *securityhub.BatchUpdateFindingsInput:
		o.notes = append(o.notes, aws.ToString(in.Note.Text))
	case *sns.PublishInput:
		switch topic := aws.ToString(in.TopicArn); {
		case in.Subject != nil:
			o.subjects, o.mails = append(o.subjects, *in.Subject), append(o.mails, aws.ToString(in.Message))
		case strings.Contains(topic, "chat"):
			o.chats = append(o.chats, aws.ToString(in.Message))
		default:
			o.events = append(o.events, aws.ToString(in.Message))
		}
		for name, value := range in.MessageAttributes {
			if text := aws.ToString(value.StringValue); strings.ContainsFunc(text, hidden) || len(text) > 256 {
				return fmt.Errorf("attribute %s is %q", name, text)
			}
		}
	}
	return do(ctx)
}

// on lets a process tell the real topics, with the outlet in between.
func (o *outlet) on(w *world, p *process) {
	cfg := w.hub.Copy()
	hook(o.hear).addTo(&cfg)
	p.Tell = notify.NewFanout(sns.NewFromConfig(cfg), notify.Topics{
		Notices: w.settings.NoticesTopic, Events: w.settings.EventsTopic, Chat: w.settings.ChatTopic,
	}).Tell
}

func hidden(r rune) bool { return !unicode.IsPrint(r) }

// harmless checks everything that left the process.
func (o *outlet) harmless(t *testing.T, p *process) {
	t.Helper()
	for _, note := range o.notes {
		if plain.Length(note) > 512 || strings.ContainsFunc(note, hidden) {
			t.Errorf("note %q", note)
		}
	}
	for _, s := range o.subjects {
		harmlessSubject(t, s)
	}
	for _, mail := range o.mails {
		for line := range strings.Lines(mail) {
			harmlessMail(t, strings.TrimSuffix(line, "\n"))
		}
	}
	for _, chat := range o.chats {
		harmlessChat(t, chat)
	}
	for _, text := range slices.Concat(o.events, lines(t, p)) {
		if !json.Valid([]byte(text)) || strings.ContainsFunc(strings.TrimSpace(text), hidden) {
			t.Errorf("line %q", text)
		}
	}
}

func harmlessSubject(t *testing.T, s string) {
	t.Helper()
	if len(s) > 99 || strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r > '~' }) {
		t.Errorf("subject %q", s)
	}
}

func harmlessMail(t *testing.T, line string) {
	t.Helper()
	if strings.ContainsFunc(line, hidden) || strings.HasPrefix(line, "Bcc:") || strings.Contains(line, "://evil") {
		t.Errorf("mail has the line %q", line)
	}
}

func harmlessChat(t *testing.T, chat string) {
	t.Helper()
	code := regexp.MustCompile("`[^`]*`") // in which markdown means nothing
	for _, mark := range []string{"<!channel>", "](", "://evil"} {
		if strings.Contains(code.ReplaceAllString(chat, ""), mark) || !json.Valid([]byte(chat)) {
			t.Errorf("chat has %s: %s", mark, chat)
		}
	}
}

// lines are the audit lines as they are printed.
func lines(t *testing.T, p *process) []string {
	t.Helper()
	var out []string
	for _, line := range p.audited() {
		raw, err := json.Marshal(line)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, string(raw))
	}
	return out
}

// TestHostileFinding puts hostile text into every field of a finding and of its
// event, one at a time: it is refused or fixed, and nothing of it gets through.
func TestHostileFinding(t *testing.T) {
	var paths []string
	w := newWorld(t)
	visit(decoded(t, w.click(t, w.report(t, w.spec(w.bucket(t, nil))))), "", func(path string, _ func(string)) {
		paths = append(paths, path)
	})
	slices.Sort(paths)
	ends := map[string]int{}
	for _, path := range paths {
		for name, text := range evil() {
			t.Run(path+"/"+name, func(t *testing.T) {
				w := newWorld(t)
				m := w.click(t, w.report(t, w.spec(w.bucket(t, nil))))
				event := decoded(t, m)
				visit(event, "", func(at string, set func(string)) {
					if at == path {
						set(text)
					}
				})
				raw, err := json.Marshal(event)
				if err != nil {
					t.Fatal(err)
				}
				m.Body = string(raw)
				o := &outlet{}
				p := w.start(t, o.hear)
				o.on(w, p)
				p.handle(t, m)
				o.harmless(t, p)
				ends[outcomeOf(w.runs(t))]++
			})
		}
	}
	if ends["none"] == 0 || ends[string(run.StatusVerified)] == 0 || len(ends) != 2 {
		t.Errorf("outcomes %v, want some refused and some fixed", ends)
	}
	w.drain(t)
}

func outcomeOf(runs []*run.Run) string {
	if len(runs) == 0 {
		return "none"
	}
	return string(runs[0].Status)
}

func decoded(t *testing.T, m message) map[string]any {
	t.Helper()
	var event map[string]any
	if err := json.Unmarshal([]byte(m.Body), &event); err != nil {
		t.Fatal(err)
	}
	return event
}

// visit names every text in a JSON value, and gives a way to change it.
func visit(value any, path string, see func(path string, set func(string))) {
	switch v := value.(type) {
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(v)) {
			if _, isText := v[key].(string); isText {
				see(path+"."+key, func(s string) { v[key] = s })
				continue
			}
			visit(v[key], path+"."+key, see)
		}
	case []any:
		for i := range v {
			if _, isText := v[i].(string); isText {
				see(fmt.Sprintf("%s.%d", path, i), func(s string) { v[i] = s })
				continue
			}
			visit(v[i], fmt.Sprintf("%s.%d", path, i), see)
		}
	}
}

// shop is a resource whose settings strangers have named.
type shop struct{ Tags map[string]string }

// TestHostileResource: names and values of a resource, and what AWS answers
// about them, are the words of strangers too.
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
			"denied": {
				&smithy.GenericAPIError{Code: "AccessDenied", Message: text}, run.StatusDenied,
			},
		}
		for end, tc := range tests {
			t.Run(end+"/"+name, func(t *testing.T) {
				w := newWorld(t)
				o := &outlet{}
				p := w.start(t, o.hear)
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
				if len(o.notes) == 0 || len(o.mails) == 0 || len(o.chats) == 0 || len(o.events) == 0 {
					t.Errorf("%d notes, %d mails, %d chats, %d events", len(o.notes), len(o.mails), len(o.chats), len(o.events))
				}
				o.harmless(t, p)
			})
		}
	}
}

// selling makes S3.8 a control that wants no tags on a shop.
func (p *process) selling(t *testing.T, now *shop, written error) {
	t.Helper()
	real, _ := p.Controls.Get("S3.8")
	registry, err := control.NewRegistry(nil, control.Of[shop]{
		Info: real.Info,
		Read: func(context.Context, control.Env) (shop, error) { return *now, nil },
		Want: func(shop, control.Env) (shop, error) { return shop{}, nil },
		Write: func(_ context.Context, _ control.Env, _, to shop) error {
			if written == nil {
				*now = to
			}
			return written
		},
	}.Control())
	if err != nil {
		t.Fatal(err)
	}
	p.Controls = registry
}

// drain takes away what messages were put into the dead letter queue.
func (w *world) drain(t *testing.T) {
	t.Helper()
	_, err := sqs.NewFromConfig(w.Root(w.Hub())).PurgeQueue(t.Context(), &sqs.PurgeQueueInput{
		QueueUrl: &w.settings.DeadQueueURL,
	})
	if err != nil {
		t.Error(err)
	}
}
