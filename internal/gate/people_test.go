package gate_test

import (
	"strings"
	"testing"

	"github.com/salve-security/salve/internal/gate"
)

// TestWhomToAsk: what stands in every notice is safe in all of them, also where it was stored without being validated.
func TestWhomToAsk(t *testing.T) {
	for name, tt := range map[string]struct {
		contact, docs string
		problems      []string
	}{
		"nothing":        {},
		"an address":     {"security@example.org", "https://wiki.example.org/salve", nil},
		"words":          {"the security team, #sec-help in Slack", "https://wiki.example.org:8443/a/b?page=1#top", nil},
		"a link to ask":  {"see https://wiki.example.org", "", []string{"contact: is a link"}},
		"two lines":      {"ann\nBcc: bob", "", []string{"contact: is not one line"}},
		"bidi":           {"ann\u202e", "", []string{"contact: is not one line"}},
		"long":           {strings.Repeat("a", 121), "https://x.example/" + strings.Repeat("a", 300), []string{"120", "300"}},
		"no https":       {"", "http://wiki.example.org", []string{"docs: is"}},
		"no link":        {"", "wiki.example.org", []string{"docs: is"}},
		"script":         {"", "javascript:alert(1)", []string{"docs: is"}},
		"somebody's":     {"", "https://wiki.example.org@evil.example/", []string{"docs: is"}},
		"markup":         {"", "https://wiki.example.org/|x>", []string{"docs: is"}},
		"a second line":  {"", "https://wiki.example.org/\nhttps://evil.example", []string{"docs: is"}},
		"both are wrong": {"a\tb", "ftp://x", []string{"contact: ", "docs: "}},
	} {
		t.Run(name, func(t *testing.T) {
			c := gate.Config{Version: gate.Version, Contact: tt.contact, Docs: tt.docs}
			err := c.Validate(gate.Known{})
			if (err != nil) != (len(tt.problems) > 0) {
				t.Fatal(err)
			}
			for _, part := range tt.problems {
				if !strings.Contains(err.Error(), part) {
					t.Errorf("%v does not say %q", err, part)
				}
			}
			contact, docs := c.Asked()
			if err == nil && (contact != tt.contact || docs != tt.docs) {
				t.Errorf("shown as %q, %q", contact, docs)
			}
			if err != nil && contact == tt.contact && docs == tt.docs {
				t.Errorf("%q and %q are shown all the same", contact, docs)
			}
		})
	}
}
