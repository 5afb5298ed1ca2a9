// Package gate holds the configuration document and decides what may happen to a finding. The decision is a
// pure function: no calls, no clock, the same answer for the same input. Whenever something is missing or
// cannot be read, it decides against acting.
package gate

import (
	"cmp"
	"time"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/finding"
	"github.com/salve-security/salve/internal/names"
)

// Verdict is what to do.
type Verdict string

// The verdicts.
const (
	Act     Verdict = "act"    // plan and apply
	Preview Verdict = "plan"   // plan, tell the diff, touch nothing
	Ask     Verdict = "ask"    // plan, then wait for approval
	Defer   Verdict = "defer"  // decide again at Until
	Refuse  Verdict = "refuse" // somebody asked and must hear why not
	Ignore  Verdict = "ignore" // nobody asked: no write, no note
)

// Trigger is who wants it.
type Trigger string

// The triggers.
const (
	Imported Trigger = "imported" // Security Hub reported it; nobody asked
	Click    Trigger = "click"    // one of the custom actions; nobody knows who clicked
	Check    Trigger = "check"    // work that was let through before and waited
	Operator Trigger = "operator" // a person at the command line, or one who approved
)

// Control is what the gate needs to know about the finding's control.
type Control struct {
	ID          string
	Standards   []string // keys of the standards that list it
	Impact      control.Impact
	OneWay      bool // some of what it changes cannot be taken back
	Identities  bool // it may decide who may do what: only a person starts it
	HasPlaybook bool
	Kin         []string // ids of controls that write the same on the finding's resource
	// Same tells that an id names the finding's resource too; nil: only its own does.
	Same    func(resource string) bool
	Problem string // what is wrong with its configured parameters; empty if nothing is
}

// Snapshots is what was found out about the account and the resource. Nil means not found out, which is not
// the same as empty.
type Snapshots struct {
	Placed                   // of the account
	Tags   map[string]string // of the resource
	// Calendars is what AWS says of them, by name or ARN.
	Calendars map[string]CalendarState
}

// Input is everything a decision depends on.
type Input struct {
	Config    Config
	Overlay   Overlay
	Control   Control
	Finding   finding.Finding
	Trigger   Trigger
	Snapshots Snapshots
	Now       time.Time
	Action    string // ARN of the custom action that was clicked
	ActionArn string // ARN of ours named Remediate; the others stand beside it
}

// Decision is the answer.
type Decision struct {
	Verdict Verdict
	Reason  Reason
	Until   time.Time     // of Defer, and the end of what stands in the way if it has one
	Mode    Mode          // that holds for the finding; empty if it was not reached
	Rule    string        // that sets the mode: its place in the document, such as controls.S3.8; empty: none does
	Detail  string        // who stands behind the reason and why, in words of theirs: clean before showing
	Lasts   time.Duration // of Defer: how long it stays open from Until on, if that has an end
	Note    bool          // the finding gets a note: somebody clicked who reads it there
	Owner   *Exception    // of Excepted, where a tag of the resource asks for it
	Asked   *Given        // the same, where nobody has noted yet that it began: from now on
	Aside   string        // what is left alone and people should know of
	Curious bool          // tags would only say more: whoever cannot read them goes on
	Ring    string        // stamp of the stage in which it acts by itself; empty where rings are no matter
}

// step is one question; ok means it has no objection.
type step func(Input) (d Decision, ok bool)

// Decide goes through the reasons not to act in a fixed order and answers with the first, or with what the
// mode allows. Nobody hears of what nobody asked for: a refusal of an imported finding becomes Ignore.
func Decide(in Input) Decision {
	steps := []step{trigger, state, workflow, playbook, parameters, stops, disables, exceptions, holds}
	for _, ask := range steps {
		if d, ok := ask(in); !ok {
			return settle(in, d)
		}
	}
	return settle(in, allow(in))
}

// settle turns a refusal into what fits the trigger.
func settle(in Input, d Decision) Decision {
	if d.Verdict != Refuse {
		return d
	}
	if in.Trigger == Imported {
		d.Verdict = Ignore
		return d
	}
	d.Note = in.Trigger != Operator
	return d
}

func refuse(reason Reason) Decision { return Decision{Verdict: Refuse, Reason: reason} }

// unknown refuses what nobody can tell, and says why he cannot.
func (in Input) unknown(reason Reason) Decision {
	d := refuse(reason)
	switch reason { //nolint:exhaustive // the others say all there is
	case UnknownOUs:
		d.Detail = in.Snapshots.Why
	case UnknownAccountTags:
		d.Detail = cmp.Or(in.Snapshots.Why,
			"the organization was read before rules asked for this tag; the next sweeps read it")
	}
	return d
}

