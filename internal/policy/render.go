package policy

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// The generated part of a template lies between these lines.
const (
	beginMark = "  # BEGIN GENERATED permissions\n"
	endMark   = "  # END GENERATED permissions\n"
)

// Render returns the template with the part between its markers replaced by managed policies that allow the
// actions. The same actions, in whatever order, give the same bytes.
func Render(template []byte, actions []string) ([]byte, error) {
	if bytes.Count(template, []byte(beginMark)) != 1 || bytes.Count(template, []byte(endMark)) != 1 {
		return nil, fmt.Errorf("template: want the lines %q and %q once each",
			strings.TrimSpace(beginMark), strings.TrimSpace(endMark))
	}
	before, rest, _ := bytes.Cut(template, []byte(beginMark))
	_, after, found := bytes.Cut(rest, []byte(endMark))
	if !found {
		return nil, fmt.Errorf("template: %q must come first", strings.TrimSpace(beginMark))
	}
	statements, err := MemberStatements(actions)
	if err != nil {
		return nil, err
	}
	documents, err := Split(statements)
	if err != nil {
		return nil, err
	}
	parts := make([]string, 0, len(documents))
	for i, d := range documents {
		parts = append(parts, resource(i+1, d))
	}
	return slices.Concat(before, []byte(beginMark), []byte(strings.Join(parts, "\n")), []byte(endMark), after), nil
}

// resource writes a managed policy as a resource of the template. The description is the same for all, because
// CloudFormation replaces a policy whose description changes, and cannot replace one with a fixed name.
func resource(number int, d Document) string {
	var b strings.Builder
	fmt.Fprintf(&b, `  Permissions%d:
    Type: AWS::IAM::ManagedPolicy
    Properties:
      ManagedPolicyName: salve-remediation-%d
      Description: What the controls of Salve declare
      Roles: [!Ref RemediationRole]
      PolicyDocument:
        Version: %q
        Statement:
`, number, number, d.Version)
	for _, s := range d.Statement {
		fmt.Fprintf(&b, "          - Sid: %s\n            Effect: %s\n            Action:\n", s.Sid, s.Effect)
		for _, a := range s.Action {
			fmt.Fprintf(&b, "              - %s\n", a)
		}
		fmt.Fprintf(&b, "            Resource: %q\n", strings.Join(s.Resource, ","))
		writeConditions(&b, s.Condition)
	}
	return b.String()
}

func writeConditions(b *strings.Builder, conditions map[string]map[string]string) {
	if len(conditions) == 0 {
		return
	}
	b.WriteString("            Condition:\n")
	for _, op := range slices.Sorted(maps.Keys(conditions)) {
		fmt.Fprintf(b, "              %s:\n", op)
		for _, key := range slices.Sorted(maps.Keys(conditions[op])) {
			fmt.Fprintf(b, "                %s: !Sub %q\n", key, conditions[op][key])
		}
	}
}
