package notice

import (
	"strconv"
	"strings"

	"github.com/salve-security/salve/internal/plain"
)

// Email returns subject and body of the mail about n: plain text that a person understands without
// opening a console.
func Email(n Notice) (subject, body string) {
	return subjectText(headline(n)), newMail(n).String()
}

func newMail(n Notice) mail {
	changes, moreChanges := cutChanges(n.Changes, maxChanges)
	m := mail{
		Headline: mailText(headline(n)), What: mailText(what(n)), Where: mailText(where(n)),
		Resource: mailText(n.Resource), Why: mailText(n.Why), When: plain.Minute(n.When), Who: mailText(n.Who),
		ChangesTitle: changesTitle(n.Kind), MoreChanges: moreChanges,
		Effect: mailText(effect(n)), Left: mailText(n.Left), ToDo: mailCommand(n, n.ToDo),
		Approvers: mailText(n.Approvers), UntilTitle: until(n.Kind), Until: plain.Minute(n.Until),
		UndoTitle: back(n.Kind), Undo: mailCommand(n, n.Undo), Run: mailText(n.RunID), Link: link(n),
	}
	for _, line := range briefs(changes) {
		m.Changes = append(m.Changes, mailText(line))
	}
	m.Entries, m.MoreEntries = mailEntries(n)
	return m
}

func mailEntries(n Notice) ([]mailEntry, int) {
	shown := min(len(n.Entries), maxEntries)
	var entries []mailEntry
	for _, e := range n.Entries[:shown] {
		entry := mailEntry{Resource: mailText(e.Resource), Changes: mailText(Summary(e.Changes, maxText))}
		if e.Region != "" && n.Region == "" {
			entry.Resource += " (" + mailText(e.Region) + ")"
		}
		if e.RunID != "" && n.Of == Fixed {
			entry.Undo = mailText("salve undo " + e.RunID + " --yes")
		} else if !collected(n.Of) {
			entry.Changes, entry.Why, entry.Show = "", mailText(e.Why), mailText("salve show "+e.RunID)
		}
		entries = append(entries, entry)
	}
	return entries, len(n.Entries) - shown
}

// what names the control, what it asks for and how much it matters.
func what(n Notice) string {
	text := n.Control
	if n.Title != "" {
		text += ": " + oneLine(n.Title, maxText-80)
	}
	if n.Severity != "" {
		text += " (" + strings.ToLower(n.Severity) + ")"
	}
	return text
}

// where says account and Region in words.
func where(n Notice) string {
	var parts []string
	if n.Account != "" {
		parts = append(parts, "account "+n.Account)
	}
	if n.Region != "" {
		parts = append(parts, "Region "+n.Region)
	}
	return strings.Join(parts, ", ")
}

// changesTitle says whether the changes were made, are proposed, or were taken back.
func changesTitle(k Kind) string {
	switch k {
	case NeedsApprove, Planned:
		return "What would change (nothing is changed yet)"
	case Undone:
		return "What was put back"
	case UndoneInPart:
		return "What was to be put back"
	case Failed, Denied, Refused, Stopped, NotOnboarded, Cooling, Limited:
		return "What was to change"
	case Fixed, Unverified, Digest, Reverted, Disputed:
	}
	return "What changed"
}

// link leads to the finding, in the Security Hub that has it.
func link(n Notice) string {
	if n.FindingIn != "" {
		return Link(n.FindingIn, n.Finding)
	}
	return Link(n.Region, n.Finding)
}

// more says how many were left out, or nothing.
func more(n int) string {
	if n == 0 {
		return ""
	}
	return "and " + strconv.Itoa(n) + " more"
}
