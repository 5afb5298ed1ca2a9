package note_test

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/salve-security/salve/internal/note"
	"github.com/salve-security/salve/internal/outcome"
	"github.com/salve-security/salve/internal/plain"
	"github.com/salve-security/salve/internal/run"
)

// of is a case of an outcome that has a note; one with something written, if there is one, and no undo.
func of(o outcome.Outcome) outcome.Cell {
	found := outcome.Cell{Outcome: o}
	for _, c := range cases() {
		by := []outcome.Trigger{outcome.Reported, outcome.Click, outcome.Operator, outcome.Check}
		if c.Outcome == o && slices.Contains(by, c.Trigger) && c.Row().Finding != "" {
			found = c
		}
	}
	return found
}

// taking is the case of an undo that has put something back.
func taking(o outcome.Outcome) outcome.Cell {
	return outcome.Cell{Outcome: o, Trigger: outcome.Undo, Written: true}
}

// cases are all that can happen, and one that the table does not know.
func cases() []outcome.Cell {
	out := []outcome.Cell{{Outcome: "surprise"}}
	for _, r := range outcome.Rows() {
		if r.Never == "" {
			out = append(out, r.Cells()...)
		}
	}
	return out
}

// notes are outcomes, and the status and the note each of them leaves.
type notes map[string]struct {
	in     note.Outcome
	status note.Workflow
	want   string
}

func (tests notes) run(t *testing.T) {
	t.Helper()
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			got, ok := tc.in.Update(run.Finding{})
			if !ok || got.Status != tc.status {
				t.Errorf("status %q, want %q", got.Status, tc.status)
			}
			if got.Note != tc.want {
				t.Errorf("note\n got %q\nwant %q", got.Note, tc.want)
			}
		})
	}
}

// at is the moment the notes below name, in another time zone than theirs.
func at() time.Time {
	return time.Date(2026, 11, 21, 10, 30, 59, 0, time.FixedZone("CET", 3600))
}

func TestNoteOfWhatIsDone(t *testing.T) {
	notes{
		"verified": {
			note.Outcome{
				Cell: of(outcome.Verified), Control: "S3.8", Changes: "BlockPublicAcls false→true", RunID: "r1",
				VerifiedAt: at(), Undo: "salve undo r1 --yes",
			},
			"RESOLVED",
			"Salve fixed S3.8: BlockPublicAcls false→true. Verified 2026-11-21 09:30 UTC | Run r1 | Undo: salve undo r1 --yes",
		},
		"verified, nothing else known": {
			note.Outcome{Cell: of(outcome.Verified), Control: "S3.8"}, "RESOLVED", "Salve fixed S3.8.",
		},
		"compliant": {
			note.Outcome{Cell: of(outcome.Compliant), Control: "S3.8", RunID: "r1", VerifiedAt: at()},
			"RESOLVED",
			"Salve read the resource and found S3.8 met already. It changed nothing. Read 2026-11-21 09:30 UTC | Run r1",
		},
		"compliant, fixed before": {
			note.Outcome{Cell: of(outcome.Compliant), Control: "S3.8", Reason: "Fixed before by run r0", RunID: "r1"},
			"RESOLVED",
			"Salve read the resource and found S3.8 met already. It changed nothing. Fixed before by run r0. Run r1",
		},
		"gone": {
			note.Outcome{
				Cell: outcome.Cell{Outcome: outcome.Gone, Trigger: outcome.Reported}, Control: "S3.8", RunID: "r1",
				VerifiedAt: at(),
			},
			"RESOLVED",
			"The resource of S3.8 no longer exists. Salve changed nothing. Read 2026-11-21 09:30 UTC | Run r1",
		},
		"undone": {
			note.Outcome{
				Cell: taking(outcome.Undone), Control: "S3.8", Changes: "A true→false", By: "ann", Until: at(), RunID: "r2",
			},
			"NEW",
			"The fix of S3.8 was taken back by ann: A true→false. Salve leaves it alone until 2026-11-21 09:30 UTC | Run r2",
		},
	}.run(t)
}

