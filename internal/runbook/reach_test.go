package runbook_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/runbook"
)

// TestOneRoleOneDocument: whatever the resource, and whatever Salve's own runbook for it would need, a session lends
// one role and starts one document.
func TestOneRoleOneDocument(t *testing.T) {
	of := info()
	of.Pattern = regexp.MustCompile(`^arn:aws:(?:s3::|iam::[0-9]{12}):(.+)$`)
	own := kind(&shut{}).Control(of)
	m := mapping(func(m *control.Mapping) {
		m.Resource, m.Proof, m.Parameters = "", nil, map[string]control.Values{"Bucket": {"{{ name }}"}}
	})
	mapped := must(runbook.Mapped(&own, control.Listing{}, m))(t)
	for name, c := range map[string]control.Control{"own": own, "mapped": mapped} {
		for _, resource := range []string{
			"arn:aws:s3:::logs", "arn:aws:iam::" + account + ":role/salve/user/mighty",
			"arn:aws:iam::" + account + ":role/salve/automation/salve-other",
		} {
			at := newWorld().env("").Target
			at.Resource = resource
			limits := must(c.Limits(at, nil))(t)
			has := func(part string) int {
				return len(slices.DeleteFunc(slices.Clone(limits), func(l string) bool { return !strings.Contains(l, part) }))
			}
			if has(":role/salve/") != 1 || name == "mapped" && has(":document/") != 1 {
				t.Errorf("%s on %s: %v", name, resource, limits)
			}
		}
	}
}
