package selftest

import (
	"regexp"
	"strings"
)

// Report is what a test saw. It has no account ids and no secrets: it can be sent to anybody.
type Report struct {
	Version   int       `json:"version"`
	Program   string    `json:"program"`  // version of Salve
	Revision  string    `json:"revision"` // of its sources
	Day       string    `json:"day"`
	Partition string    `json:"partition"`
	Region    string    `json:"region"`
	Emulated  bool      `json:"emulated"` // true: not on AWS
	OK        bool      `json:"ok"`       // every step of every control
	Controls  []Control `json:"controls"`
}

// Control is what a test saw of one control.
type Control struct {
	Control string `json:"control"`
	Packed  []int  `json:"packed_policy_percent"` // of each session, of what STS takes
	Steps   []Step `json:"steps"`
}

// Step is one step: make, fix, verify, undo, destroy.
type Step struct {
	Step         string `json:"step"`
	Milliseconds int64  `json:"milliseconds"`
	OK           bool   `json:"ok"`
	Error        string `json:"error,omitempty"`
}

// Passed tells that every step of every control went well.
func Passed(all []Control) bool {
	for _, c := range all {
		for _, s := range c.Steps {
			if !s.OK {
				return false
			}
		}
	}
	return len(all) > 0
}

// scrubbed is a text without account ids.
func scrubbed(text string) string {
	return regexp.MustCompile(`\d{12}`).ReplaceAllString(text, "ACCOUNT")
}

// Proven says what the last report of AWS has proven; the zero Report for none.
func Proven(last Report) string {
	if !last.OK {
		return "Proven on AWS: never."
	}
	var ids []string
	for _, c := range last.Controls {
		ids = append(ids, c.Control)
	}
	return "Proven on AWS: " + strings.Join(ids, ", ") + ", on " + last.Day + " in " + last.Region + " with " +
		last.Program + "."
}
