package enginetest

import (
	"context"
	"errors"
	"testing"

	"github.com/salve-security/salve/internal/control"
)

// Switch is the state of a resource that has to be on.
type Switch struct{ On bool }

// Switched is a control that wants a switch on. Who reads and writes it is the test's own.
func Switched(
	read func(context.Context, control.Env) (Switch, error),
	write func(ctx context.Context, env control.Env, from, to Switch) error,
) control.Of[Switch] {
	if write == nil { // the tests that give none end before
		write = func(context.Context, control.Env, Switch, Switch) error {
			return errors.New("nothing is to be written")
		}
	}
	return control.Of[Switch]{
		Read: read, Write: write,
		Want: func(Switch, control.Env) (Switch, error) { return Switch{On: true}, nil },
	}
}

// Off is a switch that is off.
func Off(context.Context, control.Env) (Switch, error) { return Switch{}, nil }

// Broken makes Store.3 a control whose write always ends so. Of all others the process has Store.1.
func Broken(t *testing.T, p *Process, answer func() error) *Process {
	t.Helper()
	return Unable(t, p, Off, answer)
}

// Unable is Broken with a read of its own.
func Unable(
	t *testing.T, p *Process, read func(context.Context, control.Env) (Switch, error), answer func() error,
) *Process {
	t.Helper()
	write := func(context.Context, control.Env, Switch, Switch) error { return answer() }
	return Instead(t, p, Switched(read, write), "Store.1")
}
