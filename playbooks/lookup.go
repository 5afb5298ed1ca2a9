package playbooks

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/salve-security/salve/internal/control"
)

// Keys lists the standards in the order in which people are shown them.
func (s *Standards) Keys() []string {
	keys := make([]string, 0, len(s.list))
	for _, standard := range s.list {
		keys = append(keys, standard.Key)
	}
	return keys
}

// Standard finds a standard by its key, its slug or its id in AssociatedStandards, in any case of letters.
func (s *Standards) Standard(name string) (Standard, bool) {
	position, ok := s.byKey[strings.ToLower(name)]
	if !ok {
		return Standard{}, false
	}
	return s.list[position], true
}

// Key is Standard for those who need only the key.
func (s *Standards) Key(name string) (string, bool) {
	standard, ok := s.Standard(name)
	return standard.Key, ok
}

// ARNs are what Security Hub calls the standards, by their keys; {region} stands for a Region.
func (s *Standards) ARNs() map[string]string {
	arns := map[string]string{}
	for _, standard := range s.list {
		arns[standard.Key] = standard.StandardsARN
	}
	return arns
}

// Resolve returns the controls an id of a standard names. Where they are two, a finding's own
// SecurityControlId decides between them. An id that no list knows names none.
func (s *Standards) Resolve(standard, id string) []string {
	found, ok := s.Standard(standard)
	if !ok {
		return nil
	}
	return slices.Clone(s.ids[strings.ToLower(found.Slug+"/"+id)])
}

// Control finds a control in any case of letters.
func (s *Standards) Control(id string) (Control, bool) {
	control, ok := s.controls[strings.ToLower(id)]
	if !ok {
		return Control{}, false
	}
	found := *control
	found.Names, found.Resources = slices.Clone(control.Names), slices.Clone(control.Resources)
	return found, true
}

// Listing is Control in the words of a declaration: it completes those of playbooks.
func (s *Standards) Listing(id string) (control.Listing, bool) {
	found, ok := s.controls[strings.ToLower(id)]
	if !ok {
		return control.Listing{}, false
	}
	return control.Listing{
		ID: found.ID, Title: found.Title, Severity: control.Severity(found.Severity), Resources: found.Resources,
	}, true
}

// Canonical is Control for those who need only the id as Security Hub writes it.
func (s *Standards) Canonical(id string) (string, bool) {
	control, ok := s.controls[strings.ToLower(id)]
	if !ok {
		return "", false
	}
	return control.ID, true
}

// ControlIDs lists every control of every standard, by service and number.
func (s *Standards) ControlIDs() []string { return slices.Clone(s.controlIDs) }

// CompareControls orders control ids as people do: services by name, then controls by number.
func CompareControls(a, b string) int {
	serviceA, numberA, _ := strings.Cut(a, ".")
	serviceB, numberB, _ := strings.Cut(b, ".")
	return cmp.Or(
		strings.Compare(strings.ToLower(serviceA), strings.ToLower(serviceB)),
		cmp.Compare(number(numberA), number(numberB)),
		strings.Compare(a, b),
	)
}

// number reads the digits of an id; what is no number sorts first.
func number(text string) int {
	n, err := strconv.Atoi(text)
	if err != nil {
		return -1
	}
	return n
}
