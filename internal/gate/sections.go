package gate

import (
	"regexp"
	"slices"
)

// Section is a part of the document that a release may not enforce yet.
type Section string

// The sections the gate alone does not enforce.
const (
	SectionClasses Section = "classes"
	SectionWindows Section = "windows"
)

var weekday = regexp.MustCompile(`^(mon|tue|wed|thu|fri|sat|sun)$`)

// enforced refuses a part of a section whose words would be believed but not kept.
func (v *checker) enforced(section Section, path string) {
	if !slices.Contains(v.known.Enforced, section) {
		v.add(path, "is not supported in this release", "remove it: it would have no effect")
	}
}
