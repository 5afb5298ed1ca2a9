package notice

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"

	"github.com/salve-security/salve/internal/plain"
)

// Limits of a custom notification of Amazon Q Developer.
const (
	maxChatTitle   = 250
	maxChatKeyword = 75
	chatLine       = 200
	chatChanges    = 10
	chatEntries    = 12
)

// custom is a custom notification, and must be the whole message.
type custom struct {
	Version  string         `json:"version"`
	Source   string         `json:"source"`
	ID       string         `json:"id,omitempty"`
	Content  customContent  `json:"content"`
	Metadata customMetadata `json:"metadata"`
}

type customContent struct {
	TextType    string   `json:"textType"`
	Title       string   `json:"title"`
	Description string   `json:"description"`
	NextSteps   []string `json:"nextSteps,omitempty"`
	Keywords    []string `json:"keywords,omitempty"`
}

type customMetadata struct {
	ThreadID            string `json:"threadId"`
	Summary             string `json:"summary"`
	EnableCustomActions bool   `json:"enableCustomActions"` // false: buttons would not know who pressed them
}

// Chat returns the notice as JSON for Amazon Q Developer in chat applications.
func Chat(n Notice) (string, error) {
	return encode(custom{
		Version: "1.0", Source: "custom", ID: jsonText(n.RunID),
		Content: customContent{
			TextType: "client-markdown", Title: chatText(headline(n), maxChatTitle),
			Description: description(n), NextSteps: nextSteps(n), Keywords: keywords(n),
		},
		Metadata: customMetadata{ThreadID: thread(n), Summary: chatText(headline(n), maxChatTitle)},
	})
}

// description is a short list. Line breaks are ours alone: each value is one line. The limits of the
// parts add up to less than Amazon Q takes, so nothing is cut in the middle of a name.
func description(n Notice) string {
	lines := []string{
		chatText(opening(n), maxText),
		labelled("What", chatText(what(n), chatLine)),
		labelled("Where", chatText(where(n), chatLine)),
		labelled("Resource", chatCode(n.Resource, maxText)),
		labelled("Why", quoted(chatText(n.Said, maxText))),
		labelled("Rule", chatText(n.Rule, chatLine)),
		labelled("Cause", chatText(n.Why, maxText)), // it may end with the remedy
		labelled("Who", chatText(n.Who, chatLine)),
	}
	if len(n.Entries) > 0 {
		lines = append(lines, chatList(n.Entries)...)
	} else if len(n.Changes) > 0 {
		lines = append(lines, "*"+changesTitle(n)+":*")
		shown, left := cutChanges(n.Changes, chatChanges)
		for _, line := range briefs(shown) {
			lines = append(lines, "• "+chatCode(line, chatLine))
		}
		lines = append(lines, more(left))
	}
	lines = append(lines,
		labelled("For its users", chatText(effect(n), maxText)),
		labelled("State now", chatText(n.Left, maxText)),
		labelled("Who may approve", chatText(n.Approvers, chatLine)),
		labelled(until(n.Kind), plain.Minute(n.Until)),
		labelled("Finding", link(n)),
		labelled("Questions", chatText(n.Contact, chatLine)),
		labelled("Read on", n.Docs),
	)
	return strings.Join(kept(lines), "\n")
}

// chatList shows the first entries of a digest.
func chatList(entries []Entry) []string {
	shown := min(len(entries), chatEntries)
	var lines []string
	for _, e := range entries[:shown] {
		said := Summary(e.Changes, maxValue)
		if e.Why != "" {
			said = e.Why
		}
		lines = append(lines, "• "+chatCode(e.Resource, maxValue)+" "+chatText(said, maxValue))
	}
	return append(lines, more(len(entries)-shown))
}

func labelled(name, value string) string {
	if value == "" {
		return ""
	}
	return "*" + name + ":* " + value
}

// nextSteps are what to do and how to take it back.
func nextSteps(n Notice) []string {
	var steps []string
	if todo := chatCommand(n, n.ToDo); todo != "" {
		steps = append(steps, todo)
	}
	if undo := chatCommand(n, n.Undo); undo != "" {
		steps = append(steps, back(n.Kind)+": "+undo)
	}
	if n.RunID != "" {
		steps = append(steps, "The whole story: "+chatCode(show(n), maxText))
	}
	return steps
}

func keywords(n Notice) []string {
	return kept([]string{
		chatText(n.Control, maxChatKeyword), chatText(n.Account, maxChatKeyword), chatText(string(n.Kind), maxChatKeyword),
	})
}

// thread keeps all that is said of one control on one resource in one thread of the chat.
func thread(n Notice) string {
	sum := sha256.Sum256([]byte(strings.Join([]string{n.Account, n.Region, n.Control, n.Resource}, "\x00")))
	return hex.EncodeToString(sum[:8])
}

// kept drops empty texts.
func kept(texts []string) []string {
	var out []string
	for _, text := range texts {
		if text != "" {
			out = append(out, text)
		}
	}
	return out
}
