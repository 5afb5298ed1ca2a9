package outcome

import (
	"strings"

	"github.com/salve-security/salve/internal/finding"
)

// Rows is the table: every outcome with every trigger, with and without something written, is in exactly one of them.
func Rows() []Row {
	var out []Row
	for _, p := range parts() {
		out = append(out, p.all()...)
	}
	return out
}

// rowsOf are the rows about an outcome, and maybe others.
func rowsOf(o Outcome) []Row {
	for _, p := range parts() {
		if strings.Contains(p.of, " "+string(o)+" ") {
			return p.all()
		}
	}
	return nil
}

// part is the part of the table about some outcomes: who asks for one of them need not make the whole.
type part struct {
	of   string // names, with a blank before and after each
	rows func() []Row
}

// all are the rows of a part, with those of the button that shows a plan.
func (p part) all() []Row {
	out := p.rows()
	for name := range strings.FieldsSeq(p.of) {
		out = append(out, shown(Outcome(name))...)
	}
	return out
}

func parts() [17]part {
	return [...]part{
		{" verified ", done},
		{" compliant ", nothingToDo},
		{" gone ", gone},
		{" planned awaiting_approval ", onlyPlanned},
		{" parked ", waits},
		{" failed denied unverified unattended ", notFixed},
		{" unproven ", unproven},
		{" refused ", refused},
		{" undone undone_in_part ", takenBack},
		{" deferred let_go ", later},
		{" awaits_role not_onboarded ", role},
		{" disputed confirmed ", afterwards},
		{" not_allowed no_playbook not_ours not_live ", atTheGate},
		{" on_hold reverted ", kept},
		{" resting awaits_time limited ", rests},
		{" full ", full},
		{" stopped ", stopped},
	}
}

// Names of metrics that rows share. The others are named by the status of the run: internal/metric.
const (
	countsRefused  = "Refused"
	countsDeferred = "Deferred"
)

// Why much of the table cannot happen.
const (
	wouldChange    = "what would change, and how to have it changed"
	notLive        = "that it is suppressed, archived or passed"
	checkOnlyLooks = "Security Hub's answer ends no run: it is confirmed or disputed"
	noRun          = "nothing is begun, so nothing is written"
	undoIsUndone   = "an undo that worked is undone"
)

func people() []Trigger   { return []Trigger{Click, Operator} }
func runs() []Trigger     { return []Trigger{Reported, Click, Operator} }
func engine() []Trigger   { return []Trigger{Reported, Click} }
func everyRun() []Trigger { return append(runs(), undos()...) }
func undos() []Trigger    { return []Trigger{Undo, LateUndo, UndoClick} }
func byName() []Trigger   { return append(only(Operator), undos()...) }
func only(t ...Trigger) []Trigger {
	return t
}

func written() []bool { return []bool{true} }
func nothing() []bool { return []bool{false} }
func either() []bool  { return []bool{false, true} }

// never is a row of what cannot happen.
func never(o Outcome, by []Trigger, written []bool, why string) Row {
	return Row{Outcome: o, By: by, Written: written, Never: why, Mail: Never}
}

func done() []Row {
	return []Row{
		{
			Outcome: Verified, By: runs(), Written: written(), Finding: finding.Resolved,
			Note: "what changed, when that was proven", Mail: Digest, Kind: "fixed", Metric: "Verified", Undo: true,
		},
		never(Verified, runs(), nothing(), "what needs no change is compliant"),
		never(Verified, undos(), either(), undoIsUndone),
		never(Verified, only(Check), either(), checkOnlyLooks),
	}
}

func nothingToDo() []Row {
	return []Row{
		{
			Outcome: Compliant, By: runs(), Written: nothing(), Finding: finding.Resolved,
			Note: "met already, when that was read, which run fixed it before", Mail: Never, Metric: "Compliant",
		},
		never(Compliant, runs(), written(), "what was changed is verified, or not proven"),
		never(Compliant, undos(), either(), undoIsUndone),
		never(Compliant, only(Check), either(), checkOnlyLooks),
	}
}

