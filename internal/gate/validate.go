package gate

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/salve-security/salve/internal/control"
)

// Known is what a document is checked against.
type Known struct {
	Control  func(id string) bool  // a control some standard or playbook knows, in any case of letters
	Standard func(key string) bool // the key of a standard, in small letters
	// Like tells that a pattern such as S3.* means some control; nil: not asked.
	Like func(pattern string) bool
	// Identities tells controls that decide who may do what, which have no mode auto; nil: not asked.
	Identities func(id string) bool
	Enforced   []Section // what this release enforces; the others are refused
	// Release is this one, which entries for several controls have to name where they act by themselves; "": not asked.
	Release string
	// Expand are the controls that a pattern or a standard's key means; nil: not asked.
	Expand func(key string) []string
	// Today bounds how far ahead exceptions and freezes may end; zero: not asked, as of what is stored.
	Today time.Time

	// Whether some Region has the name or fits the pattern, and whether the control takes the parameters; nil: not asked.
	Region func(pattern string) bool
	Params func(control string, given map[string]any) error
	// Runbook finds what is wrong with a mapping for a control; nil: not asked.
	Runbook func(id string, m control.Mapping) []control.MappingProblem
}

var (
	accountShape  = regexp.MustCompile(`^[0-9]{12}$`)
	ouShape       = regexp.MustCompile(`^(ou-[a-z0-9]{4,32}-[a-z0-9]{4,32}|r-[a-z0-9]{4,32})$`)
	resourceGlob  = regexp.MustCompile(`^\S*[^\s*]\S*$`)
	severityShape = regexp.MustCompile(`^(CRITICAL|HIGH|MEDIUM|LOW|INFORMATIONAL)$`)
	regionGlob    = regexp.MustCompile(`^[a-z0-9*-]{1,32}$`)
)

// latest is the last day that an exception may have.
func (k Known) latest() time.Time {
	return k.Today.UTC().Truncate(24*time.Hour).AddDate(0, 0, LongestDays)
}

// checker collects the problems of one document.
type checker struct {
	lines    map[string]int
	known    Known
	problems []Problem
}

// Validate checks that the document makes sense and that this release does what it says. All problems are
// reported, joined.
func (c Config) Validate(known Known) error {
	v := &checker{lines: c.lines, known: known}
	if c.Version != Version {
		v.add("version", fmt.Sprintf("is %d", c.Version), "write version: 1")
	}
	v.people(c)
	v.mode("defaults.mode", c.Defaults.Mode)
	if c.Defaults.Mode == Auto {
		// It would also automate every control a later release brings.
		v.add("defaults.mode", "is auto", "name the controls or a standard under controls")
	}
	v.rules(c)
	v.overlap(c)
	for i, exception := range c.Exceptions {
		v.exception(fmt.Sprintf("exceptions[%d]", i), exception)
	}
	v.byTag(c.ByTag)
	v.classes(c.Classes)
	v.windows(c.Windows)
	v.freezes(c.Freezes)
	v.calendars(c.Calendars)
	v.limits(c.Limits)
	v.rings(c)
	v.approvals(c.Approvals)
	v.staysFixed(c.StaysFixed)
	return v.sorted()
}

// sorted joins the problems in the order of the document.
func (v *checker) sorted() error {
	slices.SortFunc(v.problems, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), strings.Compare(a.Path, b.Path))
	})
	list := make([]error, 0, len(v.problems))
	for _, problem := range v.problems {
		list = append(list, problem)
	}
	return errors.Join(list...)
}

// add notes a problem, on the line of the nearest thing that stands in the document.
func (v *checker) add(path, text, fix string) {
	line := v.lines[path]
	for parent := path; line == 0 && parent != ""; line = v.lines[parent] {
		parent = parent[:max(0, strings.LastIndexAny(parent, ".["))]
	}
	v.problems = append(v.problems, Problem{Line: line, Path: path, Text: text, Fix: fix})
}

