package policy

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/names"
)

const (
	// managedLimit is what IAM allows in a managed policy, blanks not counted.
	managedLimit = 6144
	// actionsLimit keeps one statement well below managedLimit, with room for its other fields.
	actionsLimit = 4000
	// attachedLimit is how many managed policies a role takes without a raised quota; the oldest documented one.
	attachedLimit = 10
)

// AccountID stands for the member's own account in documents that a template completes.
const AccountID = "${AWS::AccountId}"

// MemberStatements returns what a member role is allowed so that it can do the actions: a statement per
// service, in order. Each call is bound to the member's own account wherever AWS tells whose resource it
// is; a few calls have no resource, and a condition without IfExists would deny those altogether. Documents of SSM may
// be AWS's. Roles are passed to runbooks, and to the services that controls name, those alone that each may get.
func MemberStatements(actions []string, services ...string) ([]Statement, error) {
	list, err := sorted(actions)
	if err != nil {
		return nil, err
	}
	var out []Statement
	passes := slices.Contains(list, passRole)
	documents := slices.DeleteFunc(slices.Clone(list), func(a string) bool { return !others(a) })
	list = slices.DeleteFunc(list, func(a string) bool { return a == passRole || others(a) })
	for len(list) > 0 {
		n := run(list)
		out = append(out, Statement{
			Sid: sid(service(list[0]), out), Effect: "Allow", Action: list[:n], Resource: Texts{Any},
			Condition: map[string]map[string]string{"StringEqualsIfExists": {"aws:ResourceAccount": AccountID}},
		})
		list = list[n:]
	}
	if len(documents) > 0 {
		out = append(out, Statement{Sid: "UseRunbooksOfOthers", Effect: "Allow", Action: documents, Resource: Texts{Any}})
	}
	if passes {
		out = append(out, Statement{
			Sid: "PassRunbookRoles", Effect: "Allow", Action: Texts{passRole}, Resource: passedRoles(),
			Condition: toService(names.RunbookService),
		})
	}
	for _, name := range services {
		r, known := control.RecipientOf(name)
		if !known {
			return nil, fmt.Errorf("roles for %q: it is none of control.Recipients", name)
		}
		out = append(out, Statement{
			Sid: "Pass" + camel(r.Service), Effect: "Allow",
			Action: Texts{passRole}, Resource: Texts{rolesBelow(cmp.Or(r.Path, "/")) + "*"}, Condition: toService(principal(r)),
		})
	}
	return out, nil
}

// passRole lends a role to a service, and is only ever granted together with who gets it.
const passRole = "iam:PassRole"

// passedRoles are those that runbooks run as, in documents that a template completes: Salve's, and a customer's.
func passedRoles() Texts {
	return Texts{rolesBelow(names.RunbookRoles) + "*", rolesBelow(names.UserRoles) + "*"}
}

// ownRoles begins the ARNs of the member's roles, up to their path.
const ownRoles = "arn:${AWS::Partition}:iam::" + AccountID + ":role"

// rolesBelow begins the ARNs of the roles below a path: of one of ours where the template has it.
func rolesBelow(path string) string {
	return strings.TrimSuffix(ownRoles, "role") + below(path)
}

// below is the end of such an ARN. The paths of AWS's own roles are nobody's to choose.
func below(path string) string {
	if path == "/" || strings.HasPrefix(path, "/aws-") {
		return "role" + path
	}
	return "role${RolePath}" + strings.TrimPrefix(path, "/")
}

// others tells actions on documents that may be AWS's or shared: they have another account than the role.
func others(action string) bool {
	return slices.Contains([]string{"ssm:DescribeDocument", "ssm:GetDocument", "ssm:StartAutomationExecution"}, action)
}

// toService is the condition of a right to pass roles: to this service alone.
func toService(name string) map[string]map[string]string {
	return map[string]map[string]string{"StringEquals": {passedTo: name}}
}

// run counts the actions at the head of list that are of one service and fit into one statement.
func run(list []string) int {
	size := 0
	for i, a := range list {
		if size += len(a) + len(`"",`); service(a) != service(list[0]) || size > actionsLimit {
			return i
		}
	}
	return len(list)
}

// camel is a name as part of a Sid or of a logical id, which are made of letters and digits.
func camel(name string) string {
	var b strings.Builder
	up := true
	for _, r := range name {
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) {
			up = true
			continue
		}
		if up {
			r = unicode.ToUpper(r)
		}
		b.WriteRune(r)
		up = false
	}
	return b.String()
}

// sid names a statement after its service; further statements of the service are numbered.
func sid(of string, before []Statement) string {
	base, n := "Use"+camel(of), 1
	for _, s := range before {
		if service(s.Action[0]) == of {
			n++
		}
	}
	if n == 1 {
		return base
	}
	return fmt.Sprintf("%sPart%d", base, n)
}

// longest is how many characters a policy has where the path of roles is as long as the template takes.
func longest(text string) int {
	return len(strings.ReplaceAll(text, "${RolePath}", strings.Repeat("p", names.MaxRolePath)))
}

// Split packs the statements, in their order, into policies within the limit of a managed policy.
func Split(statements []Statement) ([]Document, error) {
	var out []Document
	var open []Statement
	for _, s := range statements {
		text, err := NewDocument(append(open[:len(open):len(open)], s)).JSON()
		if err != nil {
			return nil, err
		}
		if longest(text) > managedLimit && len(open) > 0 {
			out = append(out, NewDocument(open))
			open = nil
		}
		open = append(open, s)
	}
	if len(open) > 0 {
		out = append(out, NewDocument(open))
	}
	if len(out) > attachedLimit {
		return nil, fmt.Errorf("%d managed policies: a role takes %d; choose fewer controls", len(out), attachedLimit)
	}
	return out, nil
}
