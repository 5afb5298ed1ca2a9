package gate

import (
	"fmt"
	"slices"
	"strings"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/finding"
)

// setting is a mode and where in the document it is set; no place: nothing sets it.
type setting struct {
	mode      Mode
	place     string
	uncovered bool // it is about the controls of a release that did not have this one
	after     Days // of mode auto: how long others have
}

// effective is the mode that holds for a finding. The control's own entry wins, then patterns that mean it, then its
// standards. Where the places of its own do not match, those hold or the default, whichever is stricter: an entry that
// automates one account must not loosen the others. A reason is given if the mode cannot be told.
func effective(in Input) (setting, Reason) {
	fallback := setting{mode: in.Config.Defaults.Mode, place: "defaults.mode"}
	if fallback.mode == "" {
		fallback = setting{mode: Manual}
	}
	key, own := entry(in.Config, in.Control.ID)
	if s, reason := modeOf(key, own, in); s.mode != "" || reason != "" {
		return s, reason
	}
	listed, reason := byPatterns(in)
	if listed.mode == "" && reason == "" {
		listed, reason = byStandards(in)
	}
	switch {
	case reason != "":
		return setting{}, reason
	case listed.mode == "", own.Mode != "" && fallback.mode.rank() < listed.mode.rank():
		return fallback, ""
	}
	return listed, ""
}

// byStandards is the strictest mode the control's standards have here; empty if they have none.
func byStandards(in Input) (setting, Reason) {
	var strictest setting
	for _, standard := range in.Control.Standards {
		key, rule := entry(in.Config, StandardPrefix+standard)
		s, reason := modeOf(key, rule, in)
		if reason != "" {
			return setting{}, reason
		}
		strictest = stricter(strictest, s)
	}
	return strictest, ""
}

// modeOf is the rule's mode if the rule has one and a place of it matches. Where it may be off it does not act.
func modeOf(key string, rule Rule, in Input) (setting, Reason) {
	s := setting{
		mode: rule.Mode, place: "controls." + key, after: rule.After,
		uncovered: rule.lacks(key, in.Control.ID),
	}
	if off, reason := anyWhere(rule.OffIn, in); off >= 0 {
		return setting{mode: Off, place: fmt.Sprintf("%s.off_in[%d]", s.place, off)}, ""
	} else if reason != "" {
		return setting{}, reason
	}
	if rule.Mode == "" || len(rule.Where) == 0 {
		return s, ""
	}
	matched, reason := anyWhere(rule.Where, in)
	if matched < 0 {
		return setting{}, reason
	}
	s.place += fmt.Sprintf(".where[%d]", matched)
	return s, ""
}

// entry finds the entry of a control or standard, and how its name is spelt, in any case of letters; the zero Rule
// where there is none.
func entry(c Config, key string) (string, Rule) {
	if rule, ok := c.Controls[key]; ok {
		return key, rule
	}
	if name, ok := c.folded(key); ok {
		return name, c.Controls[name]
	}
	return "", Rule{}
}

// Parameters are the ones configured for a control.
func (c Config) Parameters(id string) map[string]any {
	_, rule := entry(c, id)
	return rule.Parameters
}

// Runbook is what carries a control out in place of Salve's playbook; nil where that does.
func (c Config) Runbook(id string) *control.Mapping {
	_, rule := entry(c, id)
	return rule.Runbook
}

// anyWhere says which of the places matches, -1 for none. If none does for sure, but one might, the reason says what
// is missing to tell.
func anyWhere(list []Where, in Input) (int, Reason) {
	missing := Reason("")
	for i, where := range list {
		matched, reason := matches(where, in)
		if matched {
			return i, ""
		}
		if reason != "" {
			missing = reason
		}
	}
	return -1, missing
}

// matches tells whether a finding is in a place, and not in what is left out of it. If nobody can tell, the reason.
func matches(w Where, in Input) (bool, Reason) {
	matched, missing := lies(w, in)
	if !matched && missing == "" || len(w.Except) == 0 {
		return matched, missing
	}
	out, unknown := anyWhere(w.Except, in)
	switch {
	case out >= 0:
		return false, "" // whatever else nobody knows
	case unknown != "":
		return false, unknown
	}
	return matched, missing
}

// lies looks at what is certain first: a place in another account needs no snapshot to be ruled out.
func lies(w Where, in Input) (bool, Reason) {
	if !w.could(in) {
		return false, ""
	}
	if len(w.Severities) > 0 && !finding.KnownSeverity(in.Finding.Severity) {
		return false, UnknownSeverity
	}
	if len(w.OUs) > 0 {
		if in.Snapshots.OUs == nil {
			return false, UnknownOUs
		}
		member := func(ou string) bool { return slices.Contains(in.Snapshots.OUs, ou) }
		if !slices.ContainsFunc(w.OUs, member) {
			return false, ""
		}
	}
	if matched, reason := matchAccountTags(w.AccountTags, in.Snapshots.Placed); !matched {
		return false, reason
	}
	return matchTags(w.Tags, in.Snapshots.Tags)
}

// matchAccountTags wants every tag of the account. A key that nobody has read is not known to be missing.
func matchAccountTags(want map[string][]string, have Placed) (bool, Reason) {
	missing := Reason("")
	for tag, values := range want {
		value, ok := have.Tags[tag]
		switch {
		case ok && !slices.Contains(values, value):
			return false, ""
		case ok:
		case have.Tags == nil || !slices.Contains(have.Kept, tag):
			missing = UnknownAccountTags
		case missing == "":
			missing = MissingAccountTag
		}
	}
	return missing == "", missing
}

// could tells that nothing which the finding says rules the place out.
func (w Where) could(in Input) bool {
	f := in.Finding
	among := func(list []string, is func(string) bool) bool { return len(list) == 0 || slices.ContainsFunc(list, is) }
	return among(w.Accounts, func(id string) bool { return id == f.Account }) &&
		among(w.Regions, func(pattern string) bool { return glob(pattern, f.Resource.Region) }) &&
		among(w.Resources, in.wish().on) &&
		among(w.Severities, func(label string) bool { return label == f.Severity || !finding.KnownSeverity(f.Severity) })
}

// matchTags wants every tag. A resource without one of them is not sorted into any place: it might belong here.
func matchTags(want map[string][]string, have map[string]string) (bool, Reason) {
	if len(want) > 0 && have == nil {
		return false, UnknownTags
	}
	missing := Reason("")
	for tag, values := range want {
		value, ok := have[tag]
		switch {
		case !ok:
			missing = MissingTag
		case !slices.Contains(values, value):
			return false, ""
		}
	}
	return missing == "", missing
}

// glob compares a text with a pattern in which * stands for anything.
func glob(pattern, text string) bool {
	before, rest, star := strings.Cut(pattern, "*")
	if !star {
		return pattern == text
	}
	if !strings.HasPrefix(text, before) {
		return false
	}
	text = text[len(before):]
	for {
		part, more, star := strings.Cut(rest, "*")
		if !star {
			return strings.HasSuffix(text, part)
		}
		at := strings.Index(text, part) // the first place is the best: what follows has the most left
		if at < 0 {
			return false
		}
		text, rest = text[at+len(part):], more
	}
}

// on tells that an id, or a pattern of ids, is of what somebody wants to write to.
func (w Wish) on(resource string) bool {
	return glob(resource, w.Resource) || w.Same != nil && w.Same(resource)
}
