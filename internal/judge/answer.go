package judge

import (
	"strings"

	"github.com/salve-security/salve/internal/ran"
)

// Finding is what a check says of a resource.
type Finding struct {
	Check    string `json:"check"`
	Status   string `json:"status"`
	Resource string `json:"resource"` // an ARN, mostly
	Name     string `json:"name"`
	Region   string `json:"region"`
	Detail   string `json:"detail"`
}

// Answer is what a scan found.
type Answer struct {
	Checks   []string  `json:"checks"` // that were asked
	Findings []Finding `json:"findings"`
	Errors   []string  `json:"errors"` // what Prowler could not read
	Failed   string    `json:"failed"` // why there is no answer
}

// What a check says. There are others, which decide nothing.
const (
	pass = "PASS"
	fail = "FAIL"
	none = "none"
)

// accountID begins the id of a resource that is an account.
const accountID = "AWS::::Account:"

// about tells that a finding is about the resource of a look. About an account is whatever the check finds there.
func (f Finding) about(l ran.Look) bool {
	if strings.HasPrefix(l.Resource, accountID) || f.Resource == l.Resource {
		return true
	}
	name := strings.TrimPrefix(l.Name, "/")
	if name == "" {
		return false
	}
	return f.Name == name || f.Resource == name || strings.HasSuffix(f.Resource, "/"+name) ||
		strings.HasSuffix(f.Resource, ":"+name)
}

// says is what a check says of the resource of a look: that one finding fails counts more than that others pass.
func (a Answer) says(check string, l ran.Look) string {
	said := none
	for _, f := range a.Findings {
		switch {
		case f.Check != check || !f.about(l):
		case f.Status == fail:
			return fail
		case f.Status == pass:
			said = pass
		}
	}
	return said
}

// statuses are what every check says of every resource; a resource that fails in one finding fails.
func (a Answer) statuses() map[Finding]string {
	out := map[Finding]string{}
	for _, f := range a.Findings {
		at := Finding{Check: f.Check, Resource: f.Resource, Name: f.Name, Region: f.Region}
		if f.Status == fail || f.Status == pass && out[at] == "" {
			out[at] = f.Status
		}
	}
	return out
}
