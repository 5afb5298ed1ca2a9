package work_test

import (
	"testing"

	"github.com/salve-security/salve/internal/engine/enginetest"
	"github.com/salve-security/salve/internal/finding"
	"github.com/salve-security/salve/internal/gate"
)

// TestClassOfData: the tag is read from the resource as it is now; who may not read it does nothing.
func TestClassOfData(t *testing.T) {
	for name, tc := range map[string]struct {
		tags   map[string]string
		denied bool
		acts   bool
		status string
	}{
		"green":         {map[string]string{"data": "green"}, false, true, finding.Resolved},
		"yellow":        {map[string]string{"data": "yellow"}, false, false, finding.Notified},
		"red":           {map[string]string{"data": "red"}, false, false, finding.New},
		"none":          {nil, false, false, finding.New},
		"green, unread": {map[string]string{"data": "green"}, true, false, finding.New},
	} {
		t.Run(name, func(t *testing.T) {
			w := enginetest.New(t)
			w.Config.Classes = &gate.Classes{Tag: "data", Unclassified: gate.Off}
			store := w.Store(t, nil)
			w.Tag(store, tc.tags)
			if tc.denied {
				w.Fail("GetResources", enginetest.Denied())
			}
			id := w.Report(t, enginetest.Spec(store))
			w.Start().Handled(t, w.Imported(t, id))
			if got := w.Blocked(store); got != tc.acts {
				t.Errorf("acted: %v, want %v", got, tc.acts)
			}
			w.Says(t, id, tc.status)
		})
	}
}
