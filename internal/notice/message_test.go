package notice_test

import (
	"encoding/base64"
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/salve-security/salve/internal/notice"
)

// messageOf lays a notice out and returns the event as JSON.
func messageOf(t *testing.T, n notice.Notice) (m notice.Message, event string) {
	t.Helper()
	m, err := notice.NewMessage(n)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := base64.StdEncoding.DecodeString(m.Event)
	if err != nil {
		t.Fatal(err)
	}
	return m, string(raw)
}

// TestMessageIsMailAndEvent: what SNS takes whole is told whole.
func TestMessageIsMailAndEvent(t *testing.T) {
	for name, n := range story() {
		t.Run(name, func(t *testing.T) {
			m, event := messageOf(t, n)
			subject, body := notice.Email(n)
			machine, err := notice.Machine(n)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff([]string{subject, body, machine}, []string{m.Subject, m.Text, event}); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// snsLimit is what SNS takes of a message, its attributes' names, types and values included.
const snsLimit = 262144

// TestHostileMessage: whatever strangers have named, SNS takes the message, with both of its forms, and each says how
// much of its lists is left out.
func TestHostileMessage(t *testing.T) {
	check := schema(t)
	cut := 0
	eachHostile(t, func(t *testing.T, n notice.Notice) {
		m, event := messageOf(t, n)
		size := len(m.Text) + len("event"+"String"+m.Event)
		for name, value := range n.Attributes() {
			size += len(name + "String" + value)
		}
		if size > snsLimit {
			t.Errorf("%d bytes, SNS takes %d", size, snsLimit)
		}
		if n.Kind != "surprise" {
			check(t, event)
		}
		var told struct {
			Changes, Entries []any
			ChangesLeft      int `json:"changes_left_out"`
			EntriesLeft      int `json:"entries_left_out"`
		}
		if err := json.Unmarshal([]byte(event), &told); err != nil {
			t.Fatal(err)
		}
		if len(told.Changes)+told.ChangesLeft != len(n.Changes) || len(told.Entries)+told.EntriesLeft != len(n.Entries) {
			t.Errorf("%d and %d changes, %d and %d entries", len(told.Changes), told.ChangesLeft, len(told.Entries),
				told.EntriesLeft)
		}
		if _, body := notice.Email(n); m.Text != body {
			cut++
			if !strings.Contains(m.Text, " more") || len(told.Changes) == 0 {
				t.Errorf("a cut message of %d bytes does not say so, or says nothing", size)
			}
		}
	})
	if cut == 0 {
		t.Error("no message had to be cut")
	}
}
