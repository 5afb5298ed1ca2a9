package notice

import (
	"fmt"
	"strings"
)

// mail is a notice in the order in which a mail tells it. Every text in it is safe for a mail already.
type mail struct {
	Opening, What, Where, Resource, Said, Rule, Why, When, Who string
	ChangesTitle, EntriesTitle, DoTitle                        string
	Changes                                                    []string
	MoreChanges, MoreEntries                                   int
	Entries                                                    []mailEntry
	Effect, Left, ToDo, Approvers, Run, Link                   string
	UntilTitle, Until, UndoTitle, Undo                         string
	Contact, Docs                                              string
}

type mailEntry struct{ Resource, Changes, Undo, Why, Show string }

// String lays the mail out. It is code and not a template: reading one costs a function more at every start
// than anything else in this package, and its library keeps the linker from leaving out what nobody calls.
func (m mail) String() string {
	var b strings.Builder
	b.WriteString(m.Opening + "\n\n")
	for _, row := range [][2]string{
		{"What:", m.What},
		{"Where:", m.Where},
		{"Resource:", m.Resource},
		{"Why:", m.Said},
		{"Rule:", m.Rule},
		{m.cause(), m.Why},
		{"When:", m.When},
		{"Who:", m.Who},
	} {
		if row[1] != "" {
			fmt.Fprintf(&b, "%-10s %s\n", row[0], row[1])
		}
	}
	m.writeChanges(&b)
	m.writeEntries(&b)
	for _, part := range [][2]string{
		{"\nFor its users: ", m.Effect},
		{"\nState now: ", m.Left},
		{"\n" + m.DoTitle + ":\n  ", m.ToDo},
		{"\nWho may approve: ", m.Approvers},
		{"\n" + m.UntilTitle + " ", m.Until},
		{"\n" + m.UndoTitle + ":\n  ", m.Undo},
	} {
		if part[1] != "" {
			b.WriteString(part[0] + part[1] + "\n")
		}
	}
	if m.Run != "" {
		b.WriteString("\nRun: " + m.Run + " (the whole story: salve show " + m.Run + ")\n")
	}
	if m.Link != "" {
		b.WriteString("\nFinding: " + m.Link + "\n")
	}
	b.WriteString("\n" + whatSalveIs + "\n")
	for _, part := range [][2]string{{"Questions: ", m.Contact}, {"Read on: ", m.Docs}} {
		if part[1] != "" {
			b.WriteString(part[0] + part[1] + "\n")
		}
	}
	return strings.TrimRight(b.String(), "\n") + "\n"
}

// cause is the name of the reason: where the finding says why at all, it is why it went as it did.
func (m mail) cause() string {
	if m.Said+m.Rule == "" {
		return "Why:"
	}
	return "Cause:"
}

func (m mail) writeChanges(b *strings.Builder) {
	if len(m.Changes) == 0 {
		return
	}
	b.WriteString("\n" + m.ChangesTitle + ":\n")
	for _, change := range m.Changes {
		b.WriteString("  " + change + "\n")
	}
	writeMore(b, m.MoreChanges)
}

func (m mail) writeEntries(b *strings.Builder) {
	if len(m.Entries) == 0 {
		return
	}
	b.WriteString("\n" + m.EntriesTitle + ":\n")
	for _, entry := range m.Entries {
		b.WriteString("  " + entry.Resource + "\n")
		if entry.Changes != "" {
			b.WriteString("    " + entry.Changes + "\n")
		}
		for _, line := range [][2]string{{"Undo: ", entry.Undo}, {"Why: ", entry.Why}, {"More: ", entry.Show}} {
			if line[1] != "" {
				b.WriteString("    " + line[0] + line[1] + "\n")
			}
		}
	}
	writeMore(b, m.MoreEntries)
}

func writeMore(b *strings.Builder, n int) {
	if text := more(n); text != "" {
		b.WriteString("  " + text + "\n")
	}
}
