package policydoc

import (
	"slices"
	"strings"
)

// Shut says what the denials among all statements leave of what one allows anybody to
// do, of actions of some kinds ("s3:Get*"): wholly tells that nothing is left, partly
// that something may be, or not: who is exempt, or on which condition, takes thought.
func Shut(all []Statement, allows Statement, kinds ...string) (wholly, partly bool) {
	parts := allows.doing(kinds)
	var plain []Statement
	for _, d := range all {
		if !d.meansAnybody() || !slices.ContainsFunc(parts, d.touches) {
			continue
		}
		every, some := d.on(allows)
		if every && len(d.Condition) == 0 && d.NotPrincipal == nil {
			plain = append(plain, d)
		}
		partly = partly || some
	}
	left := func(part string) bool {
		return !slices.ContainsFunc(plain, func(d Statement) bool { return d.denies(part) })
	}
	wholly = len(parts) > 0 && !slices.ContainsFunc(parts, left)
	return wholly, partly && !wholly
}

// Denied tells that a denial on no condition leaves nothing of an action that a statement allows somebody whom it names
// as AWS does: by an ARN, or as an account.
func Denied(all []Statement, allows Statement, who, action string) bool {
	return slices.ContainsFunc(all, func(d Statement) bool {
		every, _ := d.on(allows)
		named := d.ofEverybody() || slices.Contains(d.Principal[byAWS], who)
		return d.Effect == "Deny" && named && every && len(d.Condition) == 0 && d.denies(strings.ToLower(action))
	})
}

// meansAnybody tells a denial that nobody can keep from meaning him, or only some whom it names.
func (s Statement) meansAnybody() bool {
	return s.Effect == "Deny" && (s.ofEverybody() || s.NotPrincipal != nil) && !s.avoidable()
}

// doing are the actions of the kinds that a statement is about, in small letters: its own where they are narrower, else
// the kinds.
func (s Statement) doing(kinds []string) []string {
	var out []string
	for _, kind := range kinds {
		kind = strings.ToLower(kind)
		if s.NotAction != nil && s.MayDo(kind) {
			out = append(out, kind)
		}
		for _, pattern := range s.Action {
			pattern = strings.ToLower(pattern)
			switch {
			case !meets(pattern, kind):
			case covers(kind, pattern):
				out = append(out, pattern)
			default:
				out = append(out, kind)
			}
		}
	}
	return out
}

// touches tells that a statement may be about some of the actions that a pattern in small letters names.
func (s Statement) touches(part string) bool {
	if s.NotAction != nil {
		return !slices.ContainsFunc(s.NotAction, func(but string) bool { return actionOf(but, part) })
	}
	kind := kindOf(part)
	return slices.ContainsFunc(s.Action, func(pattern string) bool { return meets(strings.ToLower(pattern), kind) })
}

// kindOf is a kind of which all are that a pattern names: the pattern up to what it leaves open.
func kindOf(pattern string) string {
	if open := strings.IndexAny(pattern, "*?"); open >= 0 {
		return pattern[:open] + "*"
	}
	return pattern
}

// denies tells that a denial is about all of the actions that a pattern in small letters names.
func (s Statement) denies(part string) bool {
	if s.NotAction != nil {
		kind := strings.TrimSuffix(kindOf(part), "*") + "*" // and what is named like it
		return !slices.ContainsFunc(s.NotAction, func(but string) bool { return meets(strings.ToLower(but), kind) })
	}
	return slices.ContainsFunc(s.Action, func(pattern string) bool { return actionOf(pattern, part) })
}

// on tells that a denial is for every resource of another statement, or for some of those that it names. Of one that
// says for which it is not, that takes thought.
func (s Statement) on(other Statement) (every, some bool) {
	if s.NotResource != nil || other.NotResource != nil {
		return false, true
	}
	every = len(other.Resource) > 0
	for _, resource := range other.Resource {
		about := s.about(resource)
		every, some = every && about, some || about
	}
	return every, some
}

// avoidable tells that whoever asks can keep a denial from meaning him: by how he asks, not by who he is.
func (s Statement) avoidable() bool {
	for _, keys := range s.Condition {
		for key := range keys {
			switch key = strings.ToLower(key); {
			case key == "aws:securetransport", key == "aws:referer", key == "aws:useragent", key == "s3:tlsversion",
				strings.HasPrefix(key, "s3:x-amz-"):
				return true
			}
		}
	}
	return false
}
