package control

import (
	"fmt"
	"path"
	"sort"
	"strings"
)

// Registry is the set of controls a program knows. It is a value: build it once
// and pass it on.
type Registry struct {
	byID map[string]Control
	all  []Control
}

// NewRegistry returns a registry of the controls, or an error that names a
// control whose declaration is incomplete or stands twice.
func NewRegistry(controls ...Control) (Registry, error) {
	r := Registry{byID: make(map[string]Control, len(controls))}
	states := map[string]Control{}
	for _, c := range controls {
		if err := c.check(); err != nil {
			return Registry{}, err
		}
		key := strings.ToLower(c.ID)
		if _, twice := r.byID[key]; twice {
			return Registry{}, fmt.Errorf("control %s is declared twice", c.ID)
		}
		if of, shared := states[c.State]; shared && c.State != "" && !c.state.shape().sameWritten(of.state.shape()) {
			return Registry{}, fmt.Errorf("controls %s and %s share the state %q and write different types: %s, %s",
				of.ID, c.ID, c.State, of.state.shape().of, c.state.shape().of)
		}
		states[c.State] = c
		r.byID[key] = c
		r.all = append(r.all, c)
	}
	sort.Slice(r.all, func(i, j int) bool { return Less(r.all[i].ID, r.all[j].ID) })
	return r, nil
}

// Get returns the control with the id, whatever its capitals.
func (r Registry) Get(id string) (Control, bool) {
	c, ok := r.byID[strings.ToLower(id)]
	return c, ok
}

// All returns the controls sorted by service and number.
func (r Registry) All() []Control { return append([]Control(nil), r.all...) }

// Actions returns the IAM actions of all controls, undo included, sorted and once each.
func (r Registry) Actions() []string {
	seen := map[string]bool{}
	for _, c := range r.all {
		for _, a := range append(append([]string(nil), c.Actions...), c.UndoActions...) {
			seen[a] = true
		}
	}
	out := make([]string, 0, len(seen))
	for a := range seen {
		out = append(out, a)
	}
	sort.Strings(out)
	return out
}

// Less orders control ids by service, then by number: S3.2 comes before S3.10.
func Less(a, b string) bool {
	sa, na := splitID(a)
	sb, nb := splitID(b)
	if sa != sb {
		return sa < sb
	}
	if len(na) != len(nb) {
		return len(na) < len(nb)
	}
	return na < nb
}

func splitID(id string) (service, number string) {
	service, number, _ = strings.Cut(strings.ToLower(id), ".")
	return service, number
}

func (c Control) check() error {
	needs := []struct {
		field   string
		missing bool
	}{
		{"ID", c.ID == ""},
		{"Title", c.Title == ""},
		{"Resource", c.Resource == ""},
		{"Effect", c.Effect == ""},
		{"Severity", c.Severity == ""},
		{"Impact", c.Impact == ""},
		{"Pattern with a group for the name", c.Pattern == nil || c.Pattern.NumSubexp() < 1},
		{"Actions", len(c.Actions) == 0},
		{"a mechanism", c.state == nil},
	}
	for _, n := range needs {
		if n.missing {
			return fmt.Errorf("control %q lacks %s", c.ID, n.field)
		}
	}
	for _, p := range c.Params {
		// The default must be a value that people could have set themselves.
		if _, err := c.Resolve(map[string]any{p.Name: p.Default}); err != nil || p.Meaning == "" {
			return fmt.Errorf("control %q: parameter %q lacks a meaning or its default is no value of it: %w", c.ID, p.Name, err)
		}
	}
	for glob := range c.OneWay {
		// A glob that never matches would promise an undo that is impossible.
		if _, err := path.Match(glob, ""); err != nil {
			return fmt.Errorf("control %q: one way %q: %w", c.ID, glob, err)
		}
	}
	if err := c.state.shape().checkFacts(); err != nil {
		return fmt.Errorf("control %q: %w", c.ID, err)
	}
	return c.checkWaits()
}
