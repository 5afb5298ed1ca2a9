package needs

import (
	"regexp"
	"strings"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
)

// ParamRole is the parameter with the role that a service gets.
const ParamRole = "roleName"

// RoleParam is the parameter with the role for what the service does.
func RoleParam(service, does string) control.Param {
	r, _ := control.RecipientOf(service)
	return control.Param{
		Name: ParamRole,
		Meaning: "Role below " + control.ServiceRoles + " with which " + does + ", which " + service + " may take; empty for " +
			r.Own + ", which the member's stack makes where a parameter says so.",
		Default: "", Pattern: regexp.MustCompile(`^[\w+=,.@-]{0,64}$`), Form: "the name of a role, or nothing",
	}
}

// OwnRole is the role that the service gets where it has none: the one of the parameter, or of the member's stack.
func OwnRole(env control.Env, service string) string {
	return control.OwnRole(env.Target, service, env.Params.Text(ParamRole))
}

// NotTaken says of a service that does not take a role what a person can do. Only a part of the calls says so by a
// code of its own.
func NotTaken(err error, role string) error {
	if class := fault.Of(err); class != fault.Invalid && class != fault.Gone {
		return err
	}
	if !strings.Contains(role, ":role"+control.ServiceRoles) {
		return err
	}
	return fault.New(fault.Refused, "deploy the member's stack with the role %s, or name another in the parameter %s: AWS "+
		"does not take it: %w", role, ParamRole, err)
}
