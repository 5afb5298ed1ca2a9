package playbooks_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/salve-security/salve/internal/control"
)

// TestWhatIsWrittenAlikeIsNamed: two controls whose runs may make the same change of the same kind of resource must
// say by State or Writes whether they write the same. Else an exception for one would not keep off the other.
func TestWhatIsWrittenAlikeIsNamed(t *testing.T) {
	_, registry := loaded(t)
	all := registry.All()
	for i, a := range all {
		for _, b := range all[i+1:] {
			if !common(a.Resources, b.Resources) || !common(changes(a), changes(b)) {
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
}

func common(a, b []string) bool {
	return slices.ContainsFunc(a, func(s string) bool { return slices.Contains(b, s) })
}

// changes are the actions of a control that are no reads and no tags.
func changes(c control.Control) []string {
	reads := c.Reads()
	return slices.DeleteFunc(slices.Clone(c.Actions), func(action string) bool {
		return slices.Contains(reads, action) || strings.HasSuffix(action, ":CreateTags")
	})
}
