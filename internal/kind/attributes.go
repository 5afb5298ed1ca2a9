package kind

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/salve-security/salve/internal/control"
)

// Attributes are values of a resource that AWS keeps as a map of texts: of a load
// balancer, a topic, a queue, a parameter group. The state has those of Keys and no
// others. To AWS and to a state, an empty text is an attribute that is not set.
type Attributes struct {
	// Keys are the attributes that the control decides on, as AWS calls them.
	Keys []string
	// Get reads attributes; those that are not of Keys are left out.
	Get func(ctx context.Context, env control.Env) (map[string]string, error)
	// Want returns what should be, by key. A key it does not name stays as it is; an
	// empty text takes the attribute away.
	Want func(now map[string]string, env control.Env) (map[string]string, error)
	// Put writes the attributes that change, by key: an empty text takes one away.
	Put func(ctx context.Context, env control.Env, change map[string]string) error
}

// Control returns the attributes as a control.
func (a Attributes) Control(info control.Info) control.Control {
	if len(a.Keys) == 0 || a.Get == nil || a.Want == nil || a.Put == nil {
		return control.Control{Info: info}
	}
	return control.Of[map[string]string]{Info: info, Read: a.read, Want: a.want, Write: a.write}.Control()
}

func (a Attributes) read(ctx context.Context, env control.Env) (map[string]string, error) {
	all, err := a.Get(ctx, env)
	if err != nil {
		return nil, err
	}
	now := map[string]string{}
	for _, key := range a.Keys {
		if v := all[key]; v != "" {
			now[key] = v
		}
	}
	return now, nil
}

func (a Attributes) want(now map[string]string, env control.Env) (map[string]string, error) {
	wanted, err := a.Want(maps.Clone(now), env)
	if err != nil {
		return nil, err
	}
	to := map[string]string{}
	maps.Copy(to, now)
	for key, v := range wanted {
		if !slices.Contains(a.Keys, key) {
			return nil, fmt.Errorf("attribute %q is wanted and never read: it is none of %q", key, a.Keys)
		}
		to[key] = v
	}
	return to, nil
}

func (a Attributes) write(ctx context.Context, env control.Env, from, to map[string]string) error {
	change := map[string]string{}
	for _, key := range a.Keys {
		if from[key] != to[key] {
			change[key] = to[key]
		}
	}
	if len(change) == 0 {
		return nil
	}
	return a.Put(ctx, env, change)
}
