package gate

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/salve-security/salve/internal/plain"
)

// Approvals say who may answer plans that wait, and what counts as an answer.
type Approvals struct {
	Approvers []Approver `json:"approvers,omitempty" yaml:"approvers"`
	// FourEyes wants another person than the one who asked; a click, which carries no name, wants two.
	FourEyes bool `json:"four_eyes,omitempty" yaml:"four_eyes"`
	// Expires is how long a plan waits before that denies it; nil is a week.
	Expires *Duration `json:"expires,omitempty" yaml:"expires"`
}

// Approver is a user or a role of the hub's account that may answer plans.
type Approver struct {
	ARN string `json:"arn" yaml:"arn"`
	// ID is the unique id that AWS gave it, which a push looks up and nobody writes by hand: a user or role that is made
	// anew under the same name has another one, and is not the one that was meant.
	ID string `json:"id,omitempty" yaml:"id"`
	// NamedSessions says that the identity provider sets the names of the role's sessions, or that its trust policy pins
	// them. Without it all sessions of a role are one person.
	NamedSessions bool     `json:"named_sessions,omitempty" yaml:"named_sessions"`
	Accounts      []string `json:"accounts,omitempty" yaml:"accounts"` // only plans there; none: all
	Controls      []string `json:"controls,omitempty" yaml:"controls"` // only plans of these; * stands for anything
}

// How long a plan may wait for approval.
const (
	approvalLasts    = 7 * 24 * time.Hour
	shortestApproval = time.Hour
	longestApproval  = 90 * 24 * time.Hour
)

// maxApprovers bounds what a push has to look up.
const maxApprovers = 50

// ApprovalLasts is how long a plan waits for approval.
func (c Config) ApprovalLasts() time.Duration {
	if c.Approvals == nil || c.Approvals.Expires == nil {
		return approvalLasts
	}
	return min(max(time.Duration(*c.Approvals.Expires), shortestApproval), longestApproval)
}

// FourEyes tells that who asks for a change may not approve it.
func (c Config) FourEyes() bool { return c.Approvals != nil && c.Approvals.FourEyes }

// Approver is the one with a unique id. One whose id nobody has looked up is nobody.
func (c Config) Approver(id string) (Approver, bool) {
	if c.Approvals == nil || id == "" {
		return Approver{}, false
	}
	at := slices.IndexFunc(c.Approvals.Approvers, func(a Approver) bool { return a.ID == id })
	if at < 0 {
		return Approver{}, false
	}
	return c.Approvals.Approvers[at], true
}

// May tells that the approver is not limited to other accounts or controls.
func (a Approver) May(account, control string) bool {
	return (len(a.Accounts) == 0 || slices.Contains(a.Accounts, account)) &&
		(len(a.Controls) == 0 || slices.ContainsFunc(a.Controls, func(p string) bool { return plain.Like(p, control) }))
}

var (
	approverARN = regexp.MustCompile(`^arn:aws[a-z-]*:iam::[0-9]{12}:(user|role)/` +
		`([A-Za-z0-9+=,.@_/-]*/)?[A-Za-z0-9+=,.@_-]{1,64}$`)
	// Source: IAM User Guide, "IAM identifiers", unique identifiers.
	uniqueID = regexp.MustCompile(`^(AIDA|AROA)[A-Z0-9]{12,124}$`)
)

// approvals checks who may answer plans. A document may bring ids along that a push has stored before.
func (v *checker) approvals(a *Approvals) {
	if a == nil {
		return
	}
	if n := len(a.Approvers); n == 0 || n > maxApprovers {
		v.add("approvals.approvers", fmt.Sprintf("names %d", n),
			fmt.Sprintf("name 1 to %d users or roles of the hub's account", maxApprovers))
	}
	seen := map[string]bool{}
	for i, who := range a.Approvers {
		at := fmt.Sprintf("approvals.approvers[%d]", i)
		v.approver(at, who)
		if seen[who.ARN] {
			v.add(at+".arn", "is given twice", "keep one")
		}
		seen[who.ARN] = true
	}
	if e := a.Expires; e != nil && (time.Duration(*e) < shortestApproval || time.Duration(*e) > longestApproval) {
		v.add("approvals.expires", "is not between 1h and 2160h", "write it like 72h")
	}
}

func (v *checker) approver(at string, who Approver) {
	role := strings.Contains(who.ARN, ":role/")
	switch {
	case !approverARN.MatchString(who.ARN):
		v.add(at+".arn", fmt.Sprintf("is %q, no ARN of one user or role", plain.Short(who.ARN, maxContact)),
			"write it as arn:PARTITION:iam::ACCOUNT:role/NAME, without a *")
	case who.NamedSessions && !role:
		v.add(at+".named_sessions", "is given for a user, who has no sessions", "remove it")
	case who.ID != "" && (!uniqueID.MatchString(who.ID) || role != strings.HasPrefix(who.ID, "AROA")):
		v.add(at+".id", fmt.Sprintf("is %q", plain.Short(who.ID, maxContact)), "remove it: a push looks it up")
	}
	v.each(at+".accounts", who.Accounts, accountShape, "quote 12 digits")
	for i, pattern := range who.Controls {
		if !strings.Contains(pattern, "*") && !v.known.Control(pattern) {
			v.add(fmt.Sprintf("%s.controls[%d]", at, i), "is not a control Salve knows", "salve controls list shows them")
		}
	}
	if who.Controls != nil && len(who.Controls) == 0 {
		v.add(at+".controls", "is empty", "list values or remove it")
	}
}