// trigger refuses what we do not know and clicks on actions of others.
func trigger(in Input) (Decision, bool) {
	switch in.Trigger {
	case Imported, Check, Operator:
		return Decision{}, true
	case Click:
		if in.button() == "" {
			return Decision{Verdict: Ignore, Reason: ForeignAction}, false
		}
		return Decision{}, true
	}
	return Decision{Verdict: Ignore, Reason: UnknownTrigger}, false
}

// state lets through findings that are live and say that something is wrong.
func state(in Input) (Decision, bool) {
	f := in.Finding
	switch {
	case f.RecordState != finding.Active:
		return refuse(NotActive), false
	case in.button() == names.ActionUndo: // what was fixed passes by now
	case f.Passed():
		return refuse(AlreadyPassed), false
	case !f.Failing():
		return refuse(NoCompliance), false
	}
	return Decision{}, true
}

// workflow respects what people and our own earlier runs have written. A person may ask again for a finding
// that was notified or resolved; a report may not, or our own updates would start the next run.
func workflow(in Input) (Decision, bool) {
	switch in.Finding.Workflow {
	case finding.New:
		return Decision{}, true
	case finding.Notified, finding.Resolved:
		if in.Trigger == Imported {
			return refuse(NotNew), false
		}
		return Decision{}, true
	case finding.Suppressed:
		return refuse(IsSuppressed), false
	}
	return refuse(NoWorkflow), false
}

// playbook refuses what nobody has written a fix for; a person who asked learns where the manual steps are.
func playbook(in Input) (Decision, bool) {
	if !in.Control.HasPlaybook {
		return refuse(NoPlaybook), false
	}
	return Decision{}, true
}

// parameters refuses to act on settings that nobody can have meant.
func parameters(in Input) (Decision, bool) {
	if in.Control.Problem != "" && in.button() != names.ActionUndo {
		return Decision{Verdict: Refuse, Reason: BadParameters, Detail: in.Control.Problem}, false
	}
	return Decision{}, true
}

// allow answers by the mode that holds for the finding.
func allow(in Input) Decision {
	s, reason := effective(in)
	if reason != "" {
		return in.unknown(reason)
	}
	if s.uncovered && in.Trigger != Operator {
		d := refuse(NotCovered)
		d.Mode, d.Rule = s.mode, s.place
		return d
	}
	d := byButton(in, byMode(in, s.mode))
	d.Mode, d.Rule = s.mode, s.place
	d = inGrace(in, s.after, byOwner(in, byRing(in, byClass(in, d))))
	if d.Verdict != Act { // to look, and to ask, there is always time
		return d
	}
	closed, open := timing(in)
	if open {
		return d
	}
	closed.Mode, closed.Rule, closed.Ring = d.Mode, d.Rule, d.Ring
	return closed
}

// byMode is the table of modes and triggers. An operator's own yes is the approval that Approve wants.
func byMode(in Input, mode Mode) Decision {
	switch mode {
	case Plan:
		return Decision{Verdict: Preview, Reason: PlanOnly}
	case Manual:
		if in.Trigger == Imported {
			return Decision{Verdict: Ignore, Reason: NotAutomatic}
		}
	case Approve:
		if in.Trigger != Operator {
			return Decision{Verdict: Ask, Reason: NeedsApproval}
		}
	case Auto:
		if in.Control.Identities && in.Trigger != Operator {
			return refuse(NeverAutomatic)
		}
	case Off:
		return refuse(TurnedOff)
	default:
		return refuse(UnknownMode)
	}
	return byImpact(in)
}

// byImpact asks for approval of what hurts or cannot be taken back, even if the mode would act. The operator
// has seen the plan and said yes.
func byImpact(in Input) Decision {
	switch {
	case in.Trigger == Operator:
		return Decision{Verdict: Act, Reason: Allowed}
	case in.Control.Identities:
		return Decision{Verdict: Ask, Reason: DecidesRights}
	case in.Control.OneWay:
		return Decision{Verdict: Ask, Reason: CannotBeUndone}
	case in.Control.Impact != control.ImpactNone && in.Control.Impact != control.ImpactInterrupts:
		return Decision{Verdict: Ask, Reason: IsDestructive}
	}
	return Decision{Verdict: Act, Reason: Allowed}
}
