package memory

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/salve-security/salve/internal/finding"
	"github.com/salve-security/salve/internal/run"
)

// Where runs are looked for when they are due.
const (
	whenOpen    = "due"
	whenTold    = "tell"
	whenAsked   = "confirm"
	whenAccount = "account#" // and the id of the account
)

// record is the stored form of a run: its document, and what is kept beside it
// because others write to it or conditions look at it.
type record struct {
	doc       []byte
	findings  map[string]string
	asks      map[string]bool
	state     run.State
	owner     string
	lease     int64
	where     string // it is looked for; "" for nowhere
	due       int64
	undoneBy  string
	confirmed run.Confirmed
	confirm   int64
	answers   []run.Answer

	recurrence *run.Recurrence
}

// put stores a run of which there is nothing yet.
func (l *Ledger) put(r *run.Run) error {
	rec := &record{owner: r.Owner, findings: map[string]string{}, asks: map[string]bool{}}
	if err := rec.set(r, whenOpen); err != nil {
		return err
	}
	for _, f := range r.Findings {
		if err := rec.join(f); err != nil {
			return err
		}
	}
	l.runs[r.ID] = rec
	return nil
}

// set stores what the owner of an open run knows of it.
func (rec *record) set(r *run.Run, where string) error {
	doc, err := json.Marshal(r)
	if err != nil {
		return fmt.Errorf("encode run %s: %w", r.ID, err)
	}
	rec.doc, rec.state, rec.lease, rec.where, rec.due = doc, r.State, r.Lease.Unix(), where, r.Due.Unix()
	return nil
}

func (rec *record) join(f run.Finding) error {
	raw, err := json.Marshal(f)
	if err != nil {
		return fmt.Errorf("encode finding %s: %w", f.ID, err)
	}
	rec.findings[f.String()] = string(raw)
	return nil
}

// get decodes a run.
func (l *Ledger) get(id string) (*run.Run, error) {
	rec, ok := l.runs[id]
	if !ok {
		return nil, fmt.Errorf("run %s: %w", id, run.ErrNotFound)
	}
	return rec.decode(id)
}

func (rec *record) decode(id string) (*run.Run, error) {
	var r run.Run
	if err := json.Unmarshal(rec.doc, &r); err != nil {
		return nil, fmt.Errorf("decode run %s: %w", id, err)
	}
	if r.Schema > run.Schema {
		return nil, &run.SchemaError{Item: "run#" + id, Version: r.Schema}
	}
	r.Findings = map[finding.Key]run.Finding{}
	for _, raw := range rec.findings {
		var f run.Finding
		if err := json.Unmarshal([]byte(raw), &f); err != nil {
			return nil, fmt.Errorf("decode finding of run %s: %w", id, err)
		}
		r.Findings[f.Key] = f
	}
	for _, raw := range slices.Sorted(maps.Keys(rec.asks)) {
		var a run.Ask
		if err := json.Unmarshal([]byte(raw), &a); err != nil {
			return nil, fmt.Errorf("decode what was asked of run %s: %w", id, err)
		}
		r.Asks = append(r.Asks, a)
	}
	r.Raise(r.Asks)
	rec.beside(&r)
	return &r, nil
}

// beside fills in what is kept beside the document.
func (rec *record) beside(r *run.Run) {
	r.Owner, r.Lease = rec.owner, at(rec.lease)
	closed := r.State == run.StateClosed
	if !closed && rec.due != r.Due.Unix() {
		r.Due = at(rec.due)
	}
	r.Answers = slices.Clone(rec.answers)
	r.UndoneBy = cmp.Or(rec.undoneBy, r.UndoneBy)
	r.Confirmed = cmp.Or(rec.confirmed, r.Confirmed)
	if rec.recurrence != nil {
		found := *rec.recurrence
		r.Recurrence = &found
	}
	if closed && !r.Confirm.IsZero() {
		r.Confirm = at(rec.confirm)
	}
}

// at is a stored time; none is the zero time.
func at(seconds int64) time.Time {
	if seconds <= 0 {
		return time.Time{}
	}
	return time.Unix(seconds, 0).UTC()
}

// due are the ids of runs that are due in a place by a time, the oldest first.
func (l *Ledger) due(where string, now time.Time, limit int32) []string {
	var ids []string
	for id, rec := range l.runs {
		if rec.where == where && rec.due <= now.Unix() {
			ids = append(ids, id)
		}
	}
	slices.SortFunc(ids, func(x, y string) int {
		return cmp.Or(cmp.Compare(l.runs[x].due, l.runs[y].due), strings.Compare(x, y))
	})
	return ids[:min(len(ids), int(limit))]
}
