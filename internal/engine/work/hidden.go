package work

import (
	"errors"

	"github.com/salve-security/salve/internal/fault"
)

// cause is fault.Cause without the secrets of the run: AWS repeats what it
// refuses, in forms of its own. What may hold one is left out as a whole.
func (a *attempt) cause(err error) string {
	if a.seals.In(err.Error()) {
		return fault.Bare(err)
	}
	return fault.Cause(err)
}

// shown is an error as a person at the command line may see it, of the same class.
func (a *attempt) shown(err error) error {
	if err == nil || !a.seals.In(err.Error()) {
		return err
	}
	return fault.Wrap(fault.Of(err), a.hidden(err))
}

// hidden is an error as it may be logged.
func (a *attempt) hidden(err error) error {
	if err == nil || !a.seals.In(err.Error()) {
		return err
	}
	return errors.New(fault.Bare(err))
}
