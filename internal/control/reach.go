package control

import (
	"fmt"
	"regexp/syntax"
	"slices"
	"strings"

	"github.com/salve-security/salve/internal/fault"
)

// Role names the role of a member account that a run enters.
type Role string

// The roles: RoleRemediation is for everything that does not decide who may do what; RoleIdentity for what does, and is
// entered for runs that a person has approved, to write and for nothing else.
const (
	RoleRemediation Role = "remediation"
	RoleIdentity    Role = "identity"
)

// Roles are all roles, in the order in which people read of them.
func Roles() []Role { return []Role{RoleRemediation, RoleIdentity} }

// Name is the short name of the target's resource, the first group of Pattern;
// ok is false when the resource is not of the control's kind.
func (i Info) Name(t Target) (name string, ok bool) {
	m := i.Pattern.FindStringSubmatch(t.Resource)
	if len(m) < 2 || m[0] != t.Resource {
		return "", false
	}
	return m[1], true
}

// OfAccount tells that the control works on an account itself, not on something in one.
func (i Info) OfAccount() bool {
	_, ok := i.Name(Target{Resource: "AWS::::Account:000000000000"})
	return ok
}

// about is env for a resource that the control works on, with its name and with
// the parameters' defaults where none are set.
func (i Info) about(env Env) (Env, error) {
	name, ok := i.Name(env.Target)
	if !ok {
		return env, fault.New(fault.Invalid, "resource %q is not what control %s works on (%s)",
			env.Target.Resource, i.ID, i.Pattern)
	}
	env.Name, env.Target.Home = name, i.home
	if env.Params == nil {
		env.Params = i.defaults()
	}
	return env, nil
}

// Limits are the ARN patterns that the session of a run is limited to, with the
// parameters that hold for it, nil for the defaults. They are nil only where the
// control says WholeAccount.
func (i Info) Limits(t Target, p Params) ([]string, error) {
	env, err := i.about(Env{Target: t, Params: p})
	switch {
	case err != nil:
		return nil, err
	case i.WholeAccount:
		return nil, nil
	case i.Narrow != nil:
		if limits := i.Narrow(env); len(limits) > 0 && !slices.Contains(limits, "") {
			return limits, nil
		}
		return nil, fault.New(fault.Invalid, "control %s does not say what its session on %s is limited to", i.ID, t.Resource)
	case !strings.HasPrefix(t.Resource, arnPrefix):
		return nil, fault.New(fault.Invalid, "control %s limits its session to %s, which is no ARN", i.ID, t.Resource)
	}
	return []string{t.Resource}, nil
}

const arnPrefix = "arn:"

// Root is the main root of the target's resource, which controls that work on
// the same thing share.
func (i Info) Root(t Target) string { return i.roots(t, nil)[0] }

// LockKeys are the names of all resource roots that a run with the parameters,
// nil for the defaults, has to lock: sorted, once each, the main one among them.
func (i Info) LockKeys(t Target, p Params) []string {
	return slices.Compact(slices.Sorted(slices.Values(append(i.roots(t, p), i.Root(t)))))
}

// roots never are none: what no control works on is locked by its own name.
func (i Info) roots(t Target, p Params) []string {
	env, err := i.about(Env{Target: t, Params: p})
	if err != nil || i.Lock == nil {
		return []string{t.Resource}
	}
	out := slices.DeleteFunc(slices.Clone(i.Lock(env)), func(root string) bool { return root == "" })
	if len(out) == 0 {
		return []string{t.Resource}
	}
	return out
}

// checkReach finds sessions that would be limited to what is no ARN, which is to
// say to nothing, and roles that no account has.
func (i Info) checkReach() error {
	if !slices.Contains(Roles(), i.Role) {
		return fmt.Errorf("control %q: role %q is none of %v", i.ID, i.Role, Roles())
	}
	switch {
	case i.WholeAccount && i.Narrow != nil:
		return fmt.Errorf("control %q has WholeAccount and Narrow: one of them is wrong", i.ID)
	case !i.WholeAccount && i.Narrow == nil && !i.arnsOnly():
		return fmt.Errorf("control %q: its resources are no ARNs, so it needs Narrow or WholeAccount", i.ID)
	}
	return nil
}

// arnsOnly tells that Pattern accepts nothing but ARNs.
func (i Info) arnsOnly() bool {
	tree, err := syntax.Parse(i.Pattern.String(), syntax.Perl)
	return err == nil && begins(tree, arnPrefix)
}

// begins tells that all texts which a pattern accepts begin with a prefix.
func begins(r *syntax.Regexp, prefix string) bool {
	switch r.Op { //nolint:exhaustive // all others begin with more than one text
	case syntax.OpLiteral:
		return r.Flags&syntax.FoldCase == 0 && strings.HasPrefix(string(r.Rune), prefix)
	case syntax.OpCapture:
		return begins(r.Sub[0], prefix)
	case syntax.OpAlternate:
		return !slices.ContainsFunc(r.Sub, func(s *syntax.Regexp) bool { return !begins(s, prefix) })
	case syntax.OpConcat:
		for _, sub := range r.Sub {
			if sub.Op != syntax.OpBeginText {
				return begins(sub, prefix)
			}
		}
	}
	return false
}
