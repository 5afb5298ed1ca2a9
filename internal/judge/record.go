package judge

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Path is where the record lies in the repository.
const Path = "docs/judge.json"

// Record is what the judge has seen, by control.
type Record struct {
	Prowler  string            `json:"prowler"` // its version
	Controls map[string][]Seen `json:"controls"`
}

// ReadRecord returns the record in a folder, such as that of the repository; one without anything where there is none.
func ReadRecord(root fs.FS, path string) (Record, error) {
	r := Record{Controls: map[string][]Seen{}}
	text, err := fs.ReadFile(root, path)
	if errors.Is(err, fs.ErrNotExist) {
		return r, nil
	}
	if err != nil {
		return r, fmt.Errorf("read what the judge saw: %w", err)
	}
	if err := json.Unmarshal(text, &r); err != nil {
		return r, fmt.Errorf("read what the judge saw: %w", err)
	}
	return r, nil
}

// Write writes the record down, in an order that does not depend on the run.
func (r Record) Write(file string) error {
	for _, all := range r.Controls {
		slices.SortFunc(all, func(a, b Seen) int { return strings.Compare(a.Suite, b.Suite) })
	}
	text, err := json.MarshalIndent(r, "", " ")
	if err != nil {
		return fmt.Errorf("write what the judge saw: %w", err)
	}
	if err := os.WriteFile(filepath.FromSlash(file), append(text, '\n'), 0o644); err != nil {
		return fmt.Errorf("write what the judge saw: %w", err)
	}
	return nil
}

// Open names what nobody has decided: where the judge differs or is silent and there is no reason, what got worse or
// was made failing without a cause; and reasons for what is not so, or not any more.
func (s Settled) Open(c Checks, r Record) error {
	differs, unseen, made := map[string]bool{}, map[string]bool{}, map[string]bool{}
	worse := map[string]map[string]bool{}
	for id, all := range r.Controls {
		verdict := VerdictOf(c.Asks[id], all)
		differs[id], unseen[id] = verdict == Differs, verdict == Silent
		for _, seen := range all {
			made[id] = made[id] || len(seen.Made) > 0
			for check := range seen.Worse {
				if worse[check] == nil {
					worse[check] = map[string]bool{}
				}
				worse[check][id] = true
			}
		}
	}
	return errors.Join(unsettled("differs", s.Differs, differs), unsettled("unseen", s.Unseen, unseen),
		unsettled("made", s.Made, made), s.causes(worse))
}

// unsettled compares the reasons of a kind with what needs one, by control.
func unsettled(kind string, said map[string]string, needs map[string]bool) error {
	var errs []error
	for _, id := range slices.Sorted(maps.Keys(needs)) {
		if needs[id] && said[id] == "" {
			errs = append(errs, fmt.Errorf("settled.yaml: %s: %s is missing", kind, id))
		}
	}
	for _, id := range slices.Sorted(maps.Keys(said)) {
		if !needs[id] {
			errs = append(errs, fmt.Errorf("settled.yaml: %s: %s is there, and not so", kind, id))
		}
	}
	return errors.Join(errs...)
}

// causes compares those of what got worse, by check and control.
func (s Settled) causes(worse map[string]map[string]bool) error {
	var errs []error
	for _, check := range slices.Sorted(maps.Keys(worse)) {
		for _, id := range slices.Sorted(maps.Keys(worse[check])) {
			if s.Worse[check][id] == "" {
				errs = append(errs, fmt.Errorf("settled.yaml: worse: %s fails once %s is fixed: say the cause", check, id))
			}
		}
	}
	for _, check := range slices.Sorted(maps.Keys(s.Worse)) {
		for _, id := range slices.Sorted(maps.Keys(s.Worse[check])) {
			if !worse[check][id] {
				errs = append(errs, fmt.Errorf("settled.yaml: worse: %s has a cause for %s, and passes", check, id))
			}
		}
	}
	return errors.Join(errs...)
}