func (v *checker) mode(path string, mode Mode) {
	if mode == "" || mode.known() {
		return
	}
	v.add(path, fmt.Sprintf("is %q", mode), "write off, plan, manual, approve or auto")
}

// rules checks the entries. Keys that differ in case only would make it chance which one holds.
func (v *checker) rules(c Config) {
	seen := map[string]bool{}
	for _, key := range c.Keys() {
		rule, path := c.Controls[key], "controls."+key
		if seen[strings.ToLower(key)] {
			v.add(path, "is given twice, in different case", "keep one")
		}
		seen[strings.ToLower(key)] = true
		v.key(path, key, rule)
		v.released(path, key, rule)
		if rule.Mode == "" && len(rule.Parameters)+len(rule.OffIn) == 0 && rule.Runbook == nil {
			v.add(path, "says nothing", "give it a mode, places where it is off, parameters or a runbook")
		}
		v.mode(path+".mode", rule.Mode)
		if rule.Mode == Auto && v.known.Identities != nil && v.known.Identities(key) {
			v.add(path+".mode", "is auto, and "+key+" decides who may do what",
				"write approve, manual or plan: a person starts it")
		}
		if _, err := json.Marshal(rule.Parameters); err != nil {
			v.add(path+".parameters", "holds a value JSON does not know", "use text, numbers, true, false and lists of them")
		}
		v.after(path+".after", rule)
		v.params(path+".parameters", key, rule.Parameters)
		v.runbook(path+".runbook", key, rule.Runbook)
		v.places(path+".where", rule.Where, "remove it to mean everywhere")
		v.places(path+"."+offIn, rule.OffIn, "remove it to mean nowhere")
		if len(rule.Where) > 0 && rule.Mode == "" {
			v.add(path+".where", "stands without a mode", "give the entry a mode; parameters hold everywhere")
		}
	}
}

func (v *checker) params(path, control string, given map[string]any) {
	if v.known.Params == nil || len(given) == 0 || several(control) {
		return
	}
	if err := v.known.Params(control, given); err != nil {
		v.add(path, err.Error(), "salve controls show "+control+" lists them")
	}
}

// runbook checks what carries a control out in place of Salve's playbook.
func (v *checker) runbook(path, key string, m *control.Mapping) {
	switch {
	case m == nil:
	case Pattern(key):
		v.add(path, "is given for several controls", "give it to single controls")
	case several(key):
		v.add(path, "is given for a standard", "give it to single controls")
	case v.known.Runbook != nil:
		for _, p := range v.known.Runbook(key, *m) {
			v.add(strings.TrimSuffix(path+"."+p.Field, "."), p.Text, p.Fix)
		}
	}
}

func (v *checker) key(path, key string, rule Rule) {
	standard, isStandard := strings.CutPrefix(strings.ToLower(key), StandardPrefix)
	switch {
	case isStandard && !v.known.Standard(standard):
		v.add(path, "is not a standard Salve knows", "salve standards lists their keys")
	case several(key) && len(rule.Parameters) > 0:
		v.add(path+".parameters", "are given for several controls", "give them to single controls")
	case Pattern(key) && v.known.Like != nil && !v.known.Like(key):
		v.add(path, "matches no control Salve knows", "salve controls list shows them")
	case Pattern(key):
	case !isStandard && !v.known.Control(key):
		v.add(path, "is not a control Salve knows", "salve controls list shows them")
	}
}