func TestNoteOfWhatWaits(t *testing.T) {
	notes{
		"parked": {
			note.Outcome{
				Cell: of(outcome.Parked), Control: "RDS.13", Changes: "AutoMinorVersionUpgrade false→true", RunID: "r1",
				Reason: "The database applies it slowly", Until: at(), ToDo: "salve show r1",
			},
			"NOTIFIED",
			"Salve is working on RDS.13. The database applies it slowly. It changed: AutoMinorVersionUpgrade false→true. " +
				"Expected by 2026-11-21 09:30 UTC | Run r1 | To do: salve show r1",
		},
		"parked, long": {
			note.Outcome{
				Cell: of(outcome.Parked), Control: "CloudWatch.1", Changes: strings.Repeat("x", 600), RunID: "r1",
				Reason: "It waits for Ann.",
			},
			"NOTIFIED",
			"Salve is working on CloudWatch.1. It waits for Ann. It changed: " + strings.Repeat("x", 440) + "… Run r1",
		},
		"awaiting approval": {
			note.Outcome{
				Cell: of(outcome.AwaitingApproval), Control: "EC2.19", Changes: "rule tcp 22 removed", RunID: "r1",
				By: "the security team", Until: at(), ToDo: "salve apply S3.8 x --yes",
			},
			"NOTIFIED",
			"Salve waits for approval to fix EC2.19 and has changed nothing yet. It would change: rule tcp 22 removed. " +
				"Can approve: the security team | Until 2026-11-21 09:30 UTC | Run r1 | To do: salve apply S3.8 x --yes",
		},
		"approval of a runbook": {
			note.Outcome{
				Cell: of(outcome.AwaitingApproval), Control: "S3.9", Changes: "has not run → has run", RunID: "r1",
				Runbook: "Acme-CloseBucket version 3", ToDo: "salve apply S3.9 arn --yes",
			},
			"NOTIFIED",
			"Salve waits for approval to fix S3.9 and has changed nothing yet. It would start runbook Acme-CloseBucket " +
				"version 3. It would change: has not run → has run. Run r1 | To do: salve apply S3.9 arn --yes",
		},
		"refused": {
			note.Outcome{
				Cell: of(outcome.Refused), Control: "S3.8", Reason: "the account is not in scope", ToDo: "add it to where",
			},
			"NOTIFIED", "Salve did not act on S3.8: the account is not in scope. To do: add it to where",
		},
		"no playbook": {
			note.Outcome{
				Cell: of(outcome.NoPlaybook), Control: "IAM.6", ToDo: "https://docs.aws.amazon.com/x",
				Reason: "Salve has no playbook for this control. Follow the manual steps that AWS gives.",
			},
			"KEPT",
			"Salve has no playbook for IAM.6 and changed nothing. To do: https://docs.aws.amazon.com/x",
		},
	}.run(t)
}

func TestNoteOfFailures(t *testing.T) {
	notes{
		"an undo that failed": {
			note.Outcome{Cell: taking(outcome.Failed), Control: "S3.8", RunID: "r1", Cause: "S3 is down"},
			"NOTIFIED",
			"Salve could not take back its fix of S3.8. S3 is down. Run r1",
		},
		"an undo that was not proven": {
			note.Outcome{Cell: taking(outcome.Unverified), Control: "S3.8", RunID: "r1"},
			"NOTIFIED",
			"Salve took back its fix of S3.8 but could not prove that this took effect. Run r1",
		},
		"failed": {
			note.Outcome{
				Cell: of(outcome.Failed), Control: "S3.8", Step: "write", Cause: "S3 PutPublicAccessBlock failed: Odd.",
				Left: "Nothing was changed.", RunID: "r1",
			},
			"NOTIFIED",
			"Salve could not fix S3.8, step write. S3 PutPublicAccessBlock failed: Odd. Nothing was changed. Run r1",
		},
		"denied": {
			note.Outcome{
				Cell: of(outcome.Denied), Control: "S3.8", Cause: "S3 PutPublicAccessBlock was denied: a policy.", RunID: "r1",
				ToDo: "allow it",
			},
			"NOTIFIED",
			"Salve could not fix S3.8. S3 PutPublicAccessBlock was denied: a policy. Run r1 | To do: allow it",
		},
		"unverified": {
			note.Outcome{
				Cell: of(outcome.Unverified), Control: "S3.8", Changes: "A false→true", Cause: "The next read still said false",
				RunID: "r1", Undo: "salve undo r1 --yes", ToDo: "salve verify r1",
			},
			"NOTIFIED",
			"Salve changed what S3.8 asks for but could not prove that it took effect. The next read still said false. " +
				"It changed: A false→true. Run r1 | To do: salve verify r1 | Undo: salve undo r1 --yes",
		},
	}.run(t)
}

func TestNoteForWhoPressedAButton(t *testing.T) {
	aside := note.Outcome{
		Cell: outcome.Cell{Outcome: outcome.Planned, Trigger: outcome.PlanClick}, Control: "S3.8", RunID: "r1",
		Plan: "866386593c4e", ToDo: "press Remediate",
	}
	with := func(change func(*note.Outcome)) note.Outcome {
		o := aside
		change(&o)
		return o
	}
	long := func(n int) (list []string) {
		for i := range n {
			list = append(list, fmt.Sprintf("in tcp %d from 0.0.0.0/0: present → none", 1000+i))
		}
		return list
	}
	const head = "Salve would fix S3.8, plan 866386593c4e, and has changed nothing."
	const sparse = " It would make 2 changes, such as: "
	const end = " Run r1 | All of it: salve show r1 | To do: press Remediate"
	notes{
		"of a runbook": {
			with(func(o *note.Outcome) { o.List, o.Runbook = []string{"a → b"}, "Acme-CloseBucket version 3" }),
			"KEPT", head + " It would start runbook Acme-CloseBucket version 3. It would change: a → b." + end,
		},
		"a plan": {
			with(func(o *note.Outcome) { o.List = []string{"A: false → true", "B: none → 7"} }),
			"KEPT", head + " It would change: A: false → true, B: none → 7." + end,
		},
		"what it means": {
			with(func(o *note.Outcome) {
				o.List, o.Reason = []string{"A: false → true"}, "It is destructive."
			}),
			"KEPT", head + " It is destructive. It would change: A: false → true." + end,
		},
		"many changes": {
			with(func(o *note.Outcome) { o.List = long(40) }), "KEPT",
			head + " It would change: " + strings.Join(long(8), ", ") + ", and 32 more." + end,
		},
		"one change that is too long": {
			with(func(o *note.Outcome) { o.List = []string{strings.Repeat("x", 600), "B"} }), "KEPT",
			head + sparse + strings.Repeat("x", 512-len(head+sparse+end)-1) + "…" + end,
		},
		"no plan": {
			with(func(o *note.Outcome) { o.Outcome, o.Reason, o.ToDo = outcome.Refused, "It is off", "" }),
			"KEPT", "Salve did not plan a fix of S3.8: It is off. Run r1",
		},
		"no undo": {
			with(func(o *note.Outcome) {
				o.Cell = outcome.Cell{Outcome: outcome.Refused, Trigger: outcome.UndoClick}
				o.Reason, o.ToDo = "It is off", "salve undo r1 --yes"
			}),
			"KEPT", "Salve did not take back its fix of S3.8: It is off. Run r1 | To do: salve undo r1 --yes",
		},
	}.run(t)
}

