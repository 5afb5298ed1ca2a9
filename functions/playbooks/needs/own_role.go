package needs

import (
	"context"
	"fmt"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/names"
)

// OwnRole is the role that the service gets where it has none: that of the parameter, or the one of the member's stack.
func OwnRole(env control.Env, service string) string {
	return control.OwnRole(env.Target, service, env.Params.Text(ParamRole))
}

// RoleTrouble is why the service cannot get OwnRole, with what a person can do; empty where it can. It matters only
// where the service has no role.
func RoleTrouble(ctx context.Context, env control.Env, service string) (string, error) {
	role := OwnRole(env, service)
	ready, err := RoleThere(ctx, env, service, role)
	if err != nil || ready {
		return "", err
	}
	return fmt.Sprintf("deploy the stack of the member with the role for %s, or name another below %s in the parameter "+
		"%s: there is no role %s that it may enter", service, env.Target.Home.Below(names.ServiceRoles), ParamRole, role), nil
}
