package main

import (
	"bytes"
	"strings"
	"testing"

	"github.com/salve-security/salve/internal/gate"
)

// TestRollbackGoesThroughAllChecks: what this release would not take from a file it does not take from the history.
func TestRollbackGoesThroughAllChecks(t *testing.T) {
	for name, tc := range map[string]struct {
		doc, says string
		code      int
	}{
		"taken":            {`{"version":1,"controls":{"bucket.1":{"mode":"auto"}}}`, "", exitDone},
		"of a newer form":  {`{"version":2}`, "has version 2, this release reads 1", exitNotFixed},
		"a newer field":    {`{"version":1,"planets":["mars"]}`, "planets", exitNotFixed},
		"no document":      {`{`, "read the stored configuration", exitNotFixed},
		"a control gone":   {`{"version":1,"controls":{"S3.999":{"mode":"auto"}}}`, "is not a control Salve", exitUsage},
		"a mode gone":      {`{"version":1,"controls":{"Bucket.1":{"mode":"turbo"}}}`, `is "turbo"`, exitUsage},
		"an exception bad": {`{"version":1,"exceptions":[{"control":"Bucket.1","reason":"x"}]}`, "exceptions[0]", exitUsage},
	} {
		t.Run(name, func(t *testing.T) {
			var stderr bytes.Buffer
			a := &app{err: &stderr, names: known(t)}
			doc, err := a.taken(gate.Pushed{Version: 7, Push: gate.Push{Doc: tc.doc, Release: "v9.9.9"}})
			if code := a.end(err); code != tc.code {
				t.Errorf("exit code %d, want %d: %s", code, tc.code, &stderr)
			}
			if tc.code == exitDone {
				if _, named := doc.config.Controls["Bucket.1"]; !named {
					t.Errorf("%+v", doc.config)
				}
				return
			}
			said := stderr.String()
			if !strings.Contains(said, tc.says) || !strings.Contains(said, "version 7, which release v9.9.9") {
				t.Errorf("%s", &stderr)
			}
		})
	}
}
