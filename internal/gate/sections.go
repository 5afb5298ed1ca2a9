package gate

import (
	"fmt"
	"regexp"
	"slices"
	"time"

	"github.com/salve-security/salve/internal/control"
)

// Section is a part of the document that a release may not enforce yet.
type Section string

// The sections the gate alone does not enforce.
const (
	SectionClasses Section = "classes"
	SectionWindows Section = "windows"
)

var (
	clock   = regexp.MustCompile(`^([01][0-9]|2[0-3]):[0-5][0-9]$`)
	weekday = regexp.MustCompile(`^(mon|tue|wed|thu|fri|sat|sun)$`)
)

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

func (v *checker) windows(windows []Window) {
	if windows != nil {
		v.enforced(SectionWindows, "windows")
	}
	impacts := []string{string(control.ImpactNone), string(control.ImpactInterrupts), string(control.ImpactDestructive)}
	for i, w := range windows {
		at := fmt.Sprintf("windows[%d]", i)
		v.each(at+".days", w.Days, weekday, "write mon, tue, wed, thu, fri, sat or sun")
		v.each(at+".from", []string{w.From}, clock, `write it like "01:00"`)
		v.each(at+".to", []string{w.To}, clock, `write it like "05:00"`)
		if _, err := time.LoadLocation(w.TZ); err != nil || w.TZ == "" {
			v.add(at+".tz", fmt.Sprintf("is %q", w.TZ), "write a time zone such as Europe/Berlin")
		}
		for _, impact := range w.Impact {
			if !slices.Contains(impacts, impact) {
				v.add(at+".impact", fmt.Sprintf("has %q", impact), "write none, interrupts or destructive")
			}
		}
	}
}

// enforced refuses a part of a section whose words would be believed but not kept.
func (v *checker) enforced(section Section, path string) {
	if !slices.Contains(v.known.Enforced, section) {
		v.add(path, "is not supported in this release", "remove it: it would have no effect")
	}
}
