// Package notice holds what Salve tells people and programs, and how each channel reads it: as a mail, as JSON for
// programs, as a custom notification of Amazon Q Developer for chats.
package notice

import (
	"time"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/plain"
)

// Kind says what a notice is about. The set is closed; programs filter by it.
type Kind string

// The kinds of notices. Which outcome is told as which stands in the table of internal/outcome.
const (
	Fixed        Kind = "fixed"
	Gone         Kind = "gone" // while Salve was changing it
	Failed       Kind = "failed"
	Denied       Kind = "denied"
	Unverified   Kind = "unverified" // changed, but not proven
	Unproven     Kind = "unproven"   // a runbook of others went well, and nobody can tell what it did
	NeedsApprove Kind = "needs_approval"
	Planned      Kind = "planned" // what would change; nothing was touched
	Refused      Kind = "refused"
	Undone       Kind = "undone"
	UndoneInPart Kind = "undone_in_part" // what could be put back; Left names the rest
	Digest       Kind = "digest"         // many of one kind, see Entries
	NotOnboarded Kind = "not_onboarded"  // an account without the member role
	Reverted     Kind = "reverted"       // something keeps taking the fix back; Salve holds
	Disputed     Kind = "disputed"       // our read and Security Hub disagree
	Stopped      Kind = "stopped"        // a breaker or a person stopped a control
	Cooling      Kind = "cooling"        // findings of an account come back so often that Salve lets them rest
	Limited      Kind = "limited"        // an account has had its share of runs; others wait for their turn
	Ending       Kind = "exception_ends" // an exception protects something for some days more
	Grace        Kind = "grace"          // Salve fixes it by itself on a day, if nobody has by then
	Advanced     Kind = "ring_advanced"  // a control acts by itself in one more part of the organization
	RingWaits    Kind = "ring_waits"     // it would, and something speaks against it
	Recurred     Kind = "recurred"       // a fix that was proven is not there any more
	NotEvaluated Kind = "not_evaluated"  // an account does not let AWS Config be asked to look again
)

// Notice is what there is to tell. Its texts may come from strangers: every channel makes them safe.
type Notice struct {
	Kind        Kind
	Of          Kind // of a Digest: the kind of its entries
	Control     string
	Title       string // of the control: what it asks for
	Severity    string
	Account     string
	AccountName string // as the finding calls it; empty where it does not
	Region      string
	Resource    string
	Said        string // what the finding says is wrong, in its own words
	Rule        string // what of the configuration made it happen, in words
	Why         string // the cause of a failure, a refusal or a wait, one sentence
	Changes     []Change
	Written     bool           // the resource is not as it was before
	Effect      string         // what the change means for people who use the resource
	Impact      control.Impact // what they notice of it
	Left        string         // the state the resource is left in
	Who         string         // who asked for it or did it, in words
	Actor       string         // the same as a name, for programs
	When        time.Time
	RunID       string
	Claim       string // the output by which a runbook of others says itself that it is met; empty where Salve read it
	Hangs       bool   // what was started has not come to its end
	Undoes      string // of an undo: the run that it takes back, or tried to
	Undo        string // command that takes it back
	ToDo        string // what a person should do next
	Approvers   string // who may approve
	Until       time.Time
	Finding     string // id of the finding; becomes a link into the console
	FindingIn   string // Region of the Security Hub that has it, when not Region
	Entries     []Entry
	Contact     string // whom to ask, as the configuration says
	Docs        string // where to read on, as the configuration says: a link that was validated
}

// Entry is one resource of a digest.
type Entry struct {
	Region   string
	Resource string
	Changes  []Change
	RunID    string
	When     time.Time
	Why      string
	Undo     string // command that takes it back; empty where nothing does
}

// Change is one changed path, as people should see it and as programs should.
type Change struct {
	Path    string
	Move    string // the whole change in a line, as the command line shows it
	Was, Is any    // the values, as JSON has them; nil: not there
	Lasting string // why undo will not restore it; empty where it does
}

// about is the kind of what a notice tells: of a digest that of its entries.
func (n Notice) about() Kind {
	if n.Kind == Digest {
		return n.Of
	}
	return n.Kind
}

