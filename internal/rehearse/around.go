package rehearse

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"

	"github.com/goccy/go-yaml"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/gate"
	"github.com/salve-security/salve/internal/plain"
)

// Surroundings are what the engine would look up, told beforehand. What they do not name is not known.
type Surroundings struct {
	// OUs of an account: its unit, the units above it, the root.
	OUs map[string][]string `yaml:"ous"`
	// AccountTags by the account's id.
	AccountTags map[string]map[string]string `yaml:"account_tags"`
	// OpenCalendars tells of change calendars whether they are open.
	OpenCalendars map[string]bool `yaml:"calendars"`
	// ResourceTags by the resource's id.
	ResourceTags map[string]map[string]string `yaml:"tags"`
}

// ParseSurroundings reads them from YAML. A misspelt name is an error: what it was to tell would not be known.
func ParseSurroundings(text []byte) (Surroundings, error) {
	var s Surroundings
	if line := plain.SecondDocument(text); line > 0 {
		return s, fmt.Errorf("line %d: the surroundings begin a second time, and of several documents only the first would "+
			"be read: write one", line)
	}
	if err := yaml.UnmarshalWithOptions(text, &s, yaml.Strict()); err != nil && !errors.Is(err, io.EOF) {
		return s, fmt.Errorf("surroundings are ous: {ACCOUNT: [UNIT]}, account_tags: {ACCOUNT: {NAME: VALUE}}, "+
			"calendars: {NAME: true} and tags: {RESOURCE: {NAME: VALUE}}: %w", err)
	}
	return s, nil
}

// Placed is where an account is told to be.
func (s Surroundings) Placed(_ context.Context, account string) (gate.Placed, error) {
	p := gate.Placed{OUs: s.OUs[account], Tags: s.AccountTags[account]}
	for _, tags := range s.AccountTags { // what is told of an account is told of all
		p.Kept = slices.AppendSeq(p.Kept, maps.Keys(tags))
	}
	if p.OUs == nil || p.Tags == nil {
		p.Why = "the rehearsal was not told of account " + account
	}
	return p, nil
}

// Calendars are those that are told of; another one is not known.
func (s Surroundings) Calendars(_ context.Context, names []string) (map[string]gate.CalendarState, error) {
	states := map[string]gate.CalendarState{}
	for _, name := range names {
		open, told := s.OpenCalendars[name]
		if states[name] = (gate.CalendarState{Open: open}); !told {
			states[name] = gate.CalendarState{Why: "the rehearsal was not told"}
		}
	}
	return states, nil
}

// Tags are those that a resource is told to have. One that is named without tags has none.
func (s Surroundings) Tags(_ context.Context, t control.Target, _ string) (map[string]string, error) {
	tags, told := s.ResourceTags[t.Resource]
	if told && tags == nil {
		tags = map[string]string{}
	}
	return tags, nil
}

// Judged is never asked for by the gate: a finding carries its parameters.
func (s Surroundings) Judged(context.Context, control.Target, string, string) (control.Judged, error) {
	return nil, errors.New("a rehearsal does not know the parameters of Security Hub")
}
