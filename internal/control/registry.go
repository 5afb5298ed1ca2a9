package control

import (
	"cmp"
	"fmt"
	"path"
	"slices"
	"sort"
	"strings"

	"github.com/salve-security/salve/internal/names"
)

// Registry is the set of controls a program knows. It is a value: build it once
// and pass it on.
type Registry struct {
	byID map[string]Control
	all  []Control
}

// NewRegistry returns a registry of the controls, completed from the lists of
// standards, or an error that names a control whose declaration is incomplete or
// stands twice. Without lists each declaration says all itself.
func NewRegistry(list Catalogue, controls ...Control) (Registry, error) {
	r := Registry{byID: make(map[string]Control, len(controls))}
	states := map[string]Control{}
	for _, c := range controls {
		c, err := c.listed(list)
		if err != nil {
			return Registry{}, err
		}
		c.Role = cmp.Or(c.Role, RoleRemediation)
		c.Identities = c.Identities || c.Role == RoleIdentity
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

// In is the registry where names and roles of Salve's own are as an account asks for.
func (r Registry) In(home names.Home) Registry {
	out := Registry{byID: make(map[string]Control, len(r.byID)), all: make([]Control, len(r.all))}
	for i, c := range r.all {
		out.all[i] = c.In(home)
		out.byID[strings.ToLower(c.ID)] = out.all[i]
	}
	return out
}

// Get returns the control with the id, whatever its capitals.
func (r Registry) Get(id string) (Control, bool) {
	c, ok := r.byID[strings.ToLower(id)]
	return c, ok
}

// All returns the controls sorted by service and number.
func (r Registry) All() []Control { return append([]Control(nil), r.all...) }

// Actions returns the IAM actions of all controls whose runs enter the role, undo
// included, sorted and once each. What is read before anything is written, RoleRemediation reads.
func (r Registry) Actions(role Role) []string {
	var out []string
	for _, c := range r.all {
		switch role { //nolint:exhaustive // the others read nothing for anybody
		case c.Role:
			out = append(append(out, c.Actions...), c.UndoActions...)
		case RoleRemediation:
			out = append(out, c.Reads()...)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// Passes returns the services that controls of the role give roles to, sorted and once each.
func (r Registry) Passes(role Role) []string {
	var out []string
	for _, c := range r.all {
		if c.Role == role {
			out = append(out, c.Passes...)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// Less orders control ids by service, then by number: S3.2 comes before S3.10.
// Those of Salve's own are ordered by their names.
func Less(a, b string) bool {
	sa, na := splitID(a)
	sb, nb := splitID(b)
	if sa != sb {
		return sa < sb
	}
	if len(na) != len(nb) && sa != ownService {
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
		{"ID as Security Hub writes them, or of Salve's own as in Salve.DoThis", !named(c.ID)},
		{"Title", c.Title == ""},
		{"Resources", len(c.Resources) == 0 || slices.Contains(c.Resources, "")},
		{"Effect", c.Effect == ""},
		{"Severity", c.Severity == ""},
		{"Fails with a rule or Custom, and none for an id of Salve's own", !c.Fails.fits(Own(c.ID))},
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
	if err := c.state.shape().checkFacts(); err != nil {
		return fmt.Errorf("control %q: %w", c.ID, err)
	}
	for _, check := range []func() error{c.checkOneWay, c.checkReach, c.checkStart, c.checkWaits, c.checkPasses} {
		if err := check(); err != nil {
			return err
		}
	}
	return nil
}

// checkOneWay finds a glob that never matches: it would promise an undo that is impossible.
func (i Info) checkOneWay() error {
	for glob := range i.OneWay {
		if _, err := path.Match(glob, ""); err != nil {
			return fmt.Errorf("control %q: one way %q: %w", i.ID, glob, err)
		}
	}
	return nil
}
