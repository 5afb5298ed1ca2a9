package work_test

import (
	"strings"
	"testing"

	"github.com/salve-security/salve/internal/engine/enginetest"
	"github.com/salve-security/salve/internal/finding"
	labhub "github.com/salve-security/salve/internal/lab/securityhub"
	"github.com/salve-security/salve/internal/names"
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
				w.Shows(t, id, was.Workflow.Status, tc.want...)
			}
			if n := len(w.Runs()); n > 0 {
				t.Errorf("%d runs", n)
			}
		})
	}
}

// TestWorkflowOfOthers: whatever button is pressed on another product's finding, or on one that Salve has no playbook
// for or no resource, who pressed it reads why nothing is done, and whose finding it is keeps its workflow status.
func TestWorkflowOfOthers(t *testing.T) {
	for name, tc := range map[string]struct {
		report func(t *testing.T, w *enginetest.World, spec labhub.FindingSpec) string
		want   string
	}{
		"another product": {
			func(t *testing.T, w *enginetest.World, spec labhub.FindingSpec) string {
				t.Helper()
				return w.Forge(t, spec, finding.New)
			}, "Follow the product's advice",
		},
		"no playbook": {
			func(t *testing.T, w *enginetest.World, spec labhub.FindingSpec) string {
				t.Helper()
				spec.Control = "Store.9"
				return w.Report(t, spec)
			}, "has no playbook for Store.9",
		},
		"no resource of ours": {
			func(t *testing.T, w *enginetest.World, spec labhub.FindingSpec) string {
				t.Helper()
				spec.Resource = "arn:aws:shed:::garden"
				return w.Report(t, spec)
			}, "wrong_resource",
		},
	} {
		for _, button := range []string{names.ActionRemediate, names.ActionPlan, names.ActionUndo} {
			for _, status := range []string{finding.New, finding.Notified} {
				t.Run(name+"/"+button+"/"+status, func(t *testing.T) {
					w := enginetest.New(t)
					id := tc.report(t, w, enginetest.Spec(w.Store(t, nil)))
					w.Comment(t, id, status, "ours")
					p := w.Start()
					w.Events()
					p.Handled(t, w.Press(t, button, id))
					p.Handled(t, w.Events()...)
					f := w.Finding(t, id)
					if f.Workflow.Status != status || !strings.Contains(f.Note.Text, tc.want) ||
						!strings.HasPrefix(f.Note.Text, `Note before: "ours" Salve `) {
						t.Errorf("finding is %s with note %q", f.Workflow.Status, f.Note.Text)
					}
					if n := len(w.Runs()); n > 0 {
						t.Errorf("%d runs", n)
					}
				})
			}
		}
	}
}
