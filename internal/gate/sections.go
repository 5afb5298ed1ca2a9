package gate

import (
	"fmt"
	"regexp"
	"slices"
)

// Section is a part of the document that a release may not enforce yet.
type Section string

// The sections the gate alone does not enforce.
const (
	SectionClasses Section = "classes"
	SectionWindows Section = "windows"
	SectionLimits  Section = "limits"
)

var weekday = regexp.MustCompile(`^(mon|tue|wed|thu|fri|sat|sun)$`)

func (v *checker) classes(classes *Classes) {
	if classes == nil {
		return
	}
	v.enforced(SectionClasses, "classes")
	if classes.Tag == "" {
		v.add("classes.tag", "is missing", "name the tag that holds the class")
	}
	for name, mode := range map[string]Mode{
		"green": classes.Green, "yellow": classes.Yellow, "red": classes.Red, "unclassified": classes.Unclassified,
	} {
		v.mode("classes."+name, mode, true)
	}
}

// limits lets the breaker's limit through, which every release enforces.
func (v *checker) limits(limits *Limits) {
	if limits == nil {
		return
	}
	others := map[string]*int{
		"per_control_per_hour": limits.PerControlPerHour, "per_account_per_hour": limits.PerAccountPerHour,
		"attempts": limits.Attempts,
	}
	for name, value := range others {
		if value != nil {
			v.enforced(SectionLimits, "limits."+name)
		}
		v.atLeastOne(name, value)
	}
	v.atLeastOne("stop_after_failures", limits.StopAfterFailures)
	if limits.Cooldown != nil {
		v.enforced(SectionLimits, "limits.cooldown")
		if *limits.Cooldown < 0 {
			v.add("limits.cooldown", "is negative", "write it like 15m")
		}
	}
}

func (v *checker) atLeastOne(limit string, value *int) {
	if value != nil && *value < 1 {
		v.add("limits."+limit, fmt.Sprintf("is %d", *value), "write 1 or more; mode off stops a control")
	}
}

// enforced refuses a part of a section whose words would be believed but not kept.
func (v *checker) enforced(section Section, path string) {
	if !slices.Contains(v.known.Enforced, section) {
		v.add(path, "is not supported in this release", "remove it: it would have no effect")
	}
}
