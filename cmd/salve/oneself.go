package main

import (
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws/arn"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
)

// notOneself refuses what would take rights from the user or the role that a person works as: he could not take that
// back. Each of them is the ARN of a user, a role or a session.
func notOneself(c control.Control, t control.Target, them ...string) error {
	is := func(who string) bool { return principalOf(who) == principalOf(t.Resource) }
	if !c.Identities || principalOf(t.Resource) == "" || !slices.ContainsFunc(them, is) {
		return nil
	}
	return fault.New(fault.Refused, "you work as %s, and could not take this back: ask somebody who works as another, or "+
		"log in as another", t.Resource)
}

// principalOf is the account, kind and name of a user or a role, whatever its path; "" for everybody else. Who works in
// a session of a role is that role.
func principalOf(who string) string {
	name, err := arn.Parse(who)
	if err != nil {
		return ""
	}
	parts := strings.Split(name.Resource, "/")
	switch {
	case len(parts) < 2: // the account's root, for one
		return ""
	case name.Service == "sts" && parts[0] == "assumed-role":
		return name.AccountID + " role " + strings.ToLower(parts[1])
	case name.Service == "iam" && (parts[0] == "user" || parts[0] == "role"):
		return name.AccountID + " " + parts[0] + " " + strings.ToLower(parts[len(parts)-1])
	}
	return ""
}