// places refuses places that match more than they seem to.
func (v *checker) places(path string, list []Where, without string) {
	if list != nil && len(list) == 0 {
		v.add(path, "is empty", without)
	}
	for i, where := range list {
		at := fmt.Sprintf("%s[%d]", path, i)
		if !where.narrows() && len(where.Except) == 0 {
			v.add(at, "would match everything", "give it accounts, ous, regions, tags, account_tags, resources or severities")
		}
		v.each(at+".accounts", where.Accounts, accountShape, "quote 12 digits")
		v.each(at+".ous", where.OUs, ouShape, "write the id of a unit or root, such as ou-ab12-prod1234")
		v.each(at+".regions", where.Regions, regionGlob, "write a Region, * standing for anything")
		v.regions(at+".regions", where.Regions)
		v.each(at+".resources", where.Resources, resourceGlob, "write an ARN or id, * standing for anything")
		v.each(at+".severities", where.Severities, severityShape, "write CRITICAL, HIGH, MEDIUM, LOW or INFORMATIONAL")
		v.excepted(at+".except", where.Except)
		v.tags(at+".tags", where.Tags)
		v.tags(at+".account_tags", where.AccountTags)
	}
}

func (v *checker) tags(path string, tags map[string][]string) {
	for tag, values := range tags {
		if tag == "" || len(values) == 0 {
			v.add(path, fmt.Sprintf("has no values for %q", tag), "list the values that match")
		}
	}
}

// excepted checks what is left out of a place, which has nothing left out of it itself.
func (v *checker) excepted(path string, list []Where) {
	v.places(path, list, "remove it to leave nothing out")
	for i, where := range list {
		at := fmt.Sprintf("%s[%d]", path, i)
		if len(where.Except) > 0 {
			v.add(at+".except", "leaves out of what is left out", "write it as another place")
		}
	}
}

// each checks the items of a list that was given; a list given empty would match everything.
func (v *checker) each(path string, items []string, shape *regexp.Regexp, fix string) {
	if items != nil && len(items) == 0 {
		v.add(path, "is empty", "list values or remove it")
	}
	for i, item := range items {
		if !shape.MatchString(item) {
			v.add(fmt.Sprintf("%s[%d]", path, i), fmt.Sprintf("is %q", item), fix)
		}
	}
}

// regions refuses names that no Region has: a rule for them would never hold, and nobody would notice.
func (v *checker) regions(path string, patterns []string) {
	for i, pattern := range patterns {
		if v.known.Region != nil && regionGlob.MatchString(pattern) && !v.known.Region(pattern) {
			v.add(fmt.Sprintf("%s[%d]", path, i), fmt.Sprintf("is %q, which no Region is called", pattern),
				"write one such as eu-west-1; one newer than this release is matched with a star, such as eu-*")
		}
	}
}

// names tells that a name of an exception means a control at least.
func (v *checker) names(name string) bool {
	switch {
	case name == allControls:
		return true
	case strings.ContainsAny(name, "*?"):
		return v.known.Like == nil || v.known.Like(name)
	}
	return v.known.Control(name)
}

// exception wants somebody who answers for it and a last day: it switches protection off.
func (v *checker) exception(path string, e Exception) {
	for name := range strings.SplitSeq(e.Control, ",") {
		if name = strings.TrimSpace(name); !v.names(name) {
			v.add(path+".control", fmt.Sprintf("%q is not a control Salve knows", name), "salve controls list shows them; "+
				"S3.* is for several, * for all")
		}
	}
	if e.Account != "" {
		v.each(path+".account", []string{e.Account}, accountShape, "quote 12 digits")
	}
	given := map[string]string{"resource": e.Resource + e.Account, "reason": e.Reason, "owner": e.Owner}
	for field, value := range given {
		if strings.TrimSpace(value) == "" {
			v.add(path+"."+field, "is missing", "an exception needs a resource, a reason and an owner")
		}
	}
	switch day := e.Expires.Day; {
	case day.IsZero():
		v.add(path+".expires", "is missing", "write its last day, such as 2027-03-31")
	case !v.known.Today.IsZero() && day.After(v.known.latest()):
		v.add(path+".expires", "is "+e.LastDay()+", more than a year ahead",
			"write "+v.known.latest().Format(time.DateOnly)+" or a day before it, and renew it then")
	}
}
