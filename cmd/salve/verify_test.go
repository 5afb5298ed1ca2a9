package main

import (
	"strings"
	"testing"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/run"
)

// TestUnread: nobody is told that what a runbook of others did does not hold, where nothing reads it.
func TestUnread(t *testing.T) {
	mapping := &control.Mapping{Document: "Acme-CloseBucket"}
	for name, tc := range map[string]struct {
		control string
		mapping *control.Mapping
		refused bool
	}{
		"a playbook reads it":      {"Bucket.1", mapping, false},
		"nothing reads it":         {"Root.1", mapping, true},
		"no runbook of others ran": {"Root.1", nil, false},
	} {
		t.Run(name, func(t *testing.T) {
			err := known(t).unread(&run.Run{ID: "r1", Key: run.Key{Control: tc.control}, Mapping: tc.mapping})
			if (err != nil) != tc.refused || err != nil && !strings.Contains(err.Error(), "Security Hub's next check") {
				t.Errorf("%v, refused %v", err, tc.refused)
			}
		})
	}
}
