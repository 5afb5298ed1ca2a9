package engine_test

import (
	"context"
	"encoding/base64"
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
	"github.com/aws/smithy-go"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/engine"
	"github.com/salve-security/salve/internal/engine/enginetest"
	labhub "github.com/salve-security/salve/internal/lab/securityhub"
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

// keep is the hook of a process that has the outlet.
func (o *outlet) keep(_ context.Context, c enginetest.Call) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if c.Done {
		return nil
	}
	switch in := c.Input.(type) {
	case *securityhub.BatchUpdateFindingsInput:
		o.notes = append(o.notes, aws.ToString(in.Note.Text))
	case *sns.PublishInput:
		switch c.Resource {
		case enginetest.TopicNotices:
			o.subjects, o.mails = append(o.subjects, aws.ToString(in.Subject)), append(o.mails, aws.ToString(in.Message))
			event, err := base64.StdEncoding.DecodeString(aws.ToString(in.MessageAttributes["event"].StringValue))
			if err != nil {
				return fmt.Errorf("the event: %w", err)
			}
			o.events = append(o.events, string(event))
		case enginetest.TopicChat:
			o.chats = append(o.chats, aws.ToString(in.Message))
		}
		for name, value := range in.MessageAttributes {
			text := aws.ToString(value.StringValue)
			if strings.ContainsFunc(text, hidden) || len(text) > 256 && name != "event" {
				return fmt.Errorf("attribute %s is %q", name, text)
			}
		}
	}
	return nil
}

func hidden(r rune) bool { return !unicode.IsPrint(r) }

// harmless checks everything that left the process.
func (o *outlet) harmless(t *testing.T, p *enginetest.Process) {
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
func lines(t *testing.T, p *enginetest.Process) []string {
	t.Helper()
	var out []string
	for _, line := range p.Audited() {
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
	w := enginetest.New(t)
	visit(decoded(t, w.Click(t, w.Report(t, hostileSpec(w.Store(t, nil))))), "", func(path string, _ func(string)) {
		paths = append(paths, path)
	})
	slices.Sort(paths)
	ends := map[string]int{}
	for _, path := range paths {
		for name, text := range evil() {
			t.Run(path+"/"+name, func(t *testing.T) {
				w := enginetest.New(t)
				m := w.Click(t, w.Report(t, hostileSpec(w.Store(t, nil))))
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
				p := w.Start(o.keep)
				w.Publishes(p)
				p.Handled(t, m)
				o.harmless(t, p)
				ends[outcomeOf(w.Runs())]++
			})
		}
	}
	if ends["none"] == 0 || ends[string(run.StatusVerified)] == 0 || len(ends) != 2 {
		t.Errorf("outcomes %v, want some refused and some fixed", ends)
	}
}

// hostileSpec is a finding that says by what its control was judged, too.
func hostileSpec(store string) labhub.FindingSpec {
	spec := enginetest.Spec(store)
	spec.Parameters = map[string][]string{"days": {"30"}}
	return spec
}

// TestHostileParameters: what a control was judged by is a text as well. One that the control cannot go by is refused,
// and who clicked reads why; one that it does not have is named at most.
func TestHostileParameters(t *testing.T) {
	for name, text := range evil() {
		for about, params := range map[string]map[string][]string{
			"value": {"length": {text}}, "values": {"length": slices.Repeat([]string{text}, 5)}, "name": {text: {"1"}},
		} {
			t.Run(about+"/"+name, func(t *testing.T) {
				w := enginetest.New(t)
				o := &outlet{}
				p := w.Start(o.keep)
				w.Publishes(p)
				p.Handled(t, w.Click(t, w.Report(t, labhub.FindingSpec{
					Control: "Account.102", Consolidated: true, Severity: "HIGH", Status: "FAILED", Account: enginetest.Member,
					Region: enginetest.Region, Resource: enginetest.Account().Resource, ResourceType: "AwsAccount",
					Parameters: params,
				})))
				o.harmless(t, p)
				if len(o.notes) == 0 {
					t.Error("nobody reads of it")
				}
				if refused := outcomeOf(w.Runs()) == "none"; refused != (about != "name") {
					t.Errorf("runs %+v", w.Runs())
				}
				for _, r := range w.Runs() {
					for _, text := range append(slices.Clone(r.Unknown), r.Plan.Mentions...) {
						if strings.ContainsFunc(text, hidden) || plain.Length(text) > 200 {
							t.Errorf("it names %q", text)
						}
					}
				}
			})
		}
	}
}

func outcomeOf(runs []*run.Run) string {
	if len(runs) == 0 {
		return "none"
	}
	return string(runs[0].Status)
}

func decoded(t *testing.T, m engine.Message) map[string]any {
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
				w := enginetest.New(t)
				o := &outlet{}
				p := w.Start(o.keep)
				w.Publishes(p)
				selling(t, p, &shop{Tags: map[string]string{text: text, "b": text}}, tc.written)
				id := w.Report(t, enginetest.Spec(w.Store(t, nil)))
				p.Handled(t, w.Click(t, id))
				r := w.Ended(t, tc.want)
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

// selling makes Store.3 a control that wants no tags on a shop.
func selling(t *testing.T, p *enginetest.Process, now *shop, written error) {
	t.Helper()
	enginetest.Instead(t, p, control.Of[shop]{
		Read: func(context.Context, control.Env) (shop, error) { return *now, nil },
		Want: func(shop, control.Env) (shop, error) { return shop{}, nil },
		Write: func(_ context.Context, _ control.Env, _, to shop) error {
			if written == nil {
				*now = to
			}
			return written
		},
	})
}
