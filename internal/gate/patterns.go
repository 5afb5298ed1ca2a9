package gate

import (
	"slices"
	"strings"

	"github.com/salve-security/salve/internal/plain"
)

// Pattern tells that a key of the document stands for several controls, such as S3.*.
func Pattern(key string) bool {
	return strings.ContainsAny(key, "*?") && !strings.HasPrefix(strings.ToLower(key), StandardPrefix)
}

// several tells that an entry is about controls that it does not name: of a pattern, or of a standard.
func several(key string) bool {
	return Pattern(key) || strings.HasPrefix(strings.ToLower(key), StandardPrefix)
}

// lacks tells that an entry, which names a release, does not cover a control: the release had none of that name. A
// pattern that acts by itself covers what it was pushed with, and nothing else.
func (r Rule) lacks(key, control string) bool {
	if r.Mode != Auto || !several(key) || r.Release == "" && !Pattern(key) {
		return false
	}
	return !slices.Contains(r.Covers, control) &&
		!slices.ContainsFunc(r.Covers, func(id string) bool { return strings.EqualFold(id, control) })
}

// patterns are the keys that stand for several controls and mean this one, in order.
func (c Config) patterns(control string) []string {
	keys := c.allPatterns()
	if len(keys) == 0 {
		return nil
	}
	if c.index != nil {
		if known, ok := c.index.meant.Load(control); ok {
			return known.([]string) //nolint:forcetypeassert // nothing else is stored
		}
	}
	mean := slices.DeleteFunc(slices.Clone(keys), func(key string) bool { return !plain.Like(key, control) })
	if c.index != nil { // there are as many as there are controls with a playbook
		c.index.meant.Store(control, mean)
	}
	return mean
}

func (c Config) allPatterns() []string {
	if c.index != nil {
		return c.index.patterns
	}
	return slices.DeleteFunc(c.Keys(), func(key string) bool { return !Pattern(key) })
}

// byPatterns is the strictest mode that patterns set for the control here; empty where none does.
func byPatterns(in Input) (setting, Reason) {
	var strictest setting
	for _, key := range in.Config.patterns(in.Control.ID) {
		s, reason := modeOf(key, in.Config.Controls[key], in)
		if reason != "" {
			return setting{}, reason
		}
		strictest = stricter(strictest, s)
	}
	return strictest, ""
}

// stricter is the setting of two that allows less; one that covers the control less than one that does not know it.
func stricter(a, b setting) setting {
	switch {
	case b.mode == "", a.mode != "" && (a.mode.rank() < b.mode.rank() || a.uncovered && a.mode == b.mode):
		return a
	case a.mode == "", b.mode.rank() < a.mode.rank(), b.uncovered && a.mode == b.mode:
		return b
	case a.mode == b.mode && b.after > a.after && !a.uncovered: // the one that gives others more time
		return b
	}
	return a
}

// Covered is the document in which entries that stand for several controls, act by themselves and name a release say
// which those are; expand tells it of this release. Those of another one are taken from what is stored. It returns the
// entries of which nobody can tell.
func (c Config) Covered(release string, expand func(key string) []string, stored Config) (Config, []string) {
	var unknown []string
	controls := make(map[string]Rule, len(c.Controls))
	for key, rule := range c.Controls {
		if several(key) && rule.Mode == Auto && rule.Release != "" && len(rule.Covers) == 0 {
			_, was := entry(stored, key)
			switch {
			case rule.Release == release:
				rule.Covers = expand(key)
			case was.Release == rule.Release:
				rule.Covers = slices.Clone(was.Covers)
			}
			if len(rule.Covers) == 0 {
				unknown = append(unknown, key)
			}
		}
		controls[key] = rule
	}
	if len(c.Controls) > 0 {
		c.Controls = controls
	}
	slices.Sort(unknown)
	return c, unknown
}

// Fresh are the controls that an entry stands for now and does not cover, because its release had none of that name.
func (r Rule) Fresh(key string, expand func(key string) []string) []string {
	if r.Mode != Auto || !several(key) || len(r.Covers) == 0 {
		return nil
	}
	return slices.DeleteFunc(expand(key), func(id string) bool { return !r.lacks(key, id) })
}

// maxPatterns bounds what each decision has to compare.
const maxPatterns = 50

// released checks entries that stand for several controls: what acts by itself names the release that it is about.
func (v *checker) released(path, key string, rule Rule) {
	switch {
	case rule.Release == "" && len(rule.Covers) > 0:
		v.add(path+".covers", "stands without a release", "remove it: a push looks up what a release has")
	case rule.Release != "" && (!several(key) || rule.Mode != Auto):
		v.add(path+".release", "is given", "remove it: it is for mode auto of a pattern such as S3.*, or of a standard")
	case several(key) && rule.Mode == Auto && rule.Release == "" && v.known.Release != "":
		v.add(path+".mode", "is auto for controls that are not named, and for those of later releases",
			"write release: "+v.known.Release+" beside it, or name the controls")
	}
}

// overlap refuses patterns that say different things of a control which has no entry of its own.
func (v *checker) overlap(c Config) {
	patterns := c.allPatterns()
	if len(patterns) > maxPatterns {
		v.add("controls", "has too many patterns", "keep 50, and name the other controls")
		return
	}
	if v.known.Expand == nil {
		return
	}
	first := map[string]string{} // the pattern that a control is in
	for _, key := range patterns {
		if c.Controls[key].Mode == "" {
			continue
		}
		for _, id := range v.known.Expand(key) {
			if _, own := entry(c, id); own.Mode != "" {
				continue
			}
			other, twice := first[id]
			if twice && c.Controls[other].Mode != c.Controls[key].Mode {
				v.add("controls."+key, "means "+id+" too, which "+other+" sets to mode "+string(c.Controls[other].Mode),
					"give "+id+" an entry of its own, or both patterns the same mode")
				break
			}
			first[id] = key
		}
	}
}
