package note

import (
	"slices"
	"strings"
	"time"

	"github.com/salve-security/salve/internal/finding"
	"github.com/salve-security/salve/internal/outcome"
	"github.com/salve-security/salve/internal/plain"
)

// Limits of the parts that must survive any cut. With the fixed words they stay below half a note, so
// that the other half is always left for what happened.
const (
	maxControl  = 40
	maxRun      = 64
	maxCommand  = 110
	maxPerson   = 60
	maxApproved = 160
	maxToDo     = 170
	maxPlan     = 12
)

// separator stands between the parts at the end: commands and links end without a full stop, which
// people would copy along.
const separator = " | "

// Note returns the text for the finding: what a person had written first, as far as there is room, then what happened,
// cut where it must be, then what always survives: until when, the run, how to undo it, what to do.
func Note(o Outcome) string {
	o = cleaned(o)
	end := strings.Join(nonEmpty(append(ending(o), standing(o)...)), separator)
	room := Limit - plain.Length(end) - 1 // the space between the two
	told := story(o)
	switch o.Outcome { //nolint:exhaustive // the others go by nothing, or have more urgent things to say
	case outcome.Verified, outcome.Compliant, outcome.AwaitingApproval, outcome.Unverified, outcome.Disputed:
		told += went(o)
	}
	if o.Outcome == outcome.Planned && told != "" {
		told = planned(o, room-min(plain.Length(quoted(o.Wrote, Limit)), room/2))
	}
	before := ""
	if told != "" { // ours has the first claim to the room
		before = quoted(o.Wrote, room-plain.Length(told))
	}
	return strings.TrimSpace(before + plain.Cut(told, room-plain.Length(before)) + " " + end)
}

// quoted is what a person had written, in at most so many characters. It may pose as a note of ours, or as its end.
func quoted(text string, limit int) string {
	const head, tail = finding.QuoteHead, finding.QuoteTail
	text = plain.Cut(strings.ReplaceAll(text, `"`, "'"), limit-plain.Length(head+tail))
	if text == "" || text == plain.Ellipsis {
		return ""
	}
	return head + text + tail
}

// story says what happened; nothing where no note is written.
func story(o Outcome) string {
	switch o.Outcome {
	case outcome.Verified:
		return fixed(o)
	case outcome.Compliant, outcome.Gone, outcome.Refused, outcome.NotAllowed, outcome.OnHold, outcome.Reverted,
		outcome.NoPlaybook, outcome.NotOurs, outcome.NotLive, outcome.Full:
		return untouched(o)
	case outcome.Parked, outcome.AwaitsRole, outcome.Resting, outcome.AwaitsTime:
		return waiting(o)
	case outcome.AwaitingApproval:
		return "Salve waits for approval to fix " + o.Control + " and has changed nothing yet." + starting(o) +
			" It would change" + colon(o.Changes)
	case outcome.Failed, outcome.Denied, outcome.NotOnboarded:
		return "Salve could not " + doing(o) + o.Control + step(o.Step) + follow(o.Cause) + follow(o.Left)
	case outcome.Unverified, outcome.Unattended, outcome.Unproven:
		return unproven(o)
	case outcome.Disputed:
		return "Salve and Security Hub see " + o.Control + " differently." + follow(o.Reason) + changed(o)
	case outcome.Undone:
		return undone(o)
	case outcome.Planned:
		return planned(o, Limit)
	case outcome.UndoneInPart:
		return "The fix of " + o.Control + " was taken back in part" + by(o.By) + "." + follow(o.Left) + follow(o.Cause)
	case outcome.Deferred, outcome.LetGo, outcome.Confirmed, outcome.Stopped, outcome.Limited:
		return ""
	}
	return "Salve: " + o.Control + follow(o.Reason)
}

// starting names what would be started: what a runbook of others changes besides, only its text says.
func starting(o Outcome) string { return follow(label("It would start runbook ", o.Runbook)) }

// unproven says what AWS took and does not show.
func unproven(o Outcome) string {
	if o.Outcome == outcome.Unproven {
		return "A runbook that is not Salve's has run for " + o.Control + ". Whether it is met now, nothing but Security" +
			" Hub's next check can tell." + follow(o.Cause)
	}
	head := "Salve changed what " + o.Control + " asks for but could not prove that it took effect."
	switch {
	case o.Hangs:
		return "What Salve started to " + doing(o) + o.Control + " has not come to its end." + follow(o.Cause)
	case o.takesBack():
		head = "Salve took back its fix of " + o.Control + " but could not prove that this took effect."
	}
	return head + follow(o.Cause) + follow(o.Left) + changed(o)
}

func doing(o Outcome) string {
	switch {
	case o.takesBack():
		return "take back its fix of "
	case o.Trigger == outcome.PlanClick:
		return "plan a fix of "
	}
	return "fix "
}

// waiting says what it waits for before what it changed.
func waiting(o Outcome) string {
	switch {
	case o.Reason == "":
		return "Salve is working on " + o.Control + colon(o.Changes)
	case o.Changes == "":
		return "Salve has not acted on " + o.Control + " yet." + follow(o.Reason)
	}
	return "Salve is working on " + o.Control + "." + follow(o.Reason) + changed(o)
}

// changed says what was changed, as the last of a story: of long changes a cut takes the end.
func changed(o Outcome) string {
	if o.Changes == "" {
		return ""
	}
	return " It changed" + colon(o.Changes)
}

