package gate_test

import (
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/finding"
	"github.com/salve-security/salve/internal/gate"
)

//nolint:gochecknoglobals // go test parses flags before a test runs
var update = flag.Bool("update", false, "write docs/precedence.md anew")

// precedent is a row of the table in docs/precedence.md: what stands in the way, and what follows for a report and for
// a click. Rows of one step exclude each other; those of an earlier step win.
type precedent struct {
	step          string
	reason        gate.Reason
	when          string
	report, click gate.Verdict
	person        string // salve apply, which does not ask about modes
	make          func(*gate.Input)
}

const (
	sameAsRun = "acts"
	refusesIt = "refuses"
)

func both(changes ...func(*gate.Input)) func(*gate.Input) {
	return func(in *gate.Input) {
		for _, change := range changes {
			change(in)
		}
	}
}

func with(m gate.Mode) func(*gate.Input) {
	return func(in *gate.Input) { in.Config.Controls["S3.8"] = gate.Rule{Mode: m} }
}

func tagged(place gate.Where, tags map[string]string) func(*gate.Input) {
	return func(in *gate.Input) {
		in.Config.Controls["S3.8"] = gate.Rule{Mode: gate.Auto, Where: []gate.Where{place}}
		in.Snapshots.Tags = tags
	}
}

// inCalendar has a calendar be about everything.
func inCalendar(is gate.CalendarState) func(*gate.Input) {
	return func(in *gate.Input) {
		in.Config.Calendars = []gate.Calendar{{Name: "freezes"}}
		in.Snapshots.Calendars = map[string]gate.CalendarState{"freezes": is}
	}
}

// inAccount asks for a tag of the account.
func inAccount(tags map[string]string) func(*gate.Input) {
	place := tagged(gate.Where{AccountTags: map[string][]string{"env": {"dev"}}}, nil)
	return both(place, func(in *gate.Input) { in.Snapshots.Placed = gate.Placed{Tags: tags, Kept: []string{"env"}} })
}

func beforeTheGate() []precedent {
	foreign := func(in *gate.Input) { in.Action = "arn:aws:securityhub:eu-west-1:111122223333:action/custom/Other" }
	return []precedent{
		{"who asks", gate.UnknownTrigger, "asked in a way that Salve does not know", gate.Ignore, gate.Ignore, "–", nil},
		{"who asks", gate.ForeignAction, "a custom action of others", gate.Act, gate.Ignore, "–", foreign},
		{"finding", gate.NotActive, "it is archived", gate.Ignore, gate.Refuse, sameAsRun, record(finding.Archived)},
		{
			"finding",
			gate.AlreadyPassed,
			"Security Hub sees it as passed",
			gate.Ignore,
			gate.Refuse,
			sameAsRun,
			compliance(finding.Passed),
		},
		{"finding", gate.NoCompliance, "it says neither", gate.Ignore, gate.Refuse, sameAsRun, compliance("")},
		{"workflow", gate.NotNew, "it was dealt with before", gate.Ignore, gate.Act, sameAsRun, workflow(finding.Notified)},
		{
			"workflow",
			gate.IsSuppressed,
			"a person suppressed it",
			gate.Ignore,
			gate.Refuse,
			"acts, and writes nothing on it",
			workflow(finding.Suppressed),
		},
		{"workflow", gate.NoWorkflow, "its status cannot be read", gate.Ignore, gate.Refuse, sameAsRun, workflow("")},
		{
			"playbook",
			gate.NoPlaybook,
			"Salve has none, and the document no runbook",
			gate.Ignore,
			gate.Refuse,
			refusesIt,
			noPlaybook,
		},
		{"parameters", gate.BadParameters, "they are not valid", gate.Ignore, gate.Refuse, refusesIt, badParameters},
	}
}

