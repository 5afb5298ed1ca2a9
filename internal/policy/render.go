package policy

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/salve-security/salve/internal/control"
)

// The generated permissions of a template lie between these lines.
const (
	beginMark = "  # BEGIN GENERATED permissions\n"
	endMark   = "  # END GENERATED permissions\n"
)

// Rights are what the controls of a role declare: actions, and the services that they give roles to.
type Rights struct{ Actions, Passes []string }

// Render returns the template with what lies between its markers replaced: for each role its own denials, and
// managed policies that allow the actions; and the roles of runbooks. The same actions, in whatever order, give the
// same bytes.
func Render(template []byte, allowed map[control.Role]Rights, families []Family) ([]byte, error) {
	var policies []string
	for _, r := range control.Roles() {
		role, err := RoleOf(r)
		if err != nil {
			return nil, err
		}
		if template, err = denied(template, role); err != nil {
			return nil, err
		}
		if r != control.RoleRemediation && len(allowed[r].Actions) == 0 {
			continue // no control enters it: it may do nothing
		}
		statements, err := MemberStatements(allowed[r].Actions, allowed[r].Passes...)
		if err != nil {
			return nil, fmt.Errorf("role %s: %w", r, err)
		}
		for i := range statements { // a Sid stands once in a template
			statements[i].Sid = strings.TrimSuffix(role.Policies, "Permissions") + statements[i].Sid
		}
		documents, err := Split(statements)
		if err != nil {
			return nil, fmt.Errorf("role %s: %w", r, err)
		}
		for i, d := range documents {
			policies = append(policies, role.policy(i+1, d))
		}
	}
	template, err := between(template, beginFamilies, endFamilies, familyRoles(families))
	if err != nil {
		return nil, err
	}
	return between(template, beginMark, endMark, strings.Join(policies, "\n"))
}

// denied puts a role's own denials into the template.
func denied(template []byte, role Role) ([]byte, error) {
	begin, end := role.marks()
	template, err := between(template, begin, end, role.denials())
	if err != nil || len(role.More) == 0 {
		return template, err
	}
	begin, end = role.more()
	return between(template, begin, end, role.moreDenials())
}

// between replaces what lies between two lines of the template that stand there once each.
func between(template []byte, begin, end, text string) ([]byte, error) {
	if bytes.Count(template, []byte(begin)) != 1 || bytes.Count(template, []byte(end)) != 1 {
		return nil, fmt.Errorf("template: want the lines %q and %q once each",
			strings.TrimSpace(begin), strings.TrimSpace(end))
	}
	before, rest, _ := bytes.Cut(template, []byte(begin))
	_, after, found := bytes.Cut(rest, []byte(end))
	if !found {
		return nil, fmt.Errorf("template: %q must come first", strings.TrimSpace(begin))
	}
	return slices.Concat(before, []byte(begin), []byte(text), []byte(end), after), nil
}

// policy writes a managed policy of the role as a resource of the template. The description is the same for all,
// because CloudFormation replaces a policy whose description changes, and cannot replace one with a fixed name.
func (r Role) policy(number int, d Document) string {
	var b strings.Builder
	fmt.Fprintf(&b, `  %s%d:
    Type: AWS::IAM::ManagedPolicy
    Properties:
      ManagedPolicyName: !Sub "${NamePrefix}%s-%d"
      Description: What the controls of Salve declare
      Roles: [!Ref %s]
      PolicyDocument:
        Version: %q
        Statement:
`, r.Policies, number, r.Name, number, r.LogicalID, d.Version)
	for _, s := range d.Statement {
		fmt.Fprintf(&b, "          - Sid: %s\n            Effect: %s\n            Action:\n", s.Sid, s.Effect)
		for _, a := range s.Action {
			fmt.Fprintf(&b, "              - %s\n", a)
		}
		writeResources(&b, s.Resource)
		writeConditions(&b, s.Condition)
	}
	return b.String()
}

// writeResources writes what a statement is about: everything, or what CloudFormation completes.
func writeResources(b *strings.Builder, of Texts) {
	if len(of) == 1 {
		fmt.Fprintf(b, "            Resource: %s\n", substituted(of[0]))
		return
	}
	b.WriteString("            Resource:\n")
	for _, r := range of {
		fmt.Fprintf(b, "              - %s\n", substituted(r))
	}
}

// substituted is a text in quotes, which CloudFormation completes where there is something to complete.
func substituted(value string) string {
	text := fmt.Sprintf("%q", value)
	if strings.Contains(text, "${") {
		return "!Sub " + text
	}
	return text
}

func writeConditions(b *strings.Builder, conditions map[string]map[string]string) {
	if len(conditions) == 0 {
		return
	}
	b.WriteString("            Condition:\n")
	for _, op := range slices.Sorted(maps.Keys(conditions)) {
		fmt.Fprintf(b, "              %s:\n", op)
		for _, key := range slices.Sorted(maps.Keys(conditions[op])) {
			fmt.Fprintf(b, "                %s: %s\n", key, substituted(conditions[op][key]))
		}
	}
}
