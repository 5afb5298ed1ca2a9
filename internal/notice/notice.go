// Package notice holds what Salve tells people and programs, and how each channel reads it: as a mail, as JSON for
// programs, as a custom notification of Amazon Q Developer for chats.
package notice

import "time"

// Kind says what a notice is about. The set is closed; programs filter by it.
type Kind string

// The kinds of notices.
const (
	Fixed        Kind = "fixed"
	Gone         Kind = "gone" // while Salve was changing it
	Failed       Kind = "failed"
	Denied       Kind = "denied"
	Unverified   Kind = "unverified" // changed, but not proven
	NeedsApprove Kind = "needs_approval"
	Planned      Kind = "planned" // what would change; nothing was touched
	Refused      Kind = "refused"
	Undone       Kind = "undone"
	Digest       Kind = "digest"        // many of one kind, see Entries
	NotOnboarded Kind = "not_onboarded" // an account without the member role
	Reverted     Kind = "reverted"      // something keeps taking the fix back; Salve holds
	Disputed     Kind = "disputed"      // our read and Security Hub disagree
	Stopped      Kind = "stopped"       // a breaker or a person stopped a control
)

// Notice is what there is to tell. Its texts may come from strangers: every channel makes them safe.
type Notice struct {
	Kind      Kind
	Of        Kind // of a Digest: the kind of its entries
	Control   string
	Title     string // of the control: what it asks for
	Severity  string
	Account   string
	Region    string
	Resource  string
	Why       string // the finding, or the cause of a failure or refusal, one sentence
	Changes   []Change
	Effect    string // what the change means for people who use the resource
	Left      string // of a failure: the state the resource is left in
	Who       string // who asked for it or did it
	When      time.Time
	RunID     string
	Undo      string // command that takes it back
	ToDo      string // what a person should do next
	Approvers string // who may approve
	Until     time.Time
	Finding   string // id of the finding; becomes a link into the console
	FindingIn string // Region of the Security Hub that has it, when not Region
	Entries   []Entry
}

// Entry is one resource of a digest.
type Entry struct {
	Region   string
	Resource string
	Changes  []Change
	RunID    string
	When     time.Time
	Why      string
}

// Change is one changed path, with its values as people should see them and as programs should.
type Change struct {
	Path, From, To string
	Was, Is        any    // the values, as JSON has them; nil: not there
	Lasting        string // why undo will not restore it; empty where it does
}

// verb says in a word or two what the notice reports, to stand before a control's id.
func (k Kind) verb() string {
	verbs := map[Kind]string{
		Fixed:        "fixed",
		Gone:         "lost the resource of",
		Failed:       "could not fix",
		Denied:       "was not allowed to fix",
		Unverified:   "changed but could not prove",
		NeedsApprove: "needs approval for",
		Planned:      "would fix",
		Refused:      "did not act on",
		Undone:       "took back its fix of",
		Digest:       "sums up",
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

// effect is what the change means for users, where there is a change to mean something.
func effect(n Notice) string {
	kind := n.Kind
	if kind == Digest {
		kind = n.Of
	}
	switch kind {
	case Fixed, Unverified, NeedsApprove, Planned, Reverted, Disputed:
		return n.Effect
	case Failed, Denied, Refused, Undone, NotOnboarded, Stopped, Digest:
	}
	return ""
}

// until says what ends at the time the notice names.
func until(k Kind) string {
	if k == NeedsApprove {
		return "Open until"
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

// headline is the notice in one line of cleaned text.
func headline(n Notice) string {
	text := "Salve " + n.Kind.verb() + " " + n.Control
	switch n.Kind {
	case Digest:
		text = "Salve " + n.Of.verb() + " " + n.Control + " on " + count(len(n.Entries), "resource")
	case NotOnboarded: // about the account, whatever the control was
		text = "Salve " + n.Kind.verb()
	case Fixed, Failed, Denied, Unverified, NeedsApprove, Planned, Refused, Undone, Reverted, Disputed, Stopped:
	}
	if n.Account != "" {
		text += " in " + n.Account
	}
	if name := shortName(n); name != "" {
		text += ": " + name
	}
	return oneLine(text, maxText)
}
