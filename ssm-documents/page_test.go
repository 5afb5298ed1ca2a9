package ssmdocuments

import (
	"flag"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write README.md") //nolint:gochecknoglobals // flags are read before any test

const pageHead = `# Runbooks

Documents of SSM Automation for what takes longer than a function may, or for people who want the history of its steps
in the console. Generated from the documents by ` + "`go test ./ssm-documents -run TestThePage -update`" + `.

**None of them has run on AWS.** They ran in the lab, whose executor of runbooks is Salve's own: it proves that the
steps, the rights and the ways back fit together, not that AWS takes the document. AWS says so at CreateDocument.
What the emulators cannot do stands in the last column.

Every runbook asks first and refuses when in doubt, changes, and ends with a step that asks AWS what is there now. The
first steps after a failure put back what was changed. A runbook runs as the role ` + "`/salve/automation/FAMILY`" + ` of the
account it runs in, which only Systems Manager may enter, for that account's own automations.

| runbook | what it does | controls | steps | parameters | how long | undone by | proven on |
|---|---|---|---|---|---|---|---|
`

// pageTail is what follows the table: the rights of families.
func pageTail(t *testing.T) string {
	t.Helper()
	var b strings.Builder
	b.WriteString(`
## Rights

What the role of a family may do. A test takes each right away and sees the runbook not succeed, but for those in
*italics*, which the emulators do not ask for, and those marked ↩, which only the ways back after a failure need.

| family | rights |
|---|---|
`)
	families := Families(all(t))
	for _, name := range slices.Sorted(maps.Keys(families)) {
		var rights []string
		for _, p := range families[name] {
			for _, a := range p.Actions {
				right := "`" + a + "`"
				switch {
				case p.Effect == "Deny":
					right = "never " + right + " on " + strings.Join(p.Resources, ", ")
				case p.Unseen:
					right = "*" + right + "*"
				case p.OnlyOnFailure:
					right += " ↩"
				}
				if !slices.Contains(rights, right) {
					rights = append(rights, right)
				}
			}
		}
		fmt.Fprintf(&b, "| %s | %s |\n", name, strings.Join(rights, ", "))
	}
	b.WriteString(`
## Adding one

One file, ` + "`SERVICE/Salve-Name.yaml`" + `: the comment it begins with says its family, rights, undo and wait (see
` + "`Document`" + ` in documents.go). One scene in the tests of its service: a state that fails, and what another client has
to see afterwards. ` + "`salve runbooks validate FILE`" + ` checks it; ` + "`go test ./ssm-documents`" + ` runs it.
`)
	return b.String()
}