// undone names other controls before the changes: of those, a cut takes the end.
func undone(o Outcome) string {
	head := "The fix of " + o.Control + " was taken back" + by(o.By)
	if o.Reason == "" {
		return head + colon(o.Changes)
	}
	return head + "." + follow(o.Reason) + " Changed back" + colon(o.Changes)
}

// untouched says why nothing was changed.
func untouched(o Outcome) string {
	switch o.Outcome { //nolint:exhaustive // the others changed something or tried
	case outcome.Compliant:
		return "Salve read the resource and found " + o.Control + " met already. It changed nothing." + follow(o.Reason)
	case outcome.Gone:
		if o.Written {
			return "The resource of " + o.Control + " no longer exists. Salve had begun to change it." + follow(o.Reason)
		}
		return "The resource of " + o.Control + " no longer exists. Salve changed nothing." + follow(o.Reason)
	case outcome.NoPlaybook:
		// The reason is just that, and the manual steps are what there is to do.
		return "Salve has no playbook for " + o.Control + " and changed nothing."
	}
	if o.Trigger != outcome.Click && o.Row().Finding == outcome.Kept {
		return "Salve did not " + doing(o) + o.Control + colon(o.Reason)
	}
	return "Salve did not act on " + o.Control + colon(o.Reason)
}

// fixed says what was fixed, or which output says so where Salve has not read it.
func fixed(o Outcome) string {
	if o.Claim == "" {
		return "Salve fixed " + o.Control + colon(o.Changes)
	}
	return "A runbook that is not Salve's has run for " + o.Control + " and says by its output " + o.Claim +
		" that it is met; Salve cannot read that."
}

// ending says what a reader needs to go on from here.
func ending(o Outcome) []string {
	run := label("Run ", o.RunID)
	undo := label("Undo: ", o.Undo)
	todo := label("To do: ", o.ToDo)
	switch o.Outcome {
	case outcome.Verified:
		return []string{clock(map[bool]string{true: "Verified ", false: "Said "}[o.Claim == ""], o.VerifiedAt), run, undo}
	case outcome.Compliant, outcome.Gone:
		return []string{clock("Read ", o.VerifiedAt), run}
	case outcome.Parked, outcome.AwaitsRole, outcome.Resting, outcome.AwaitsTime:
		return []string{clock("Expected by ", o.Until), run, todo}
	case outcome.AwaitingApproval:
		return []string{label("Can approve: ", o.By), clock("Until ", o.Until), run, todo}
	case outcome.Undone, outcome.UndoneInPart:
		return []string{clock("Salve leaves it alone until ", o.Until), run, todo}
	case outcome.Unverified, outcome.Unattended: // a later read may prove it, and then there is nothing to undo
		return []string{run, todo, undo}
	case outcome.Disputed, outcome.Failed, outcome.Denied, outcome.NotOnboarded, outcome.Unproven:
		return []string{run, undo, todo}
	case outcome.Refused, outcome.NotAllowed, outcome.OnHold, outcome.Reverted, outcome.Full:
		return []string{clock("This holds until ", o.Until), run, todo}
	case outcome.Planned:
		return []string{run, label("All of it: salve show ", o.RunID), todo}
	case outcome.NoPlaybook, outcome.Deferred, outcome.LetGo, outcome.Confirmed, outcome.NotLive,
		outcome.NotOurs, outcome.Stopped, outcome.Limited:
	}
	return []string{run, todo}
}

// cleaned makes every text of o one visible line and cuts those that must survive. What the story is
// made of needs no cut of its own: the whole story is cut.
func cleaned(o Outcome) Outcome {
	o.Control = plain.Short(o.Control, maxControl)
	if o.Control == "" {
		o.Control = "this control"
	}
	o.RunID = plain.Short(o.RunID, maxRun)
	show := label("salve show ", o.RunID)
	o.Undo = plain.Whole(o.Undo, plain.Short(o.Undo, maxCommand), show)
	o.Stands = o.Stands.cleaned()
	o.ToDo = plain.Whole(o.ToDo, plain.Short(o.ToDo, o.Stands.toDoLimit()), show)
	o.By = plain.Short(o.By, maxPerson)
	o.Wrote = plain.Line(o.Wrote)
	o.Changes, o.Reason, o.Cause = plain.Line(o.Changes), plain.Line(o.Reason), plain.Line(o.Cause)
	o.Runbook = plain.Line(o.Runbook)
	o.With, o.LeftOut = plain.Line(o.With), plain.Line(o.LeftOut)
	o.Approved = plain.Short(o.Approved, maxApproved)
	o.Step, o.Left, o.Plan = plain.Line(o.Step), plain.Line(o.Left), plain.Short(o.Plan, maxPlan)
	o.List = slices.Clone(o.List)
	for i, change := range o.List {
		o.List[i] = plain.Line(change)
	}
	return o
}

func label(before, text string) string {
	if text == "" {
		return ""
	}
	return before + text
}

func clock(before string, at time.Time) string {
	if at.IsZero() {
		return ""
	}
	return before + plain.Minute(at)
}

func colon(text string) string {
	if text == "" {
		return "."
	}
	return ": " + stop(text)
}

func follow(text string) string {
	if text == "" {
		return ""
	}
	return " " + stop(text)
}

func step(name string) string {
	if name == "" {
		return "."
	}
	return ", step " + stop(name)
}

func by(person string) string {
	if person == "" {
		return ""
	}
	return " by " + person
}

func stop(text string) string {
	return strings.TrimRight(text, ". ") + "."
}

func nonEmpty(parts []string) []string {
	var kept []string
	for _, part := range parts {
		if part != "" {
			kept = append(kept, part)
		}
	}
	return kept
}
