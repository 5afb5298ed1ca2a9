package doctor

import (
	"fmt"
	"strings"
	"time"

	"github.com/salve-security/salve/internal/fault"
)

// The pages that say how something is set up.
const (
	pageHub     = "salve deploy hub; see docs/install.md, Deploy the hub"
	pageMember  = "see docs/install.md, Onboard a member"
	pageShell   = "see docs/install.md, A shell for operators"
	pageRules   = "see docs/operations.md, Turn a control on"
	pageUnits   = "see docs/operations.md, Units and tags of accounts"
	pageUpgrade = "see docs/operations.md, Upgrade and rollback"
)

func ok(format string, args ...any) Answer {
	return Answer{Verdict: OK, Sentence: fmt.Sprintf(format, args...)}
}

func wrong(fix, format string, args ...any) Answer {
	return Answer{Verdict: Wrong, Sentence: fmt.Sprintf(format, args...), Fix: fix}
}

func notAsked(format string, args ...any) Answer {
	return Answer{Verdict: NotAsked, Sentence: fmt.Sprintf(format, args...)}
}

func unknown(fix, format string, args ...any) Answer {
	return Answer{Verdict: Unknown, Sentence: fmt.Sprintf(format, args...), Fix: fix}
}

// unread is the answer where AWS did not let us look in the hub, or did not answer. Needs are the actions it takes.
func unread(err error, needs ...string) Answer {
	if fault.Of(err) == fault.Denied {
		return unknown("work as the role salve-operator, which may look; "+pageShell,
			"may not look, needs %s: %s", strings.Join(needs, ", "), fault.Cause(err))
	}
	return unknown("", "could not be looked at: %s", fault.Cause(err))
}

// unseen is the same of a look in the member, which its role takes.
func unseen(err error, action string) Answer {
	switch fault.Of(err) { //nolint:exhaustive // the others are no matter of rights
	case fault.NotOnboarded:
		return notAsked("the account's role cannot be entered, see role")
	case fault.Denied:
		if fault.Shut(err) {
			return notAsked("the account's role cannot be entered, see role")
		}
		return unknown("have somebody look who may in that account", "may not look, the account's role needs %s: %s", action,
			fault.Cause(err))
	}
	return unknown("", "could not be looked at: %s", fault.Cause(err))
}

// day is a time for people; AWS may leave it out.
func day(t *time.Time) string {
	if t == nil {
		return "an unknown time"
	}
	return t.UTC().Format(time.DateTime)
}
