package names

import (
	"cmp"
	"fmt"
	"regexp"
	"strings"
)

// Home says how the names of a hub and its members begin, and below what path their roles are, where an account asks
// for either. It is the same in the hub and in all members. The zero value is what the templates do by themselves.
type Home struct {
	Prefix string // "acme-"; of names of resources
	Path   string // "/acme/security/"; of roles
}

// What the templates take as NamePrefix and RolePath.
var (
	homePrefix = regexp.MustCompile(`^$|^[a-z][a-z0-9-]{0,18}-$`)
	homePath   = regexp.MustCompile(`^$|^/([A-Za-z0-9+=,.@_-]+/)*$`)
)

// MaxRolePath is how long the path of roles may be: the templates' policies have room for it.
const MaxRolePath = 64

// HomeFrom reads what the environment says; getenv is os.Getenv. An error names the variable and the fix.
func HomeFrom(getenv func(string) string) (Home, error) {
	h := Home{Prefix: getenv(EnvPrefix), Path: getenv(EnvRolePath)}
	switch {
	case !homePrefix.MatchString(h.Prefix):
		return Home{}, fmt.Errorf("%s is %q: want the hub stack's NamePrefix, such as acme-", EnvPrefix, h.Prefix)
	case !homePath.MatchString(h.Path), len(h.Path) > MaxRolePath:
		return Home{}, fmt.Errorf("%s is %q: want the hub stack's RolePath, such as /acme/security/", EnvRolePath, h.Path)
	}
	return h, nil
}

// Name is what a resource is called that is called so without a prefix.
func (h Home) Name(name string) string { return h.Prefix + name }

// LogGroup is the same of a log group, whose name begins with a slash.
func (h Home) LogGroup(name string) string { return "/" + h.Prefix + strings.TrimPrefix(name, "/") }

// Below is where a path of roles lies, such as RunbookRoles.
func (h Home) Below(path string) string {
	return cmp.Or(h.Path, "/") + strings.TrimPrefix(path, "/")
}

// Role is the end of a role's ARN, "role/salve-operator".
func (h Home) Role(name string) string { return "role" + h.Below("/"+h.Prefix+name) }

// RoleBelow is the same of a role below a path, whose name has the prefix.
func (h Home) RoleBelow(path, name string) string { return "role" + h.Below(path) + h.Prefix + name }
