package notice

import (
	"slices"
	"strconv"
	"strings"

	"github.com/salve-security/salve/internal/plain"
)

// Email returns subject and body of the mail about n: plain text that a person understands without
// opening a console.
func Email(n Notice) (subject, body string) {
	return subjectText(headline(n)), newMail(n, whole()).String()
}

func newMail(n Notice, show lists) mail {
	changes, moreChanges := cutChanges(n.Changes, show.changes)
	m := mail{
		Opening: mailText(opening(n)), What: mailText(what(n)), Where: mailText(where(n)),
		Resource: mailText(n.Resource), Said: quoted(mailText(n.Said)), Rule: mailText(n.Rule), Why: mailText(n.Why),
		When: plain.Minute(n.When), Who: mailText(n.Who), ChangesTitle: changesTitle(n), MoreChanges: moreChanges,
		Effect: mailText(effect(n)), Left: mailText(n.Left), ToDo: mailCommand(n, n.ToDo),
		Approvers: mailText(n.Approvers), UntilTitle: until(n.Kind), Until: plain.Minute(n.Until),
		UndoTitle: mailText(backBy(n)), Undo: mailCommand(n, n.Undo), Run: mailText(n.RunID), Link: link(n),
		Contact: mailText(n.Contact), Docs: n.Docs,
	}
	for _, line := range briefs(changes) {
		m.Changes = append(m.Changes, mailText(line))
	}
	m.EntriesTitle, m.DoTitle = "Resources", doTitle(m.ToDo)
	if n.Of == Fixed && slices.ContainsFunc(n.Entries, func(e Entry) bool { return e.Undo != "" }) {
		m.EntriesTitle = "Resources (" + strings.ToLower(m.UndoTitle[:1]) + m.UndoTitle[1:] + " its undo)"
	}
	m.Entries, m.MoreEntries = mailEntries(n, show.entries)
	return m
}

// quoted shows that a text is somebody else's: it cannot pose as ours, nor end the quotation.
func quoted(text string) string {
	if text == "" {
		return ""
	}
	return `Security Hub reports: "` + strings.ReplaceAll(text, `"`, "'") + `"`
}

func mailEntries(n Notice, limit int) ([]mailEntry, int) {
	shown := min(len(n.Entries), limit)
	var entries []mailEntry
	for _, e := range n.Entries[:shown] {
		entry := mailEntry{Resource: mailText(e.Resource), Changes: mailText(Summary(e.Changes, maxText))}
		if e.Region != "" && n.Region == "" {
			entry.Resource += " (" + mailText(e.Region) + ")"
		}
		if n.Of == Fixed {
			entry.Undo = mailText(e.Undo)
		} else if !collected(n.Of) {
			entry.Changes, entry.Why, entry.Show = "", mailText(e.Why), mailText("salve show "+e.RunID)
		}
		entries = append(entries, entry)
	}
	return entries, len(n.Entries) - shown
}

// what names the control, what it asks for and how much it matters.
func what(n Notice) string {
	if n.Control == "" {
		return ""
	}
	text := "control " + n.Control
	if n.Severity != "" {
		text += " (" + strings.ToLower(n.Severity) + ")"
	}
	if n.Title != "" {
		text += ": " + oneLine(n.Title, maxText-80)
	}
	return text
}

// where says account and Region in words.
func where(n Notice) string {
	var parts []string
	if n.Account != "" {
		parts = append(parts, n.place())
	}
	if n.Region != "" {
		parts = append(parts, "Region "+n.Region)
	}
	return strings.Join(parts, ", ")
}

// changesTitle says whether the changes were made, are proposed, or were taken back.
func changesTitle(n Notice) string {
	switch n.about() {
	case NeedsApprove, Planned:
		return "What would change (nothing is changed yet)"
	case Undone:
		return "What was put back"
	case UndoneInPart:
		return "What was to be put back"
	case Gone:
		return "What Salve had begun to change"
	case Failed, Denied, Unverified, Refused, Stopped, NotOnboarded, Reverted, Cooling, Limited, Ending,
		RingWaits, Grace, NotEvaluated:
		return planned(n)
	case Unproven:
		return "What ran"
	case Recurred:
		return "What Salve had changed"
	case Fixed, Digest, Disputed:
	}
	return "What changed"
}

// planned is the title of changes that were not all made.
func planned(n Notice) string {
	title := "What was to change"
	if n.Undoes != "" {
		title = "What was to be put back"
	}
	switch {
	case n.Written && n.Undoes != "":
		return title + " (some of it may be)"
	case n.Written:
		return title + " (some of it may be changed)"
	}
	return title
}

// doTitle says whom what is to be done is for: a command is for those who have Salve.
func doTitle(todo string) string {
	if strings.HasPrefix(todo, "salve ") {
		return "What the security team can do"
	}
	return "What to do"
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
