package playbooks_test

import (
	"testing"

	playbook "github.com/salve-security/salve/functions/playbooks"
	"github.com/salve-security/salve/playbooks"
)

// TestControlsAreListed holds every control to what Security Hub calls it: an
// id that no list knows would never meet a finding, and a severity of our own
// would tell people something else than their console does.
func TestControlsAreListed(t *testing.T) {
	registry, err := playbook.All()
	if err != nil {
		t.Fatal(err)
	}
	standards, err := playbooks.Load()
	if err != nil {
		t.Fatal(err)
	}
	if len(registry.All()) < 17 {
		t.Errorf("only %d controls are registered", len(registry.All()))
	}
	for _, c := range registry.All() {
		listed, ok := standards.Control(c.ID)
		switch {
		case !ok || listed.ID != c.ID:
			t.Errorf("%s: no list in playbooks/ has the control, written like this", c.ID)
		case listed.Retired || len(listed.Names) == 0:
			t.Errorf("%s: no standard reports the control any more", c.ID)
		case listed.Title != c.Title:
			t.Errorf("%s: title %q, Security Hub says %q", c.ID, c.Title, listed.Title)
		case listed.Severity != string(c.Severity):
			t.Errorf("%s: severity %s, Security Hub says %s", c.ID, c.Severity, listed.Severity)
		}
	}
}
