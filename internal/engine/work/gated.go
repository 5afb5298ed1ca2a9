package work

import (
	"maps"
	"slices"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/gate"
)

// Gated is what the gate needs to know about a control that has a playbook, on a resource. Standards are the keys of
// those that list it, judged the parameters that its finding carries.
func Gated(
	controls control.Registry, config gate.Config, c control.Control, standards []string, t control.Target,
	judged control.Judged,
) gate.Control {
	wish := wish(controls, c, t)
	return gate.Control{
		ID: c.ID, Standards: standards, Impact: c.Impact, Identities: c.Identities, HasPlaybook: true,
		Kin: wish.Kin, Same: wish.Same, Problem: problem(config, c, judged),
	}
}

// problem says what is wrong with the parameters that are set for a control; empty where nothing is.
func problem(config gate.Config, c control.Control, judged control.Judged) string {
	chosen, err := c.Choose(control.Given{Configuration: config.Parameters(c.ID), Judged: judged})
	raisers := config.Raisers(c.ID)
	for _, class := range slices.Sorted(maps.Keys(raisers)) { // whichever it is of
		if err == nil {
			_, err = c.Raise(chosen, class, raisers[class])
		}
	}
	if err != nil {
		return err.Error()
	}
	return ""
}

// wish is what a control would write to, as exceptions are asked for it.
func wish(controls control.Registry, c control.Control, t control.Target) gate.Wish {
	return gate.Wish{
		Control: c.ID, Account: t.Account, Kin: controls.SharingOn(c, t), Resource: t.Resource,
		Same: func(resource string) bool { return c.Same(t, resource) },
	}
}
