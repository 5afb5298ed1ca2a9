package control_test

import (
	"testing"

	"github.com/salve-security/salve/internal/control"
)

// How entries read whose key says part of what they are.
func TestEntryText(t *testing.T) {
	tests := map[string]struct {
		entry map[string]any
		line  string // behind the key
		text  string
	}{
		"nothing more": {map[string]any{"_From": 22}, "", "present"},
		"a text":       {map[string]any{"_From": 22, "Description": "jump"}, ` "jump"`, `"jump"`},
		"tags": {
			map[string]any{"_From": 22, "Tags": map[string]any{"team": "ops", "a": "b"}},
			" {a: b, team: ops}", "{a: b, team: ops}",
		},
		"both": {
			map[string]any{"_To": 22, "Description": "j", "Tags": map[string]any{"t": "o"}}, ` "j" {t: o}`, `"j" {t: o}`,
		},
		"forged tags": {
			map[string]any{"_To": 1, "T": map[string]any{"a": "b, c: d}", "x: y": ""}},
			` {a: "b, c: d}", "x: y": ""}`, `{a: "b, c: d}", "x: y": ""}`,
		},
		"hidden tag":    {map[string]any{"_To": 1, "T": map[string]any{"_a": "b"}}, " {_a: b}", "{_a: b}"},
		"invisible":     {map[string]any{"_To": 1, "D": "a\x1b[2J\u202E"}, ` "a\x1b[2J\u202e"`, `"a\x1b[2J\u202e"`},
		"a number":      {map[string]any{"_To": 1, "T": map[string]any{"n": int64(7)}}, " {n: 7}", "{n: 7}"},
		"nothing known": {map[string]any{"From": 22}, ` {"From":22}`, `{"From":22}`},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			if got := control.Text(tc.entry); got != tc.text {
				t.Errorf("text %s, want %s", got, tc.text)
			}
			removed := control.Change{Path: "in tcp 22", From: tc.entry}
			if want := "- in tcp 22" + tc.line; removed.String() != want {
				t.Errorf("%s, want %s", removed, want)
			}
			added := control.Change{Path: "in tcp 22", To: tc.entry, Stays: "why"}
			if want := "+ in tcp 22" + tc.line + " (undo leaves it: why)"; added.String() != want {
				t.Errorf("%s, want %s", added, want)
			}
		})
	}
}
