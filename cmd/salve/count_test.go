package main

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/salve-security/salve/internal/control"
)

// TestLongPlansAreCounted: a person who approves 44 changes does not count them.
func TestLongPlansAreCounted(t *testing.T) {
	var out bytes.Buffer
	a := &app{out: &out}
	list := []control.Change{{Path: "in all", From: map[string]any{"_Protocol": "-1"}}}
	for n := range 43 {
		a.changes(list)
		if strings.Contains(out.String(), " to add") != (len(list) > 9) {
			t.Fatalf("%d changes:\n%s", len(list), out.String())
		}
		out.Reset()
		list = append(list, control.Change{Path: fmt.Sprintf("in tcp %d", n), To: map[string]any{"_Protocol": "tcp"}})
	}
	a.changes(list)
	if !strings.HasSuffix(out.String(), "  43 to add, 1 to remove\n") {
		t.Errorf("the plan ends\n%s", out.String())
	}
}
