package policy

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/names"
)

// passDenials pin what role goes to which service, whatever a managed policy or a session allows.
func passDenials() []Denial {
	out := []Denial{
		{
			Sid: "NeverPassRolesElsewhere",
			Why: "A role that is passed on acts for whoever passed it. These services get some from controls; those that run" +
				" whatever code they are given, such as Lambda, are none of them.",
			Actions: []string{passRole}, Operator: "StringNotEquals", Key: passedTo,
			Values: append(principals(func(control.Recipient) bool { return true }), names.RunbookService),
		},
		{
			Sid:     "NeverPassOtherRoles",
			Why:     "To runbooks go Salve's own, and those that the account's owner has put there.",
			Actions: []string{passRole}, NotResources: passedRoles(),
			Operator: "StringEquals", Key: passedTo, Values: []string{names.RunbookService},
		},
		{
			Sid: "NeverLendRunbookRoles", Actions: []string{passRole}, Resources: passedRoles(),
			Operator: "StringNotEquals", Key: passedTo, Values: []string{names.RunbookService},
		},
		{
			Sid: "NeverLendInstanceRoles", Actions: []string{passRole},
			Resources: []string{rolesBelow(names.InstanceRoles) + "*"},
			Operator:  "StringNotEquals", Key: passedTo, Values: principals(of("ec2.amazonaws.com")),
		},
	}
	for _, r := range control.Recipients() {
		if r.Own != "" {
			out = append(out, Denial{
				Sid: "NeverLend" + camel(short(r.Service)), Actions: []string{passRole},
				Resources: []string{rolesBelow(names.ServiceRoles) + "${NamePrefix}" + r.Own},
				Operator:  "StringNotEquals", Key: passedTo, Values: []string{principal(r)},
			})
		}
	}
	for _, path := range paths() {
		out = append(out, Denial{
			Sid: "NeverPassBut" + camel(short(path)), Actions: []string{passRole},
			NotResources: []string{rolesBelow(path) + "*"},
			Operator:     "StringEquals", Key: passedTo,
			Values: principals(func(r control.Recipient) bool { return r.Path == path }),
		})
	}
	return out
}

// short leaves out what all services have in their names: all that is denied to a role counts in characters.
func short(name string) string { return strings.Replace(name, ".amazonaws.com", "", 1) }

// passedTo is the service that gets a role.
const passedTo = "iam:PassedToService"

// paths are those that roles for some services must have.
func paths() []string {
	var out []string
	for _, r := range control.Recipients() {
		if r.Path != "" {
			out = append(out, r.Path)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func of(service string) func(control.Recipient) bool {
	return func(r control.Recipient) bool { return r.Service == service }
}

// principals are the services that a test picks, as a template has them.
func principals(pick func(control.Recipient) bool) []string {
	var out []string
	for _, r := range control.Recipients() {
		if pick(r) {
			out = append(out, principal(r))
		}
	}
	return out
}

// principal is what a template calls a service.
func principal(r control.Recipient) string {
	if r.Suffixed {
		return strings.TrimSuffix(r.Service, "amazonaws.com") + "${AWS::URLSuffix}"
	}
	return r.Service
}

// inPartition is what a template calls a service that gets a role, by what it is called in the commercial partition.
func inPartition(service string) string {
	if r, known := control.RecipientOf(service); known {
		return principal(r)
	}
	return service
}

// oneRole is the ARN of a role and of no other.
var oneRole = regexp.MustCompile(`^arn:aws[a-z-]*:iam::([0-9]{12}):role/[\w+=,.@/-]{1,600}$`)

// passStatements let a session give away the roles that it says, one statement a service.
func passStatements(r control.SessionRequest) ([]Statement, error) {
	if len(r.Passes.Roles) == 0 {
		return nil, nil
	}
	for _, role := range r.Passes.Roles {
		if m := oneRole.FindStringSubmatch(role); m == nil || m[1] != r.Target.Account {
			return nil, fmt.Errorf("role %q: want that of a role of account %s", role, r.Target.Account)
		}
	}
	var out []Statement
	for _, service := range r.Passes.Services {
		recipient, known := control.RecipientOf(service)
		if !known {
			return nil, fmt.Errorf("service %q gets no roles", service)
		}
		out = append(out, Statement{
			Effect: "Allow", Action: Texts{passRole}, Resource: r.Passes.Roles,
			Condition: toService(recipient.Principal(r.Target.Partition)),
		})
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("roles %v go to no service", r.Passes.Roles)
	}
	return out, nil
}
