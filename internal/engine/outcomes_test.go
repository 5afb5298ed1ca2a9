package engine_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/salve-security/salve/internal/engine/enginetest"
	"github.com/salve-security/salve/internal/metric"
	"github.com/salve-security/salve/internal/notice"
	"github.com/salve-security/salve/internal/outcome"
)

// TestOutcomes runs every row of the table: what follows from it in the engine is what the table says.
func TestOutcomes(t *testing.T) {
	for _, row := range outcome.Rows() {
		if row.Never != "" {
			continue
		}
		play, known := scenes()[row.Outcome]
		if !known {
			t.Errorf("nothing brings about %s: write a scene", row.Outcome)
			continue
		}
		for _, c := range row.Cells() {
			t.Run(fmt.Sprintf("%s/%s/written %v", c.Outcome, c.Trigger, c.Written), func(t *testing.T) {
				s := newScene(t, c)
				play(s)
				if diff := cmp.Diff(s.expects(row), s.sees(row)); diff != "" {
					t.Errorf("table (-) and engine (+) differ:\n%s", diff)
					for _, r := range s.w.Runs() {
						t.Logf("run %s %s, changed %v: %s", r.State, r.Status, r.Changed(), r.Reason)
					}
				}
			})
		}
	}
}

// follows is what follows from an outcome, as the world around the engine sees it.
type follows struct {
	Finding string
	Noted   bool // the note is another than before
	Mail    outcome.When
	Kind    string
	Metrics []string
	Breaker bool // counted against the control
	Undo    bool // note or notice offer to take it back
}

// expects is what the table says.
func (s *scene) expects(r outcome.Row) follows {
	out := follows{
		Finding: r.Finding, Noted: r.Finding != "", Mail: r.Mail, Kind: r.Kind, Breaker: r.Breaker, Undo: r.Undo,
	}
	if r.Finding == "" || r.Finding == outcome.Kept {
		out.Finding = s.status
	}
	if r.Metric != "" {
		out.Metrics = append(out.Metrics, r.Metric)
	}
	if r.Alarm {
		out.Metrics = append(out.Metrics, metric.NotFixed)
	}
	slices.Sort(out.Metrics)
	return out
}

// sees is what follows in the world.
func (s *scene) sees(r outcome.Row) follows {
	f := s.w.Finding(s.T, s.id)
	out := follows{Finding: f.Workflow.Status, Noted: f.Note.Text != s.note, Metrics: s.counted(), Mail: outcome.Never}
	for _, c := range s.w.Calls() {
		out.Breaker = out.Breaker || c.Operation == "Tally"
	}
	told := s.p.Told()[s.told:]
	if len(told) > 0 {
		out.Mail = outcome.AtOnce
	} else if told = s.digest(); len(told) > 0 {
		out.Mail = outcome.Digest
	}
	if r.Outcome == outcome.Stopped { // it is about the control: what the last run did is another row
		told = slices.DeleteFunc(told, func(n notice.Notice) bool { return n.Kind != notice.Stopped })
		out.Metrics = slices.DeleteFunc(out.Metrics, func(m string) bool { return m != metric.Tripped })
		out.Finding, out.Noted, out.Breaker, f.Note.Text = s.status, false, false, s.note
	}
	for _, n := range told {
		out.Kind += string(n.Kind)
		out.Undo = out.Undo || strings.Contains(n.Undo, "salve undo ")
		if slices.Contains([]notice.Kind{notice.NotOnboarded, notice.Cooling, notice.Limited}, n.Kind) {
			out.Mail = outcome.Daily
		}
	}
	out.Undo = out.Undo || out.Noted && s.offers(f.Note.Text)
	return out
}

// offers tells that a note offers to take back what the row is about. What stands from before is another matter.
func (s *scene) offers(text string) bool {
	if s.fix != nil {
		text = strings.ReplaceAll(text, "Undo: salve undo "+s.fix.ID, "")
	}
	return strings.Contains(text, "Undo: salve undo ")
}

// digest is what people hear when the time of the digest has come, if anything waits for it.
func (s *scene) digest() []notice.Notice {
	for _, r := range s.w.Runs() {
		if !r.Tell.IsZero() {
			s.w.Clock.Move(s.p.Digest)
			s.p.Handled(s.T, enginetest.Sweep())
			return s.p.Told()[s.told:]
		}
	}
	return nil
}

// counted are the metrics, by name.
func (s *scene) counted() []string {
	lines, err := metric.Lines(s.w.Clock.Now(), s.p.Audited()[s.lines:], 0)
	if err != nil {
		s.Fatal(err)
	}
	var out []string
	for line := range strings.Lines(string(lines)) {
		var doc map[string]any
		if err := json.Unmarshal([]byte(line), &doc); err != nil {
			s.Fatal(err)
		}
		for name := range doc {
			if !slices.Contains([]string{"_aws", "Control", metric.Seconds}, name) {
				out = append(out, name)
			}
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// fixedBefore has the store fixed, and people told of it.
func (s *scene) fixedBefore() {
	s.p.Handled(s.T, s.w.Imported(s.T, s.id))
	s.fix = s.w.Runs()[len(s.w.Runs())-1]
	s.w.Clock.Move(time.Hour)
	s.p.Handled(s.T, enginetest.Sweep()) // the digest
}

// begin is where what the row is about begins: what was before does not count.
func (s *scene) begin() {
	s.told, s.lines = len(s.p.Told()), len(s.p.Audited())
	f := s.w.Finding(s.T, s.id)
	s.status, s.note = f.Workflow.Status, f.Note.Text
	s.w.ClearCalls()
}
