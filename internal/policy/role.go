package policy

import (
	"fmt"
	"strings"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/names"
)

// Role is a role of a member account, as its template has it.
type Role struct {
	Name      string // what the hub assumes; its managed policies are called after it
	LogicalID string // of the role in the template
	Policies  string // begins the logical ids of its managed policies
	Denials   []Denial
	More      []Denial // in a managed policy of the role: one takes 10,240 characters of its own
}

// Denial is a statement of a role's own policy, which holds whatever its managed
// policies allow, today or after an update.
type Denial struct {
	Sid     string
	Why     string // a comment of the template, where the name does not say it all
	Actions []string
	// NotActions, in place of Actions, are all that the statement leaves.
	NotActions []string
	// Resources are ARNs with ${} of CloudFormation; none is every resource.
	// NotResources turns them round.
	Resources, NotResources []string
	// Operator, Key and Values are the condition; without an operator there is none.
	Operator, Key string
	Values        []string
}

// RoleOf is the role that runs of a control enter.
func RoleOf(r control.Role) (Role, error) {
	switch r {
	case control.RoleRemediation:
		return Role{
			Name: names.MemberRole, LogicalID: "RemediationRole", Policies: "Permissions", Denials: remediationDenials(),
			More: passDenials(),
		}, nil
	case control.RoleIdentity:
		return Role{
			Name: names.IdentityRole, LogicalID: "IdentityRole", Policies: "IdentityPermissions", Denials: identityRoleDenials(),
		}, nil
	}
	return Role{}, fmt.Errorf("role %q has no template: add its name and its denials", r)
}

// marks enclose the generated denials of the role in a template.
func (r Role) marks() (begin, end string) {
	of := " GENERATED denials of " + r.LogicalID + "\n"
	return "              # BEGIN" + of, "              # END" + of
}

// more enclose those that stand in a managed policy.
func (r Role) more() (begin, end string) {
	of := " GENERATED more denials of " + r.LogicalID + "\n"
	return "          # BEGIN" + of, "          # END" + of
}

// moreDenials writes them, as elements of that policy.
func (r Role) moreDenials() string {
	var b strings.Builder
	for _, d := range r.More {
		d.write(&b)
	}
	return strings.ReplaceAll("\n"+b.String(), "\n    ", "\n")[1:]
}

// denials writes the statements of the role's own policy.
func (r Role) denials() string {
	var b strings.Builder
	for _, d := range r.Denials {
		d.write(&b)
	}
	return b.String()
}

// widest is how wide a comment of the template may be.
const widest = 118

// write renders the statement as an element of a role's policy.
func (d Denial) write(b *strings.Builder) {
	const indent = "              "
	line := indent + "#"
	for word := range strings.FieldsSeq(d.Why) {
		if len(line)+len(word) >= widest {
			b.WriteString(line + "\n")
			line = indent + "#"
		}
		line += " " + word
	}
	if d.Why != "" {
		b.WriteString(line + "\n")
	}
	fmt.Fprintf(b, "%s- Sid: %s\n%s  Effect: Deny\n", indent, d.Sid, indent)
	if len(d.NotActions) > 0 {
		list(b, indent+"  NotAction:", d.NotActions)
	} else {
		list(b, indent+"  Action:", d.Actions)
	}
	switch {
	case len(d.NotResources) > 0:
		list(b, indent+"  NotResource:", d.NotResources)
	case len(d.Resources) > 0:
		list(b, indent+"  Resource:", d.Resources)
	default:
		list(b, indent+"  Resource:", []string{Any})
	}
	if d.Operator != "" {
		fmt.Fprintf(b, "%s  Condition:\n%s    %s:\n", indent, indent, scalar(d.Operator))
		list(b, indent+"      "+d.Key+":", d.Values)
	}
}

// list writes a list under its key, and one value beside it.
func list(b *strings.Builder, key string, values []string) {
	if len(values) == 1 {
		b.WriteString(key + " " + scalar(values[0]) + "\n")
		return
	}
	b.WriteString(key + "\n")
	for _, v := range values {
		b.WriteString(strings.Repeat(" ", len(key)-len(strings.TrimLeft(key, " "))) + "  - " + scalar(v) + "\n")
	}
}

// scalar quotes what YAML would read otherwise, and lets CloudFormation fill in the rest.
func scalar(v string) string {
	if strings.Contains(v, "${") {
		return "!Sub " + v
	}
	if strings.HasPrefix(v, "*") || v == "Null" {
		return fmt.Sprintf("%q", v)
	}
	return v
}
