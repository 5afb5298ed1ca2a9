package enginetest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"

	"github.com/aws/smithy-go"

	"github.com/salve-security/salve/internal/control"
)

// resource is one of a member's: settings by name, each of which is read and
// written as a whole.
type resource struct {
	account, region string // where it is; no Region for what is global
	settings        map[string]json.RawMessage
	tags            map[string]string
}

// add makes a resource.
func (w *World) add(id, account, region string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.resources[id] = &resource{
		account: account, region: region, settings: map[string]json.RawMessage{}, tags: map[string]string{},
	}
}

// Remove takes a resource away. It may be gone already.
func (w *World) Remove(id string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.resources, id)
}

// There tells whether a resource is there.
func (w *World) There(id string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	_, there := w.resources[id]
	return there
}

// Tag gives a resource tags.
func (w *World) Tag(id string, tags map[string]string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	maps.Copy(w.resources[id].tags, tags)
}

// Untag takes a tag away.
func (w *World) Untag(id, key string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.resources[id].tags, key)
}

// Has tells whether there is a resource.
func (w *World) Has(id string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.resources[id] != nil
}

// setting is what a resource has, behind Salve's back; nil where it has none.
func setting[T any](w *World, id, name string) *T {
	w.mu.Lock()
	defer w.mu.Unlock()
	value, err := w.resources[id].get(name)
	if err != nil || value == nil {
		return nil
	}
	out := new(T)
	if err := json.Unmarshal(value, out); err != nil {
		return nil
	}
	return out
}

// set changes a setting behind Salve's back; nil takes it away.
func set[T any](w *World, id, name string, v *T) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return put(w.resources[id], name, v)
}

// get is nil where there is no such setting.
func (r *resource) get(name string) (json.RawMessage, error) {
	if r == nil {
		return nil, errGone()
	}
	return r.settings[name], nil
}

func put[T any](r *resource, name string, v *T) error {
	if r == nil {
		return errGone()
	}
	if v == nil {
		delete(r.settings, name)
		return nil
	}
	value, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("keep %s: %w", name, err)
	}
	r.settings[name] = value
	return nil
}

func errGone() error {
	return &smithy.GenericAPIError{Code: "ResourceNotFoundException", Message: "There is no such resource"}
}

// Read is how a control reads a setting of its resource: by the call Get and its
// name, with the rights of its session. Nil is a resource without that setting.
func Read[T any](ctx context.Context, env control.Env, service, name string) (*T, error) {
	var out *T
	err := reach(ctx, env, Call{Service: service, Operation: "Get" + name}, func(r *resource) error {
		value, err := r.get(name)
		if err != nil || value == nil {
			return err
		}
		out = new(T)
		if err := json.Unmarshal(value, out); err != nil {
			return fmt.Errorf("read %s: %w", name, err)
		}
		return nil
	})
	return out, err
}

// Write is how a control writes a setting of its resource, by the call Put and its name; nil takes it away.
func Write[T any](ctx context.Context, env control.Env, service, name string, v *T) error {
	return reach(ctx, env, Call{Service: service, Operation: "Put" + name, Write: true}, func(r *resource) error {
		return put(r, name, v)
	})
}

// Do is how a control calls anything else for its resource, with the rights of its session.
func Do(ctx context.Context, env control.Env, c Call, do func() error) error {
	return reach(ctx, env, c, func(*resource) error { return do() })
}

// reach calls the resource of a run with the rights of its session.
func reach(ctx context.Context, env control.Env, c Call, do func(*resource) error) error {
	s, ok := env.Config.Credentials.(*session)
	if !ok {
		return errors.New("no session of this world")
	}
	c.Resource = env.Target.Resource
	return s.world.call(ctx, c, func() error {
		s.world.mu.Lock()
		defer s.world.mu.Unlock()
		r := s.world.resources[c.Resource]
		if r != nil && r.region != "" && r.region != s.Target.Region {
			r = nil
		}
		if err := s.denied(action(c.Service, c.Operation), c.Resource, r); err != nil {
			return err
		}
		return do(r)
	})
}
