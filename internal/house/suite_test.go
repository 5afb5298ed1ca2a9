package house_test

import (
	"slices"
	"testing"
)

// behindTheSuite are all packages of ours that may be linked into the tests of a playbook beside the playbook: none
// changes because a control is added. Go runs tests anew when anything changes that is linked into them, so the
// registry, what it generates, the lists of standards, templates and runbooks must not be among them.
func behindTheSuite() []string {
	return []string{
		"functions/playbooktest", "internal/calls", "internal/control", "internal/fault", "internal/lab",
		"internal/lab/emulators", "internal/lab/organisation", "internal/lab/securityhub", "internal/member",
		"internal/names", "internal/plain",
		"internal/policy", "internal/ran",
	}
}

// TestOneControlRunsOneSuite: the tests of a playbook come out of Go's cache until something changes that they run.
func TestOneControlRunsOneSuite(t *testing.T) {
	seen := map[string]bool{}
	reached(imports(t, root), "functions/playbooktest", seen)
	for folder := range seen {
		if !slices.Contains(behindTheSuite(), folder) {
			t.Errorf("functions/playbooktest reaches %s: does a new control change that?", folder)
		}
	}
	for _, folder := range behindTheSuite() {
		if !seen[folder] {
			t.Errorf("functions/playbooktest no longer reaches %s: take it off the list", folder)
		}
	}
}
