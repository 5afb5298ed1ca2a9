package playbooks

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/salve-security/salve/internal/control"
)

var (
	controlShape  = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9]*\.[1-9][0-9]*$`)
	idShape       = regexp.MustCompile(`^([0-9]+(\.[0-9]+){1,3}|([A-Za-z][A-Za-z0-9]*\.){1,2}[0-9]+)$`)
	keyShape      = regexp.MustCompile(`^[a-z0-9.-]+$`)
	slugShape     = regexp.MustCompile(`^[a-z0-9-]+/v/[0-9]+\.[0-9]+\.[0-9]+$`)
	typeShape     = regexp.MustCompile(`^(Aws[A-Za-z0-9]+|Other)$`)
	severityShape = regexp.MustCompile(`^(CRITICAL|HIGH|MEDIUM|LOW|INFORMATIONAL)$`)
)

// New checks the lists and composes them. Every problem is reported, not only the first.
func New(list []Standard) (*Standards, error) {
	s := &Standards{
		list:     list,
		byKey:    map[string]int{},
		controls: map[string]*Control{},
		ids:      map[string][]string{},
	}
	var problems []error
	for i, standard := range list {
		problems = append(problems, s.add(i, standard)...)
	}
	if len(problems) > 0 {
		return nil, fmt.Errorf("the lists of standards: %w", errors.Join(problems...))
	}
	for _, control := range s.controls {
		control.Retired = !slices.ContainsFunc(control.Names, func(m Membership) bool { return !m.Retired })
		s.controlIDs = append(s.controlIDs, control.ID)
	}
	slices.SortFunc(s.controlIDs, CompareControls)
	return s, nil
}

// add files one list under all names of its standard.
func (s *Standards) add(position int, standard Standard) []error {
	problems := checkHead(standard)
	for _, name := range []string{standard.Key, standard.Slug, standard.StandardsID} {
		if _, taken := s.byKey[strings.ToLower(name)]; taken {
			problems = append(problems, fmt.Errorf("%s: %q names two standards", standard.Key, name))
		}
		s.byKey[strings.ToLower(name)] = position
	}
	listed := map[string]bool{}
	addAll := func(entries []Entry, retired bool) {
		for _, entry := range entries {
			err := errors.Join(s.addEntry(standard, entry, retired, listed), standard.checkPack(entry))
			if err != nil {
				problems = append(problems, fmt.Errorf("%s: %w", standard.Key, err))
			}
		}
	}
	addAll(standard.Controls, false)
	addAll(standard.Retired, true)
	return problems
}

// checkHead compares the fields that repeat each other; a slip in one would make findings unresolvable.
func checkHead(s Standard) []error {
	var problems []error
	if !keyShape.MatchString(s.Key) || !slugShape.MatchString(s.Slug) || s.Name == "" || len(s.Controls) == 0 {
		problems = append(problems, fmt.Errorf("%q: key, name, slug and controls are needed", s.Key))
	}
	if !strings.HasSuffix(s.Slug, "/v/"+s.Version) {
		problems = append(problems, fmt.Errorf("%s: slug %q is not of version %q", s.Key, s.Slug, s.Version))
	}
	for _, value := range []string{s.StandardsID, s.StandardsARN, s.GeneratorID} {
		if !strings.Contains(value, s.Slug) {
			problems = append(problems, fmt.Errorf("%s: %q does not contain the slug", s.Key, value))
		}
	}
	if !strings.HasSuffix(s.GeneratorID, "/{id}") {
		problems = append(problems, fmt.Errorf("%s: generator_id must end in /{id}", s.Key))
	}
	return problems
}

// addEntry files one row. Two controls may share an id, as CIS gives S3.1 and S3.8 one requirement; the same
// control twice is a slip.
func (s *Standards) addEntry(standard Standard, entry Entry, retired bool, listed map[string]bool) error {
	if !controlShape.MatchString(entry.Control) || !severityShape.MatchString(entry.Severity) || entry.Title == "" {
		return fmt.Errorf("%q: a control, a severity and a title are needed", entry.ID)
	}
	key := strings.ToLower(entry.Control)
	if listed[key] {
		return fmt.Errorf("%s is listed twice", entry.Control)
	}
	listed[key] = true
	listedAs, known := s.controls[key]
	if !known {
		if err := entry.checkControl(); err != nil {
			return err
		}
		listedAs = &Control{ID: entry.Control, Title: entry.Title, Severity: entry.Severity, Resources: entry.Resource}
		s.controls[key] = listedAs
	}
	if !listedAs.is(entry) {
		return fmt.Errorf("%s differs in spelling, title, severity or resource from another list", entry.Control)
	}
	listedAs.Names = append(listedAs.Names, Membership{Standard: standard.Key, ID: entry.ID, Retired: retired})
	for _, id := range append([]string{entry.ID}, entry.Alternates...) {
		if !idShape.MatchString(id) {
			return fmt.Errorf("%q is not the shape of an id", id)
		}
		at := strings.ToLower(standard.Slug + "/" + id)
		if slices.Contains(s.ids[at], entry.Control) {
			return fmt.Errorf("%s has the id %q twice", entry.Control, id)
		}
		s.ids[at] = append(s.ids[at], entry.Control)
	}
	return nil
}

// checkControl looks at what is said of a control the first time; the other lists must say the same.
func (e Entry) checkControl() error {
	if control.Own(e.Control) {
		return fmt.Errorf("%s: ids of Salve's own are in no standard", e.Control)
	}
	if i := slices.IndexFunc(e.Resource, func(t string) bool { return !typeShape.MatchString(t) }); i >= 0 {
		return fmt.Errorf("%s: %q is not the shape of a resource type", e.Control, e.Resource[i])
	}
	return nil
}

// is tells that a row says what is known of its control already.
func (c Control) is(e Entry) bool {
	return c.ID == e.Control && c.Title == e.Title && c.Severity == e.Severity && slices.Equal(c.Resources, e.Resource)
}
