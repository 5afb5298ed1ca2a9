package gate

import (
	"slices"
	"strings"
)

// Reason says why a decision was taken. The set is closed: Reasons lists it; it also labels metrics.
type Reason string

// The reasons.
const (
	Allowed        Reason = "allowed"
	PlanOnly       Reason = "plan_only"
	NeedsApproval  Reason = "needs_approval"
	IsDestructive  Reason = "destructive"
	CannotBeUndone Reason = "one_way"
	DecidesRights  Reason = "identities"
	NeedsName      Reason = "needs_name"

	UnknownTrigger Reason = "unknown_trigger"
	ForeignAction  Reason = "foreign_action"
	NotActive      Reason = "not_active"
	AlreadyPassed  Reason = "passed"
	NoCompliance   Reason = "no_compliance"
	NotNew         Reason = "not_new"
	IsSuppressed   Reason = "suppressed"
	NoWorkflow     Reason = "no_workflow"
	NoPlaybook     Reason = "no_playbook"
	BadParameters  Reason = "bad_parameters"
	Stopped        Reason = "stopped"
	Disabled       Reason = "disabled"
	Excepted       Reason = "excepted"
	OnHold         Reason = "on_hold"
	UnknownOUs     Reason = "unknown_ous"
	UnknownTags    Reason = "unknown_tags"
	MissingTag     Reason = "missing_tag"
	UnknownMode    Reason = "unknown_mode"
	TurnedOff      Reason = "off"
	NotAutomatic   Reason = "not_automatic"
	NeverAutomatic Reason = "never_automatic"
	OutsideWindow  Reason = "outside_window"
	Frozen         Reason = "frozen"

	UnknownSeverity Reason = "unknown_severity"
	DataClass       Reason = "data_class"
	NotCovered      Reason = "not_covered"
	OutsideRing     Reason = "outside_ring"
	InGrace         Reason = "in_grace"
	UnknownAge      Reason = "unknown_age"

	CalendarClosed  Reason = "calendar_closed"
	UnknownCalendar Reason = "unknown_calendar"

	UnknownAccountTags Reason = "unknown_account_tags"
	MissingAccountTag  Reason = "missing_account_tag"
)

// Reasons lists every reason.
func Reasons() []Reason {
	return []Reason{
		Allowed, PlanOnly, NeedsApproval, IsDestructive, CannotBeUndone, DecidesRights, NeedsName, UnknownTrigger,
		ForeignAction, NotActive, AlreadyPassed, NoCompliance, NotNew, IsSuppressed, NoWorkflow, NoPlaybook, BadParameters,
		Stopped, Disabled, Excepted, OnHold, UnknownOUs, UnknownTags, MissingTag, UnknownMode, TurnedOff, NotAutomatic,
		NeverAutomatic, OutsideWindow, Frozen, UnknownSeverity, DataClass, OutsideRing, InGrace, UnknownAge,
		UnknownAccountTags, MissingAccountTag, CalendarClosed, UnknownCalendar, NotCovered,
	}
}

// Notifies says whether a refusal for this reason makes a finding NOTIFIED for who clicked. It would bring a suppressed
// finding back, contradict Security Hub on one that passed, and mean nothing on one that is archived or in a state we
// cannot read: there a note alone says it.
func (r Reason) Notifies() bool {
	return !slices.Contains([]Reason{
		NotActive, AlreadyPassed, NoCompliance, IsSuppressed, NoWorkflow, NotNew, UnknownTrigger, ForeignAction,
	}, r)
}

// Sentence says what the reason means and what to do about it, for a note or a terminal.
func (r Reason) Sentence() string {
	if text, known := sentences()[r]; known {
		return text
	}
	return "The decision has no known reason, so nothing was done. Please report this as a defect."
}

// approveIt is what to do about what waits for a person where no approvers are named.
const approveIt = "read the plan, then run salve apply to approve it."

