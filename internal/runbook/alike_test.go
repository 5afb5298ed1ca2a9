package runbook_test

import (
	"strings"
	"testing"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/runbook"
)

// unlike are contents that are ours for one reader of YAML, and have a step more for another.
func unlike(content string) map[string]string {
	const step = "  - {name: Evil, action: 'aws:sleep', inputs: {Duration: PT1S}}\n"
	return map[string]string{
		"next line in a comment":           content + "# x\u0085" + step,
		"line separator in a comment":      content + "# x\u2028" + step,
		"paragraph separator in a comment": content + "# x\u2029" + step,
		"line feed of a form":              content + "# x\f" + step,
		"a second document":                content + "---\nmainSteps:\n" + step,
		"a second document after the end":  content + "...\n---\nmainSteps:\n" + step,
		"something after the end":          content + "...\nmainSteps:\n" + step,
	}
}

// TestContentsThatReadersTakeDifferently: who may make documents in the account, and pass on no role, would have a step
// of his own run as the role of the family.
func TestContentsThatReadersTakeDifferently(t *testing.T) {
	d := kind(&shut{}).Do
	for name, content := range unlike(d.Content) {
		t.Run(name, func(t *testing.T) {
			w := newWorld()
			w.books[d.Name] = []version{{d.VersionName(), content}}
			p, err := kind(&shut{}).Control(info()).Plan(t.Context(), w.env("r1"))
			if fault.Of(err) != fault.Refused {
				t.Errorf("%v, plan %+v", err, p.Runbook)
			}
		})
	}
	flow := runbook.Document{Content: d.Content + "description: {a: b}\n"}
	for _, mark := range []string{":&x ", ":!x ", ":!!str "} {
		if marked := strings.Replace(flow.Content, "{a: b}", "{a"+mark+"b}", 1); hashed(marked) == flow.Hash() {
			t.Errorf("%s makes a key of the value for some readers", mark)
		}
	}
	if windows := strings.ReplaceAll(d.Content, "\n", "\r\n"); (runbook.Document{Content: windows}).Hash() != d.Hash() {
		t.Error("line ends of Windows are another content")
	}
}

// TestMappedContentsThatReadersTakeDifferently: one might name a role, and the other none.
func TestMappedContentsThatReadersTakeDifferently(t *testing.T) {
	for name, content := range unlike(acme) {
		t.Run(name, func(t *testing.T) {
			pinned := func(m *control.Mapping) { m.Content = hashed(acme) }
			for _, change := range []func(*control.Mapping){pinned, trusting} {
				if _, err := unread(t, mapping(change)).Plan(t.Context(), mappedWorld(content).env("r1")); fault.Of(err) !=
					fault.Refused {
					t.Errorf("%v", err)
				}
			}
		})
	}
}
