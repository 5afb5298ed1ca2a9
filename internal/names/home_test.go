package names_test

import (
	"strings"
	"testing"

	"github.com/salve-security/salve/internal/names"
)

// TestHome: by itself nothing is added, and what an account asks for begins names and paths.
func TestHome(t *testing.T) {
	own, acme := names.Home{}, names.Home{Prefix: "acme-", Path: "/acme/security/"}
	for got, want := range map[string]string{
		own.Name(names.Table): "salve", acme.Name(names.Table): "acme-salve",
		own.LogGroup(names.AuditLogGroup): "/salve/audit", acme.LogGroup(names.AuditLogGroup): "/acme-salve/audit",
		own.Role(names.MemberRole):    "role/salve-remediation",
		acme.Role(names.MemberRole):   "role/acme/security/acme-salve-remediation",
		own.Below(names.ServiceRoles): "/salve/service/", acme.Below(names.ServiceRoles): "/acme/security/salve/service/",
		own.RoleBelow(names.RunbookRoles, "salve-closing"):  "role/salve/automation/salve-closing",
		acme.RoleBelow(names.RunbookRoles, "salve-closing"): "role/acme/security/salve/automation/acme-salve-closing",
	} {
		if got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}

// TestHomeFrom takes what the templates take, and nothing that would reach further in an ARN.
func TestHomeFrom(t *testing.T) {
	for name, c := range map[string]struct {
		prefix, path string
		ok           bool
	}{
		"neither": {"", "", true}, "both": {"acme-", "/acme/security/", true}, "the path of all": {"", "/", true},
		"no hyphen": {"acme", "", false}, "a wildcard": {"*-", "", false}, "capitals": {"Acme-", "", false},
		"long": {strings.Repeat("a", 20) + "-", "", false}, "no end": {"", "/acme", false}, "no begin": {"", "acme/", false},
		"a wild path": {"", "/*/", false}, "a long path": {"", "/" + strings.Repeat("a", 63) + "/", false},
	} {
		env := map[string]string{names.EnvPrefix: c.prefix, names.EnvRolePath: c.path}
		got, err := names.HomeFrom(func(name string) string { return env[name] })
		if (err == nil) != c.ok || c.ok && got != (names.Home{Prefix: c.prefix, Path: c.path}) {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
}