// Sentence says what a decision by this configuration means and what to do about it: where it names approvers, one of
// them answers.
func (c Config) Sentence(d Decision) string {
	text := d.Reason.Sentence()
	if d.Reason == DataClass && d.Verdict == Ask {
		text = "The class of the resource's data wants a person: " + approveIt
	}
	if what, asks := strings.CutSuffix(text, approveIt); asks && c.Approvals != nil && len(c.Approvals.Approvers) > 0 {
		return what + "an approver reads the plan, then answers it with salve approve."
	}
	return text
}

func sentences() map[Reason]string {
	return map[Reason]string{
		Allowed:        "The configuration allows it.",
		PlanOnly:       "The mode of this control is plan: the change is shown, nothing is touched. Set mode manual to act.",
		NeedsApproval:  "The mode of this control is approve: " + approveIt,
		IsDestructive:  "This change is destructive: " + approveIt,
		CannotBeUndone: "This change, or part of it, cannot be undone: " + approveIt,
		DecidesRights:  "This change decides who may do what: " + approveIt,
		NeedsName:      "To take this back needs a person with a name, and a click carries none: run salve undo.",
		UnknownTrigger: "Salve was asked in a way it does not know. Please report this as a defect.",
		ForeignAction:  "The custom action belongs to somebody else. Use those that Salve's stack made.",
		NotActive:      "The finding is archived: there is nothing to fix. Wait for an active one.",
		AlreadyPassed:  "Security Hub already sees the control as passed: there is nothing to fix.",
		NoCompliance:   "Security Hub does not say that the control failed. Wait for its next check.",
		NotNew:         "The finding was dealt with before. Set its workflow status to NEW, or click Remediate.",
		IsSuppressed:   "The finding is suppressed. Set its workflow status to NEW first if it should be fixed.",
		NoWorkflow:     "The finding's workflow status cannot be read. Set it to NEW.",
		NoPlaybook:     "Salve has no playbook for this control. Follow the manual steps that AWS gives.",
		BadParameters:  "The parameters of this control are not valid. Correct them as the audit log says.",
		Stopped:        "Salve is stopped. Ask whoever stopped it when it may work again.",
		Disabled:       "The control is disabled here by hand. Run salve enable to lift that.",
		Excepted:       "An exception covers this resource. Ask its owner to end it early.",
		OnHold:         "The resource is on hold after an undo or repeated fixes. Wait, or run salve apply yourself.",
		UnknownOUs:     "It is not known in which organizational units the account is. Look at what salve doctor says of it.",
		UnknownTags:    "The resource's tags could not be read. Check the right to read them.",
		MissingTag:     "The resource lacks a tag the rule depends on. Tag it, or give the rule another condition.",
		UnknownMode:    "The configured mode is not known to this release. Set one that it knows with salve enable.",
		TurnedOff:      "The mode of this control is off here. Set mode manual to allow clicks.",
		NeverAutomatic: "The control decides who may do what and has no mode auto: set mode approve or manual.",
		OutsideWindow:  "It is outside the windows for such changes. Wait, or run salve apply yourself.",
		Frozen:         "Changes are frozen. Wait, or run salve apply with --despite-freeze.",

		UnknownSeverity: "The severity that a rule depends on cannot be read. Give the rule another condition.",
		DataClass:       "The class of the resource's data allows no more. Read the plan, then run salve apply yourself.",
		InGrace:         "There is time left to fix it by hand. Wait, or run salve apply yourself.",
		UnknownAge:      "When the problem was found cannot be told, so its time never comes. Run salve apply yourself.",
		NotCovered: "The rule is about the controls of a release without this one. Write the present release there, " +
			"or name the control.",
		OutsideRing:     "The control has not come to this ring. See salve rings, or run salve apply yourself.",
		CalendarClosed:  "A change calendar for such changes is closed. Wait, or run salve apply yourself.",
		UnknownCalendar: "The state of a change calendar could not be read. Check its name and the right to read it.",
		UnknownAccountTags: "It is not known which tags the account has in the organization. " +
			"Look at what salve doctor says of it.",
		MissingAccountTag: "The account lacks a tag the rule depends on. Tag it, or give the rule another condition.",
		NotAutomatic:      "The control acts only when a person asks. Click Remediate, or set mode auto.",
	}
}