// verb says in a word or two what the notice reports, to stand before a control's id.
func (k Kind) verb() string {
	verbs := map[Kind]string{
		Fixed:        "fixed",
		Gone:         "could not finish",
		Failed:       "could not fix",
		Denied:       "was not allowed to fix",
		Unverified:   "changed but could not prove",
		Unproven:     "ran a runbook for",
		NeedsApprove: "needs approval for",
		Planned:      "would fix",
		Refused:      "did not act on",
		Undone:       "took back its fix of",
		UndoneInPart: "took back in part its fix of",
		Cooling:      "puts off",
		Limited:      "limits its work",
		Ending:       "reminds of an exception from",
		Grace:        "gives time to fix",
		Advanced:     "widens its work on",
		RingWaits:    "does not widen its work on",
		Recurred:     "found undone its fix of",
		NotEvaluated: "may not have AWS Config look again",
		NotOnboarded: "has no role",
		Reverted:     "holds",
		Disputed:     "disagrees with Security Hub on",
		Stopped:      "stopped",
	}
	if verb, ok := verbs[k]; ok {
		return verb
	}
	return "reports on"
}

// verb is that of the kind; of an undo that was not done, what it was to do.
func (n Notice) verb() string {
	if n.Undoes == "" {
		return n.about().verb()
	}
	switch n.about() { //nolint:exhaustive // the others are the same for an undo
	case Failed:
		return "could not take back its fix of"
	case Denied:
		return "was not allowed to take back its fix of"
	case Unverified:
		return "took back but could not prove its fix of"
	case Gone:
		return "could not finish taking back its fix of"
	case Refused:
		return "did not take back its fix of"
	}
	return n.about().verb()
}

// effect is what the change means for users, where there is a change to mean something.
func effect(n Notice) string {
	switch n.about() {
	case Fixed, NeedsApprove, Planned, Disputed, Unproven:
		return n.meaning()
	case Failed, Denied, Unverified:
		if n.Written && n.Undoes == "" {
			return n.meaning()
		}
	case Gone, Refused, Undone, UndoneInPart, NotOnboarded, Reverted, Stopped, Cooling, Limited, Ending, Digest,
		Advanced, RingWaits, Grace, NotEvaluated, Recurred:
	}
	return ""
}

// meaning is the effect, and what people notice of it.
func (n Notice) meaning() string {
	switch n.Impact {
	case control.ImpactInterrupts:
		return oneLine(n.Effect, maxEffect) + " Who relied on the setting as it was may be interrupted."
	case control.ImpactDestructive:
		return oneLine(n.Effect, maxEffect) + " This removes something for good."
	case control.ImpactNone:
	}
	return n.Effect
}

// until says what ends at the time the notice names.
func until(k Kind) string {
	switch k { //nolint:exhaustive // the others leave something alone
	case NeedsApprove:
		return "Open until"
	case Grace:
		return "Salve acts from then on"
	case Ending:
		return "The exception holds until"
	}
	return "Salve leaves it alone until"
}

// back says what the command is for that takes the reported back.
func back(k Kind) string {
	if k == Stopped { // to go on without a mended cause is to be stopped again
		return "Mend the cause, then"
	}
	return "To take it back"
}

// backBy is back with who can run the command.
func backBy(n Notice) string {
	switch {
	case n.Kind == Stopped:
		return back(n.Kind)
	case n.Contact != "":
		return back(n.Kind) + ", ask " + n.Contact + ", who can run"
	}
	return back(n.Kind) + ", ask the security team, who can run"
}

// headline is the notice in one line of cleaned text.
func headline(n Notice) string {
	text := "Salve " + n.verb() + " " + n.Control
	if n.Kind == NotOnboarded || n.Kind == Limited || n.Kind == NotEvaluated { // about the account, whatever the control
		text = "Salve " + n.verb()
	}
	if n.Kind == Digest {
		text += " on " + plain.Count(len(n.Entries), "resource")
	}
	if n.Account != "" {
		text += " in " + n.Account
	}
	if name := shortName(n); name != "" {
		text += ": " + name
	}
	return oneLine(text, maxText)
}