// TestPlanBehindAPersonsWords: of a long plan there is less where somebody else has written something before.
func TestPlanBehindAPersonsWords(t *testing.T) {
	o := note.Outcome{
		Cell: outcome.Cell{Outcome: outcome.Planned, Trigger: outcome.PlanClick}, Control: "S3.8", RunID: "r1",
		Wrote: "see RISK-7",
	}
	for range 40 {
		o.List = append(o.List, "in tcp 1000 from 0.0.0.0/0: present → none")
	}
	text := note.Note(o)
	if !strings.HasPrefix(text, `Note before: "see RISK-7" Salve would fix S3.8`) || plain.Length(text) > 512 ||
		!strings.Contains(text, " more. Run r1 | All of it: salve show r1") {
		t.Errorf("%d characters: %q", plain.Length(text), text)
	}
}

func TestUntouchedFindings(t *testing.T) {
	for _, c := range append(cases(), outcome.Cell{}, outcome.Cell{Outcome: outcome.Planned, Written: true}) {
		if u, ok := (note.Outcome{Cell: c}).Update(run.Finding{}); ok != (c.Row().Finding != "") {
			t.Errorf("%+v writes %+v", c, u)
		}
	}
}

// flood returns an outcome with the text in every field.
func flood(c outcome.Cell, text string) note.Outcome {
	o := note.Outcome{Until: time.Unix(0, 0), VerifiedAt: time.Unix(0, 0)}
	v := reflect.ValueOf(&o).Elem()
	for i := range v.NumField() {
		if v.Field(i).Kind() == reflect.String {
			v.Field(i).SetString(text)
		}
	}
	o.Cell, o.Stands = c, note.Standing{Text: text, Back: text}
	return o
}

func TestNoteStaysInsideTheLimit(t *testing.T) {
	for name, text := range map[string]string{
		"ascii":    strings.Repeat("name ", 2048),
		"astral":   strings.Repeat("🙂", 2560),
		"three":    strings.Repeat("価", 3500),
		"bidi":     strings.Repeat("\u202Ea\u2066", 2000),
		"control":  strings.Repeat("a\r\n\x1b[2J\x00", 1500),
		"ellipses": strings.Repeat("…", 3000),
		"empty":    "",
	} {
		for _, c := range cases() {
			t.Run(fmt.Sprintf("%s/%v", name, c), func(t *testing.T) {
				note := note.Note(flood(c, text))
				if n := plain.Length(note); n > 512 {
					t.Errorf("%d characters", n)
				}
				if !utf8.ValidString(note) || note != plain.Line(note) {
					t.Errorf("not one clean line: %q", note)
				}
			})
		}
	}
}

func TestWhatToDoSurvivesTheCut(t *testing.T) {
	run, undo, todo := strings.Repeat("r", 64), strings.Repeat("u", 110), strings.Repeat("t", 170)
	for _, c := range cases() {
		status := c.Outcome
		o := flood(c, strings.Repeat("long ", 2048))
		o.Control, o.By, o.RunID, o.Undo, o.ToDo = "CloudWatch.15", "ann@example.org", run, undo, todo
		if c.Row().Finding == "" {
			continue
		}
		o.Stands = note.Standing{}
		text := note.Note(o)
		if !strings.Contains(text, "Run "+run) {
			t.Errorf("%s: no run id in %q", status, text)
		}
		if status == outcome.Verified && !strings.Contains(text, "Undo: "+undo) {
			t.Errorf("%s: no undo in %q", status, text)
		}
		if status == outcome.Refused && !strings.Contains(text, "To do: "+todo) {
			t.Errorf("%s: nothing to do in %q", status, text)
		}
		if i := strings.Index(text, "…"); i >= 0 && i < 100 {
			t.Errorf("%s: the story is cut at %d: %q", status, i, text)
		}
	}
}
