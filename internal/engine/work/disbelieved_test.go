package work_test

import (
	"strings"
	"testing"

	"github.com/salve-security/salve/internal/engine/enginetest"
	"github.com/salve-security/salve/internal/finding"
	labhub "github.com/salve-security/salve/internal/lab/securityhub"
)

// TestDisbelieved: whoever clicks hears why nothing is done, but on findings that people are done with, and for an
// action that is not ours. Nobody hears of an imported one.
func TestDisbelieved(t *testing.T) {
	const foreign = "foreign_resource"
	for name, tc := range map[string]struct {
		spec     func(*labhub.FindingSpec)
		status   string // a person's, after the click
		action   string
		imported bool
		want     []string // of the note; none where the finding is left alone
	}{
		"a click":              {want: []string{"Store.3", "another account or Region", foreign}},
		"imported":             {imported: true},
		"suppressed meanwhile": {status: finding.Suppressed},
		"resolved meanwhile":   {status: finding.Resolved},
		"told before":          {status: finding.Notified, want: []string{`Note before: "seen"`, foreign}},
		"passed":               {spec: func(s *labhub.FindingSpec) { s.Status = finding.Passed }},
		"archived":             {spec: func(s *labhub.FindingSpec) { s.RecordState = finding.Archived }},
		"an action of others":  {action: "Other"},
		"an action elsewhere":  {action: ":333333333333:"},
	} {
		t.Run(name, func(t *testing.T) {
			w := enginetest.New(t)
			spec := enginetest.Spec(w.Store(t, nil))
			if tc.spec != nil {
				tc.spec(&spec)
			}
			id := w.Report(t, spec)
			m := w.Click(t, id)
			if tc.imported {
				m = w.Imported(t, id)
			}
			switch {
			case strings.HasPrefix(tc.action, ":"):
				m.Body = strings.ReplaceAll(m.Body, ":"+enginetest.Hub+":action", tc.action+"action")
			case tc.action != "":
				m.Body = strings.ReplaceAll(m.Body, "SalveRemediate", tc.action)
			}
			m.Body = strings.ReplaceAll(m.Body, "arn:aws:store:::", "arn:aws:store::"+enginetest.Other+":")
			if tc.status != "" {
				w.Comment(t, id, tc.status, "seen")
			}
			was := w.Finding(t, id)
			w.Start().Handled(t, m)
			if f := w.Finding(t, id); tc.want == nil && (f.Note != was.Note || f.Workflow != was.Workflow) {
				t.Errorf("finding is %s with note %q", f.Workflow.Status, f.Note.Text)
			}
			if tc.want != nil {
				w.Shows(t, id, finding.Notified, tc.want...)
			}
			if n := len(w.Runs()); n > 0 {
				t.Errorf("%d runs", n)
			}
		})
	}
}
