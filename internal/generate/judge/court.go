package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"

	"github.com/salve-security/salve/internal/judge"
	"github.com/salve-security/salve/internal/ran"
)

// court takes looks of suites and keeps what was seen.
type court struct {
	checks judge.Checks
	scan   func(request) (judge.Answer, error)

	mu     sync.Mutex
	record judge.Record
	trials map[string]*judge.Trial // that have begun and not ended
	anew   map[string]bool         // controls that this run has seen
}

// ServeHTTP has one look.
func (c *court) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c.mu.Lock()
	defer c.mu.Unlock()
	var look ran.Look
	err := json.NewDecoder(r.Body).Decode(&look)
	if err == nil {
		err = c.look(look)
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

// look scans what may show the control and what its fix may reach; once that is taken back, the control alone.
func (c *court) look(l ran.Look) error {
	key := l.Control + " " + l.Suite
	if l.Step == ran.Seeded {
		c.trials[key] = &judge.Trial{Answers: map[ran.Step]judge.Answer{}}
	}
	trial, began := c.trials[key]
	if !began {
		return fmt.Errorf("%s of %s has not been seeded", l.Suite, l.Control)
	}
	if l.Step == ran.Fixed {
		trial.Look = l
	}
	asks := slices.Sorted(maps.Keys(c.checks.Asks[l.Control]))
	only, writes := []string(nil), l.Writes
	if l.Step == ran.Undone {
		only, writes = asks, nil
	}
	if services := c.checks.Services(l.Control, writes); l.Endpoint != "" && len(services) > 0 {
		answer, err := c.scan(request{
			Endpoint: l.Endpoint, Key: l.Key, Secret: l.Secret, Region: l.Region, Services: services, Only: only,
		})
		if err != nil {
			return fmt.Errorf("look at %s, %s: %w", l.Control, l.Step, err)
		}
		trial.Answers[l.Step] = answer
	}
	if l.Step == ran.Undone {
		c.keep(l.Control, *trial)
		delete(c.trials, key)
	}
	return nil
}

// keep adds what was seen to the record, in the place of what an earlier run saw of the control.
func (c *court) keep(control string, t judge.Trial) {
	seen := t.Weigh(c.checks.Asks[control])
	if !c.anew[control] {
		c.anew[control], c.record.Controls[control] = true, nil
	}
	c.record.Controls[control] = append(c.record.Controls[control], seen)
	said := judge.VerdictOf(c.checks.Asks[control], []judge.Seen{seen})
	fmt.Fprintf(os.Stderr, "  %s %s: %s %v\n", control, seen.Suite, said, seen.Checks)
	if said == judge.Silent || said == judge.Differs { // what somebody needs who settles it
		for _, line := range t.Why(c.checks.Asks[control]) {
			fmt.Fprintln(os.Stderr, "    "+line)
		}
	}
	for check, of := range seen.Worse {
		fmt.Fprintf(os.Stderr, "    %s fails now: %s\n", check, of)
	}
}

// unfinished names the trials that did not come to their end.
func (c *court) unfinished() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.trials) == 0 {
		return nil
	}
	return fmt.Errorf("begun and not ended: %s", strings.Join(slices.Sorted(maps.Keys(c.trials)), ", "))
}
