// Package kind holds the mechanisms that most controls share: one value, a map of
// attributes, the entries of a list, a whole that is put back, a prerequisite. A
// kind reads, wants and writes as control.Of asks for; every call to AWS stays in
// the playbook's own functions, so a kind knows no client.
//
// Each kind becomes a control with the declaration it is given, or lends its
// methods to a control whose state holds more. A kind that lacks a part becomes a
// control without a mechanism, which control.NewRegistry refuses.
//
// A family of controls is a function of the playbook that turns a row into a kind:
// see the examples.
package kind

import (
	"errors"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
)

// Always is a Want that asks for the same value whatever is there and whatever
// people set.
func Always[V any](v V) func(V, control.Env) (V, error) {
	return func(V, control.Env) (V, error) { return v, nil }
}

// carry is control.Carry with the class that a drift has for a run.
func carry[S any](now, from, to S) (next S, changed bool, err error) {
	next, changed, err = control.Carry(now, from, to)
	if drift := new(control.DriftError); errors.As(err, &drift) {
		err = fault.Wrap(fault.Drifted, err)
	}
	return next, changed, err
}
