package main

import (
	"testing"
	"time"
)

func TestReadStat(t *testing.T) {
	tests := map[string]struct {
		line string
		name string
		used time.Duration
		ok   bool
	}{
		"ours": {
			"7 (boot (x) strap) S 1 42 42 0 -1 4194560 1 2 3 4 10 5 2 1 20 0", "boot (x) strap",
			180 * time.Millisecond, true,
		},
		"of another group": {"7 (python) S 1 43 42 0 -1 4194560 1 2 3 4 10 5 2 1 20 0", "", 0, false},
		"cut off":          {"7 (python) S 1 42", "", 0, false},
		"no name":          {"", "", 0, false},
		"no number":        {"7 (python) S 1 42 42 0 -1 4194560 1 2 3 4 x 5 2 1 20 0", "", 0, false},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			name, used, ok := readStat(tc.line, 42)
			if name != tc.name || used != tc.used || ok != tc.ok {
				t.Errorf("%q, %v, %v, want %q, %v, %v", name, used, ok, tc.name, tc.used, tc.ok)
			}
		})
	}
}
