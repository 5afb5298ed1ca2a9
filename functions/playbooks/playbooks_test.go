package playbooks_test

import (
	"slices"
	"testing"

	playbook "github.com/salve-security/salve/functions/playbooks"
	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/playbooks"
)

// TestControlsAreListed: the registry takes title, severity and resource types
// from the lists, so what is left to hold is that findings of the control still come.
func TestControlsAreListed(t *testing.T) {
	standards, registry := loaded(t)
	if len(registry.All()) < 17 {
		t.Errorf("only %d controls are registered", len(registry.All()))
	}
	for _, c := range registry.All() {
		if !control.Own(c.ID) {
			listed(t, standards, c)
		}
	}
}

func loaded(t *testing.T) (*playbooks.Standards, control.Registry) {
	t.Helper()
	standards, err := playbooks.Load()
	if err != nil {
		t.Fatal(err)
	}
	registry, err := playbook.All(standards.Listing)
	if err != nil {
		t.Fatal(err)
	}
	return standards, registry
}

func listed(t *testing.T, standards *playbooks.Standards, c control.Control) {
	t.Helper()
	listed, ok := standards.Control(c.ID)
	switch {
	case !ok || listed.ID != c.ID:
		t.Errorf("%s: no list in playbooks/ has the control, written like this", c.ID)
	case listed.Retired || len(listed.Names) == 0:
		t.Errorf("%s: no standard reports the control any more", c.ID)
	case listed.Title != c.Title || listed.Severity != string(c.Severity) || !slices.Equal(listed.Resources, c.Resources):
		t.Errorf("%s is %q, %s, of %v: the lists say %+v", c.ID, c.Title, c.Severity, c.Resources, listed)
	}
}
