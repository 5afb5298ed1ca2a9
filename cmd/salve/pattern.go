package main

import (
	"slices"
	"strings"

	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/plain"
)

// pattern tells names of several controls, such as S3.*.
func pattern(name string) bool { return strings.ContainsAny(name, "*?") }

// notOne says of a pattern that it stands where one control has to; of a name what otherwise.
func notOne(name, otherwise string) string {
	if pattern(name) {
		return "name one; patterns are for salve enable and for commands that only read"
	}
	return otherwise
}

// wanted is what a filter on controls names: an id as Security Hub writes it, or a pattern that means some; "" stays
// "".
func (c catalogue) wanted(name string) (string, error) {
	if !pattern(name) {
		return c.listed(name)
	}
	if len(c.listedLike(name)) == 0 {
		return "", fault.New(fault.Invalid, "no control is called %s: salve standards KEY lists them", name)
	}
	return name, nil
}

// controlsLike are the ids of the controls with a playbook that a pattern means.
func (c catalogue) controlsLike(name string) []string {
	return slices.DeleteFunc(c.controlIDs(), func(id string) bool { return !plain.Like(name, id) })
}

// listedLike are the ids of all controls, with a playbook or in a list, that a pattern means.
func (c catalogue) listedLike(name string) []string {
	ids := append(c.standards.ControlIDs(), c.controlIDs()...)
	slices.Sort(ids)
	return slices.DeleteFunc(slices.Compact(ids), func(id string) bool { return !plain.Like(name, id) })
}

// services are the patterns of all controls of a service, for completion.
func services(ids []string) []string {
	var out []string
	for _, id := range ids {
		if service, _, ok := strings.Cut(id, "."); ok && !slices.Contains(out, service+".*") {
			out = append(out, service+".*")
		}
	}
	return out
}
