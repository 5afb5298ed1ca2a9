package control

import "testing"

// TestAChangeReadsAlikeBothWays: an undo is the fix the other way round, and
// only entries of collections come and go.
func TestAChangeReadsAlikeBothWays(t *testing.T) {
	rule := map[string]any{"port": "22"}
	for name, tc := range map[string]struct{ from, to, want, back any }{
		"set":       {nil, true, "~ Flag: none → true", "~ Flag: true → none"},
		"changed":   {false, true, "~ Flag: false → true", "~ Flag: true → false"},
		"emptied":   {"x", nil, `~ Flag: "x" → none`, `~ Flag: none → "x"`},
		"new entry": {nil, rule, `+ Flag {"port":"22"}`, `- Flag {"port":"22"}`},
		"old entry": {rule, nil, `- Flag {"port":"22"}`, `+ Flag {"port":"22"}`},
	} {
		t.Run(name, func(t *testing.T) {
			if got := (Change{Path: "Flag", From: tc.from, To: tc.to}).String(); got != tc.want {
				t.Errorf("the fix reads %q, want %q", got, tc.want)
			}
			if got := (Change{Path: "Flag", From: tc.to, To: tc.from}).String(); got != tc.back {
				t.Errorf("the undo reads %q, want %q", got, tc.back)
			}
		})
	}
}