func byHand() []precedent {
	never := time.Time{}
	return []precedent{
		{"stop", gate.Stopped, "`salve stop`, or the breaker", gate.Ignore, gate.Refuse, refusesIt, stop("", never)},
		{"disable", gate.Disabled, "disabled here by hand", gate.Ignore, gate.Refuse, sameAsRun, disable(gate.Where{})},
		{
			"exception",
			gate.Excepted,
			"one protects what would be written",
			gate.Ignore,
			gate.Refuse,
			"refuses without --despite-exception",
			except(bucket, "2027-01-01"),
		},
		{
			"hold",
			gate.OnHold,
			"after an undo, or where fixes are reverted",
			gate.Ignore,
			gate.Refuse,
			sameAsRun,
			hold(bucket, never),
		},
	}
}

func byPlace() []precedent {
	dev := gate.Where{Tags: map[string][]string{"env": {"dev"}}}
	high := gate.Where{Severities: []string{"HIGH"}}
	unit := gate.Where{OUs: []string{"ou-x"}}
	return []precedent{
		{
			"place",
			gate.UnknownOUs,
			"a rule asks for units that nobody has read",
			gate.Ignore,
			gate.Refuse,
			sameAsRun,
			tagged(unit, nil),
		},
		{
			"place",
			gate.UnknownAccountTags,
			"a rule asks for tags of accounts that nobody has read",
			gate.Ignore,
			gate.Refuse,
			sameAsRun,
			inAccount(nil),
		},
		{
			"place",
			gate.MissingAccountTag,
			"the account has no tag that a rule asks for",
			gate.Ignore,
			gate.Refuse,
			sameAsRun,
			inAccount(map[string]string{}),
		},
		{
			"place",
			gate.UnknownTags,
			"a rule or a class asks for tags that nobody could read",
			gate.Ignore,
			gate.Refuse,
			sameAsRun,
			tagged(dev, nil),
		},
		{
			"place",
			gate.MissingTag,
			"the resource has no tag that a rule asks for",
			gate.Ignore,
			gate.Refuse,
			sameAsRun,
			tagged(dev, map[string]string{}),
		},
		{
			"place",
			gate.UnknownSeverity,
			"a rule asks for the severity of a finding that has none",
			gate.Ignore,
			gate.Refuse,
			sameAsRun,
			tagged(high, nil),
		},
	}
}

func byMode() []precedent {
	return []precedent{
		{"mode", gate.TurnedOff, "`off`", gate.Ignore, gate.Refuse, sameAsRun, with(gate.Off)},
		{"mode", gate.UnknownMode, "one of another release", gate.Ignore, gate.Refuse, sameAsRun, with("turbo")},
		{
			"mode",
			gate.NotCovered,
			"`auto`, of a pattern or standard whose release did not have the control",
			gate.Ignore,
			gate.Refuse,
			sameAsRun,
			uncovered,
		},
		{"mode", gate.PlanOnly, "`plan`", gate.Preview, gate.Preview, sameAsRun, with(gate.Plan)},
		{"mode", gate.NotAutomatic, "`manual`", gate.Ignore, gate.Act, sameAsRun, with(gate.Manual)},
		{"mode", gate.NeedsApproval, "`approve`", gate.Ask, gate.Ask, sameAsRun, with(gate.Approve)},
		{
			"mode",
			gate.NeverAutomatic,
			"`auto`, of what decides who may do what",
			gate.Ignore,
			gate.Refuse,
			sameAsRun,
			identities,
		},
		{
			"harm",
			gate.DecidesRights,
			"`manual`, of what decides who may do what",
			gate.Ignore,
			gate.Ask,
			sameAsRun,
			both(with(gate.Manual), identities),
		},
		{"harm", gate.CannotBeUndone, "it is one way", gate.Ask, gate.Ask, sameAsRun, oneWay},
		{"harm", gate.IsDestructive, "it destroys", gate.Ask, gate.Ask, sameAsRun, impact(control.ImpactDestructive)},
	}
}

