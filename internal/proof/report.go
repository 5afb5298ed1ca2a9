// Package proof is what a test in a sandbox saw, and what of it counts: reports of AWS that are committed to
// docs/proof. What pages say of AWS follows from them, and from nothing else.
package proof

import (
	"regexp"
	"strings"
)

// Version is that of the form of reports.
const Version = 1

// Report is what a test saw. It has no account ids and no secrets: it can be sent to anybody.
type Report struct {
	Version   int       `json:"version"`
	Program   string    `json:"program"`  // version of Salve
	Revision  string    `json:"revision"` // of its sources
	Go        string    `json:"go"`       // that it was built with
	Day       string    `json:"day"`
	Partition string    `json:"partition"`
	Region    string    `json:"region"`
	Account   string    `json:"account"`  // all but the last four digits are masked
	Emulated  bool      `json:"emulated"` // true: not on AWS
	OK        bool      `json:"ok"`       // every step went well
	Made      []string  `json:"made"`     // what of Salve was missing, and was made for the test
	Steps     []Step    `json:"steps"`    // of the deployment: deploy and take back
	Controls  []Control `json:"controls"`
}

// Control is what a test saw of one control.
type Control struct {
	Control string `json:"control"`
	Packed  []int  `json:"packed_policy_percent"` // of each session, of what STS takes
	Steps   []Step `json:"steps"`
}

// Step is one step.
type Step struct {
	Step         string `json:"step"`
	Milliseconds int64  `json:"milliseconds"`
	OK           bool   `json:"ok"`
	Error        string `json:"error,omitempty"`
}

// Steps are those of a control, in their order.
func Steps() []string { return []string{"make", "fix", "verify", "undo", "destroy"} }

// Passed tells that every step went well.
func (r Report) Passed() bool {
	all := [][]Step{r.Steps}
	for _, c := range r.Controls {
		all = append(all, c.Steps)
	}
	for _, steps := range all {
		for _, s := range steps {
			if !s.OK {
				return false
			}
		}
	}
	return len(r.Controls) > 0
}

// accountID is what looks like the id of an account.
func accountID() *regexp.Regexp { return regexp.MustCompile(`\d{12}`) }

// Scrubbed is a text without account ids.
func Scrubbed(text string) string { return accountID().ReplaceAllString(text, "ACCOUNT") }

// Masked is an account id of which its owner knows it, and nobody else.
func Masked(account string) string {
	const shown = 4
	if len(account) <= shown {
		return account
	}
	return strings.Repeat("*", len(account)-shown) + account[len(account)-shown:]
}
