package doctor

import (
	"context"
	"errors"
	"slices"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
)

// session: one with all that the control may do can be opened. Nothing is done with it.
func session() Check {
	return Check{Name: "session", of: ofControl, ask: func(ctx context.Context, p *Patient) Answer {
		if p.Control.Role == control.RoleIdentity {
			return notAsked("%s decides who may do what: its role is entered for what a person has approved", p.ControlID)
		}
		actions := slices.DeleteFunc(slices.Clone(p.Control.Actions),
			func(a string) bool { return a == control.InvokeFunction })
		_, err := p.enter(ctx, actions...)
		switch fault.Of(err) { //nolint:exhaustive // see unseen
		case fault.None:
			return ok("a session with the %d actions of %s can be opened", len(actions), p.ControlID)
		case fault.Refused, fault.Invalid:
			return wrong("", "no session can be limited to what %s does: %s", p.ControlID, text(err))
		}
		return unseen(err, "sts:AssumeRole")
	}}
}

// text is an error's own sentence.
func text(err error) string {
	for next := errors.Unwrap(err); next != nil; next = errors.Unwrap(err) {
		err = next
	}
	return err.Error()
}
