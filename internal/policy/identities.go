package policy

import (
	"slices"
	"strings"

	"github.com/salve-security/salve/internal/names"
)

// ChangesIdentities tells actions that decide who may do what, or become somebody else: those that Salve's own role
// never does, whatever the resource. It is that role's list, which the tests hold against all operations of IAM.
func ChangesIdentities(action string) bool {
	return slices.ContainsFunc(identityDenials(), func(d Denial) bool {
		everywhere := d.Operator == "" && len(d.Resources)+len(d.NotResources)+len(d.NotActions) == 0
		return everywhere && slices.ContainsFunc(d.Actions, func(pattern string) bool { return covers(pattern, action) })
	})
}

// covers tells that a pattern of actions, which may end in a star or have one inside, names an action.
func covers(pattern, action string) bool {
	pattern, action = strings.ToLower(pattern), strings.ToLower(action)
	before, after, star := strings.Cut(pattern, "*")
	if !star {
		return pattern == action
	}
	return len(action) >= len(before)+len(after) && strings.HasPrefix(action, before) && strings.HasSuffix(action, after)
}

// ChangesIdentities tells that one of the grants lets a role decide who may do what.
func (f Family) ChangesIdentities() bool {
	return slices.ContainsFunc(f.Grants, func(g Grant) bool {
		return g.Effect != "Deny" && slices.ContainsFunc(g.Actions, ChangesIdentities)
	})
}

// denials are what the role of such a family never does, whatever else it is ever allowed: anything but what its
// runbooks need, which leaves out all that Salve's own role is denied, and that to anybody of Salve's or of AWS's.
func (f Family) denials(id string) []Denial {
	if !f.ChangesIdentities() {
		return nil
	}
	var needed []string
	for _, g := range f.Grants {
		if g.Effect != "Deny" {
			needed = append(needed, g.Actions...)
		}
	}
	slices.Sort(needed)
	return []Denial{
		{
			Sid:        "Runbooks" + id + "NeverElse",
			Why:        "It decides who may do what: so nothing but this, whatever somebody attaches to it.",
			NotActions: slices.Compact(needed),
		},
		{
			Sid: "Runbooks" + id + "NeverTouchOthers",
			Why: "Salve's own roles, this one among them; those of AWS's services and of IAM Identity Center.",
			Actions: []string{
				"iam:*",
			},
			Resources: untouchable(),
		},
	}
}

// untouchable are whom such a family never touches. Salve's roles are named one by one: whoever makes a role chooses
// its name, and one that only looks like Salve's would be out of reach.
func untouchable() []string {
	const account = "arn:${AWS::Partition}:iam::${AWS::AccountId}:"
	out := []string{
		account + "policy/${NamePrefix}salve-*", account + "role/aws-reserved/*", account + "role/aws-service-role/*",
	}
	for _, name := range names.OwnRoles() {
		out = append(out, account+"role${RolePath}${NamePrefix}"+name)
	}
	for _, path := range names.OwnPaths() {
		out = append(out, account+below(path)+"*")
	}
	// In the order in which they stand where the account asks for no names.
	plain := strings.NewReplacer("${RolePath}", "/", "${NamePrefix}", "")
	slices.SortFunc(out, func(a, b string) int { return strings.Compare(plain.Replace(a), plain.Replace(b)) })
	return out
}