func gone() []Row {
	return []Row{
		{
			Outcome: Gone, By: everyRun(), Written: nothing(), Finding: finding.Resolved, Note: "the resource no longer exists",
			Mail: Never, Metric: "Gone",
		},
		{
			Outcome: Gone, By: everyRun(), Written: written(), Finding: finding.Resolved,
			Note: "the resource no longer exists, and that Salve had begun to change it",
			Mail: Digest, Kind: "gone", Metric: "Gone",
		},
		never(Gone, only(Check), either(), checkOnlyLooks),
	}
}

func onlyPlanned() []Row {
	return []Row{
		{Outcome: Planned, By: only(Reported), Written: nothing(), Mail: Digest, Kind: "planned", Metric: "Planned"},
		{
			Outcome: Planned, By: only(Click), Written: nothing(), Finding: Kept, Note: wouldChange, Mail: Digest,
			Kind: "planned", Metric: "Planned",
		},
		never(Planned, engine(), written(), onlyShown),
		never(Planned, byName(), either(), "salve plan and salve undo without --yes make no run"),
		never(Planned, only(Check), either(), checkOnlyLooks),
		{
			Outcome: AwaitingApproval, By: runs(), Written: nothing(), Finding: finding.Notified,
			Note: "what would change, who can approve", Mail: AtOnce, Kind: "needs_approval", Metric: "AwaitingApproval",
		},
		never(AwaitingApproval, runs(), written(), "it waits before the first write"),
		never(AwaitingApproval, undos(), either(), "who takes a fix back needs nobody's approval"),
		never(AwaitingApproval, only(Check), either(), checkOnlyLooks),
	}
}

func waits() []Row {
	return []Row{
		{
			Outcome: Parked, By: everyRun(), Written: written(), Finding: finding.Notified,
			Note: "what was changed or started, what it waits for", Mail: Never,
		},
		never(Parked, everyRun(), nothing(), "only what was written or started has to show"),
		never(Parked, only(Check), either(), checkOnlyLooks),
	}
}

// notFixed is what makes people wonder. An operator sees what he does himself, and trying things out must not stop
// what runs for the others.
func notFixed() []Row {
	var out []Row
	for _, r := range []Row{
		{Outcome: Failed, Note: "which step, the cause, the state it is left in", Kind: "failed", Metric: "Failed"},
		{Outcome: Denied, Note: "who denied it, the state it is left in", Kind: "denied", Metric: "Denied"},
		{Outcome: Unverified, Note: "what a fresh read shows instead", Kind: "unverified", Metric: "Unverified"},
	} {
		r.Finding, r.Mail, r.Alarm = finding.Notified, AtOnce, true
		ways, back := either(), undoNotDone(r)
		if r.Outcome == Unverified {
			ways, back = written(), back[len(back)-1:]
			out = append(out, never(Unverified, everyRun(), nothing(), "what AWS took may still come, and counts as written"))
		}
		for _, changed := range ways {
			r.Written, r.Undo = []bool{changed}, changed
			r.By, r.Breaker = engine(), true
			out = append(out, r)
			r.By, r.Breaker = only(Operator), false
			out = append(out, r)
		}
		out = append(out, back...)
		out = append(out, never(r.Outcome, only(Check), either(), checkOnlyLooks))
	}
	return append(out,
		Row{
			Outcome: Unattended, By: runs(), Written: written(), Finding: finding.Notified, Note: "for whom it waited in vain",
			Mail: AtOnce, Kind: "unverified", Metric: "Unverified", Alarm: true, Undo: true,
		},
		never(Unattended, runs(), nothing(), "what it waits for was asked by a write"),
		never(Unattended, undos(), either(), "an undo waits for nobody"),
		never(Unattended, only(Check), either(), checkOnlyLooks),
	)
}

// undoNotDone is an undo that ended otherwise: where nothing was put back, what the findings say still holds. Who asked
// for it sees why, unless it had to wait: then people are told, as of everything that went on without them.
func undoNotDone(r Row) []Row {
	idle := Row{
		Outcome: r.Outcome, By: only(Undo), Written: nothing(), Mail: Never, Metric: r.Metric, Alarm: r.Alarm,
	}
	clicked := idle
	clicked.By, clicked.Finding, clicked.Note = only(UndoClick), Kept, r.Note
	late := clicked
	late.By, late.Mail, late.Kind = only(LateUndo), AtOnce, r.Kind
	r.By, r.Written, r.Undo, r.Breaker = undos(), written(), false, false
	return []Row{idle, clicked, late, r}
}

