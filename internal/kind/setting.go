package kind

import (
	"context"

	"github.com/salve-security/salve/internal/control"
)

// Setting is one value of a resource. Where the resource may have no value at all,
// V is a pointer, and nil says so: undo then takes the value away again where a
// plain V would write its zero. An empty text is none in any case.
type Setting[V any] struct {
	// Name is the path of the value in plans, as AWS calls it.
	Name string
	// Get reads the value. It says that the resource is gone, and refuses what the
	// control can never change.
	Get func(ctx context.Context, env control.Env) (V, error)
	// Want returns the value that should be: Always, or the one that is there where
	// it will do.
	Want func(now V, env control.Env) (V, error)
	// Set writes the value, and nothing else of the resource.
	Set func(ctx context.Context, env control.Env, to V) error
}

// Control returns the setting as a control.
func (s Setting[V]) Control(info control.Info) control.Control {
	if s.Name == "" || s.Get == nil || s.Want == nil || s.Set == nil {
		return control.Control{Info: info}
	}
	return control.Of[map[string]V]{Info: info, Read: s.read, Want: s.want, Write: s.write}.Control()
}

func (s Setting[V]) read(ctx context.Context, env control.Env) (map[string]V, error) {
	v, err := s.Get(ctx, env)
	if err != nil {
		return nil, err
	}
	return map[string]V{s.Name: v}, nil
}

func (s Setting[V]) want(now map[string]V, env control.Env) (map[string]V, error) {
	v, err := s.Want(now[s.Name], env)
	if err != nil {
		return nil, err
	}
	return map[string]V{s.Name: v}, nil
}

func (s Setting[V]) write(ctx context.Context, env control.Env, _, to map[string]V) error {
	return s.Set(ctx, env, to[s.Name])
}