// actsNow is the last row: what remains.
func actsNow() []precedent {
	return []precedent{
		{
			"nothing",
			gate.Allowed,
			"`auto`, and nothing stands in the way",
			gate.Act,
			gate.Act,
			sameAsRun,
			func(*gate.Input) {},
		},
	}
}

// precedence is the whole table, in order.
func precedence() []precedent {
	return slices.Concat(beforeTheGate(), byHand(), byPlace(), byMode(), byTime(), byCalendars(), actsNow())
}

// ask is what the gate says to a report or a click that the rows stand in the way of.
func ask(trigger gate.Trigger, rows ...precedent) gate.Decision {
	in := input(mode(gate.Auto), by(trigger))
	for _, row := range rows {
		if row.make == nil {
			in.Trigger = "wind"
			continue
		}
		row.make(&in)
	}
	return gate.Decide(in)
}

// TestPrecedence: each row alone has the answers that the table shows, and of two the earlier step wins.
func TestPrecedence(t *testing.T) {
	rows, missing := precedence(), map[gate.Reason]bool{}
	for _, reason := range gate.Reasons() {
		missing[reason] = true
	}
	for i, row := range rows {
		delete(missing, row.reason)
		alone(t, row)
		if row.click == gate.Act || row.step == "button" {
			continue // it is in no click's way; the button is another one than that of the rows after it
		}
		for _, later := range rows[i+1:] {
			together(t, row, later)
		}
	}
	for reason := range missing {
		t.Errorf("%s is not in the table", reason)
	}
}

// alone asks about a row by itself.
func alone(t *testing.T, row precedent) {
	t.Helper()
	for trigger, want := range map[gate.Trigger]gate.Verdict{gate.Imported: row.report, gate.Click: row.click} {
		d := ask(trigger, row)
		if d.Verdict != want || want != gate.Act && trigger == gate.Click && d.Reason != row.reason {
			t.Errorf("%s, by %s: %s because of %s, want %s", row.reason, trigger, d.Verdict, d.Reason, want)
		}
	}
}

// together asks about two rows of different steps.
func together(t *testing.T, row, later precedent) {
	t.Helper()
	if later.step == row.step || later.step == "button" || conflict(row, later) {
		return
	}
	if d := ask(gate.Click, later, row); d.Reason != row.reason {
		t.Errorf("%s and %s: %s because of %s, want the first", row.reason, later.reason, d.Verdict, d.Reason)
	}
}

// conflict tells rows that cannot both be: they set the same thing.
func conflict(row, later precedent) bool {
	sets := map[string]bool{"place": true, "mode": true, "harm": true, "class": true}
	shown := row.step == "mode" || row.step == "harm" // a tag keeps off what would change something, or ask to
	return sets[row.step] && sets[later.step] || shown && later.step == "owner" && row.click != gate.Refuse ||
		row.reason == gate.UnknownTags && later.step == "class"
}

// TestPrecedenceIsShown: docs/precedence.md has the same table.
func TestPrecedenceIsShown(t *testing.T) {
	const page, begin, end = "../../docs/precedence.md", "<!-- table -->\n", "<!-- end of table -->\n"
	content, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok := strings.Cut(string(content), begin)
	_, after, closed := strings.Cut(rest, end)
	if !ok || !closed {
		t.Fatal("the page has no place for the table")
	}
	var b strings.Builder
	b.WriteString("| step | reason | when | a report | a click | `salve apply` |\n|---|---|---|---|---|---|\n")
	for _, row := range precedence() {
		fmt.Fprintf(
			&b,
			"| %s | `%s` | %s | %s | %s | %s |\n",
			row.step,
			row.reason,
			row.when,
			row.report,
			row.click,
			row.person,
		)
	}
	want := before + begin + b.String() + end + after
	if *update {
		if err := os.WriteFile(page, []byte(want), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if want != string(content) && !*update {
		t.Error("docs/precedence.md differs: go test ./internal/gate -run TestPrecedenceIsShown -update")
	}
}