// unproven is no fault of the control: it is all that can be known. It does not count for the breaker, and people hear
// of it together.
func unproven() []Row {
	return []Row{
		{
			Outcome: Unproven, By: runs(), Written: written(), Finding: finding.Notified,
			Note: "that the runbook went well, and that nothing shows what it did", Mail: Digest, Kind: "unproven",
			Metric: "Unverified",
		},
		never(Unproven, runs(), nothing(), "what was started counts as written"),
		never(Unproven, undos(), either(), "a runbook of others is not undone by another one"),
		never(Unproven, only(Check), either(), checkOnlyLooks),
	}
}

func refused() []Row {
	r := Row{
		Outcome: Refused, Written: nothing(), Finding: finding.Notified, Note: "why, and what can be done instead",
		KeepsResolved: true, Kind: "refused", Metric: countsRefused,
	}
	reported, asked := r, r
	reported.By, reported.Mail = only(Reported), Digest
	asked.By, asked.Mail = people(), AtOnce
	back := undoNotDone(r)
	return []Row{
		reported, asked, back[0], back[1], back[2],
		never(Refused, everyRun(), written(), "refused half way is failed"),
		never(Refused, only(Check), either(), checkOnlyLooks),
	}
}

func takenBack() []Row {
	return []Row{
		{
			Outcome: Undone, By: undos(), Written: either(), Finding: finding.New,
			Note: "by whom, what was put back, until when Salve leaves it alone", Mail: AtOnce, Kind: "undone", Metric: "Undone",
		},
		never(Undone, runs(), either(), "only an undo takes back"),
		never(Undone, only(Check), either(), checkOnlyLooks),
		{
			Outcome: UndoneInPart, By: undos(), Written: written(), Finding: finding.New,
			Note: "by whom, what was put back, what was not and why", Mail: AtOnce, Kind: "undone_in_part",
			Metric: "UndoneInPart",
		},
		never(UndoneInPart, undos(), nothing(), "an undo that put nothing back has failed, or was denied or refused"),
		never(UndoneInPart, runs(), either(), "only an undo takes back"),
		never(UndoneInPart, only(Check), either(), checkOnlyLooks),
	}
}

func later() []Row {
	return []Row{
		{Outcome: Deferred, By: everyRun(), Written: either(), Mail: Never, Metric: countsDeferred},
		never(Deferred, only(Check), either(), checkOnlyLooks),
		{Outcome: LetGo, By: engine(), Written: nothing(), Mail: Never, Metric: countsRefused},
		never(LetGo, engine(), written(), "what has begun is finished"),
		never(LetGo, byName(), either(), "the person is there and hears of it"),
		never(LetGo, only(Check), either(), checkOnlyLooks),
	}
}

// role is about accounts without the role for Salve.
func role() []Row {
	denied := Row{
		Outcome: NotOnboarded, Written: either(), Finding: finding.Notified, Note: "what to deploy", Mail: AtOnce,
		Kind: "denied", Metric: "Denied", Alarm: true,
	}
	first, half, back := denied, denied, undoNotDone(denied)
	first.By, first.Written = people(), nothing()
	half.By, half.Written, half.Undo = people(), written(), true
	return []Row{
		{
			Outcome: AwaitsRole, By: only(Reported), Written: either(), Mail: Daily, Kind: "not_onboarded",
			Metric: countsDeferred,
		},
		{
			Outcome: AwaitsRole, By: only(Click), Written: either(), Finding: finding.Notified,
			Note: "what to deploy, and that it goes on after that", Mail: Daily, Kind: "not_onboarded", Metric: countsDeferred,
		},
		never(AwaitsRole, byName(), either(), "an operator does not wait for it: not_onboarded"),
		never(AwaitsRole, only(Check), either(), checkOnlyLooks),
		first, half, back[0], back[1], back[2], back[3],
		never(NotOnboarded, only(Reported), either(), "a report waits for it: awaits_role"),
		never(NotOnboarded, only(Check), either(), checkOnlyLooks),
	}
}
