package playbooks_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/salve-security/salve/internal/control"
	ssmdocuments "github.com/salve-security/salve/ssm-documents"
)

// TestWhatIsWrittenAlikeIsNamed: two controls whose runs may make the same change of the same kind of resource must
// say by State or Writes whether they write the same. Else an exception for one would not keep off the other.
func TestWhatIsWrittenAlikeIsNamed(t *testing.T) {
	_, registry := loaded(t)
	all := registry.All()
	for i, a := range all {
		for _, b := range all[i+1:] {
			if !common(a.Resources, b.Resources) || !common(changes(t, a), changes(t, b)) {
				continue
			}
			for _, c := range []control.Control{a, b} {
				if c.State == "" && c.Writes == "" {
					t.Errorf("%s and %s make the same calls: name what %s writes", a.ID, b.ID, c.ID)
				}
			}
		}
	}
	group, _ := registry.Get("EC2.2")
	if !slices.Contains(registry.Sharing(group), "EC2.19") {
		t.Error("EC2.2 and EC2.19 both revoke rules of security groups")
	}
	runbook, _ := registry.Get("Salve.CloseBucket")
	written, _ := registry.Get("S3.8")
	if !common(changes(t, runbook), changes(t, written)) {
		t.Error("Salve.CloseBucket does by a runbook what S3.8 writes")
	}
}

func common(a, b []string) bool {
	return slices.ContainsFunc(a, func(s string) bool { return slices.Contains(b, s) })
}

// changes are the actions of a control that are no reads and no tags. What is started changes what its role may: that
// all of them are started in the same way is nothing in common.
func changes(t *testing.T, c control.Control) []string {
	t.Helper()
	actions := slices.Clone(c.Actions)
	if c.Starts() {
		documents, err := ssmdocuments.Documents()
		if err != nil {
			t.Fatal(err)
		}
		actions = nil
		for _, p := range ssmdocuments.Families(documents)[c.Family] {
			actions = append(actions, p.Actions...)
		}
	}
	return slices.DeleteFunc(actions, func(action string) bool {
		return control.Reading(action) || strings.HasSuffix(action, "Tags") || action == "iam:PassRole"
	})
}
