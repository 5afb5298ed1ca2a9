package enginetest

import (
	"slices"
	"strings"
)

// Standards are the lists of standards of a world. Every standard has every
// control under its own name, and CIS gives Store.3 numbers of its own. Store.9
// is a control that nobody has a playbook for.
type Standards struct{}

// Canonical is a control's id as Security Hub writes it.
func (Standards) Canonical(id string) (string, bool) {
	for _, known := range append(ids(), "Store.9") {
		if strings.EqualFold(known, id) {
			return known, true
		}
	}
	return "", false
}

// Key finds a standard by key, slug or id of AssociatedStandards.
func (Standards) Key(name string) (string, bool) {
	for key, slug := range slugs() {
		if slices.Contains([]string{key, slug, "standards/" + slug}, name) {
			return key, true
		}
	}
	return "", false
}

// Resolve returns the controls an id of a standard names.
func (s Standards) Resolve(standard, id string) []string {
	key, known := s.Key(standard)
	if !known {
		return nil
	}
	if strings.HasPrefix(key, "cis-") && (id == "2.1.4" || id == "2.1.4.2") {
		return []string{"Store.3"}
	}
	if canonical, ok := s.Canonical(id); ok {
		return []string{canonical}
	}
	return nil
}

// slugs are the standards that tests report findings of, by key.
func slugs() map[string]string {
	return map[string]string{
		"fsbp-1.0.0":     "aws-foundational-security-best-practices/v/1.0.0",
		"cis-3.0.0":      "cis-aws-foundations-benchmark/v/3.0.0",
		"cis-5.0.0":      "cis-aws-foundations-benchmark/v/5.0.0",
		"nist-800-53-r5": "nist-800-53/v/5.0.0",
		"pci-4.0.1":      "pci-dss/v/4.0.1",
	}
}
