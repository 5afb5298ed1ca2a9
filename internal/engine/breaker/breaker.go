// Package breaker stops a control that ends without a fix too often.
package breaker

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/salve-security/salve/internal/audit"
	"github.com/salve-security/salve/internal/engine/tell"
	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/gate"
	"github.com/salve-security/salve/internal/notice"
	"github.com/salve-security/salve/internal/outcome"
	"github.com/salve-security/salve/internal/plain"
	"github.com/salve-security/salve/internal/run"
)

const (
	// stopFor is how long the breaker stops a control, if nobody lifts it before.
	stopFor = 24 * time.Hour
	// Owner is who sets stops besides people.
	Owner = "Salve"
)

// Tallies counts outcomes. internal/ledger implements it.
type Tallies interface {
	Tally(ctx context.Context, control, account string, outcome run.Status, at time.Time) (run.Hour, error)
}

// Stops are the stops that hold. Trip stores one of the Owner, unless one holds
// already, and returns the one that holds then. internal/wire implements it over the ledger.
type Stops interface {
	Trip(ctx context.Context, s gate.Stop, now time.Time) (gate.Stop, error)
}

// Breaker counts how runs end, by control.
type Breaker struct {
	Tallies    Tallies
	Stops      Stops
	Configured func(ctx context.Context) (gate.Config, error)
	People     *tell.People
	Audit      audit.Log
	Now        func() time.Time
}

// unfixed are the outcomes that make people wonder about a control.
func unfixed() []run.Status {
	var out []run.Status
	for _, o := range outcome.Counted() {
		if s := run.Status(o); slices.Contains(run.Statuses(), s) {
			out = append(out, s)
		}
	}
	return out
}

// Counts tells that the end of a run says something about its control. That an account has no role for Salve, or keeps
// it out, says nothing, nor that a person did not do what AWS asked.
func Counts(r *run.Run, err error, unattended bool) bool {
	c := outcome.Of(r)
	switch {
	case fault.Of(err) == fault.NotOnboarded || fault.Shut(err):
		c.Outcome = outcome.NotOnboarded
	case unattended:
		c.Outcome = outcome.Unattended
	}
	return c.Row().Breaker
}

// Tally counts what should make people wonder about a control, and stops the
// control when that is too much. The run depends on neither.
func (b *Breaker) Tally(ctx context.Context, r *run.Run, outcome run.Status) {
	ctx, cancel := run.Recording(ctx)
	defer cancel()
	hour, err := b.Tallies.Tally(ctx, r.Key.Control, r.Key.Account, outcome, b.Now())
	if err != nil {
		b.Audit.Run(ctx, b.Now(), audit.NotCounted, r, err)
		return
	}
	if err := b.trip(ctx, r.Key, hour); err != nil {
		b.Audit.Run(ctx, b.Now(), audit.NotTripped, r, err)
	}
}

// trip stops a control that failed too often within the hour: in the account of
// the run, or, where it fails in others too, everywhere. Every failure above the
// limit tries again, so a process that dies in between loses nothing.
func (b *Breaker) trip(ctx context.Context, k run.Key, hour run.Hour) error {
	config, err := b.Configured(ctx)
	if err != nil {
		return err
	}
	limit := config.StopAfter()
	if widely(hour, limit) {
		return b.stop(ctx, k.Control, "", slices.Collect(maps.Values(hour)))
	}
	if mine := hour[k.Account]; failures(mine) >= limit {
		return b.stop(ctx, k.Control, k.Account, []map[run.Status]int{mine})
	}
	return nil
}

// widely tells that a control fails too often in at least two accounts together.
// One account counts for no more than half of what is too much, rounded up: what
// is wrong with it must not stop the others for one failure of theirs.
func widely(hour run.Hour, limit int) bool {
	total, accounts := 0, 0
	for _, counts := range hour {
		if n := failures(counts); n > 0 {
			total, accounts = total+min(n, (limit+1)/2), accounts+1
		}
	}
	return accounts > 1 && total >= limit
}

// failures are the runs of an account that ended without a fix.
func failures(counts map[run.Status]int) int {
	total := 0
	for _, status := range unfixed() {
		total += counts[status]
	}
	return total
}

// stop stops a control in an account, or everywhere, and tells people, with what led to it.
func (b *Breaker) stop(ctx context.Context, control, account string, counts []map[run.Status]int) error {
	total := 0
	var parts []string
	for _, status := range unfixed() {
		n := 0
		for _, of := range counts {
			n += of[status]
		}
		if n > 0 {
			total += n
			parts = append(parts, fmt.Sprintf("%d %s", n, status))
		}
	}
	now := b.Now()
	held, err := b.Stops.Trip(ctx, gate.Stop{
		Control: control, Account: account, Since: now, Origin: gate.Origin{
			Owner: Owner, Expires: now.Add(stopFor),
			Reason: fmt.Sprintf("%s ended without a fix within an hour: %s", plain.Count(total, "run"),
				strings.Join(parts, ", ")),
		},
	}, now)
	if err != nil {
		return err
	}
	if held.Owner == Owner {
		b.Tripped(ctx, control, held)
	}
	return nil
}

// Tripped tells people once that the breaker has stopped a control. What nobody
// heard is told again with the next failure.
func (b *Breaker) Tripped(ctx context.Context, control string, s gate.Stop) {
	now, key := b.Now(), fmt.Sprintf("stopped#%s#%s#%d", control, s.Account, s.Since.Unix())
	first, err := b.People.Once.Once(ctx, key, now, now.Add(tell.Again))
	line := audit.Line{
		Time: now, Event: audit.Tripped, Control: control, Account: s.Account, Actor: Owner, Reason: s.Reason,
	}
	if err != nil {
		line.Event, line.Error = audit.NotCounted, err.Error()
		b.Audit(ctx, line)
		return
	}
	if !first {
		return
	}
	b.Audit(ctx, line)
	n := notice.Notice{
		Kind: notice.Stopped, Control: control, Account: s.Account, Who: "Salve itself", Actor: Owner, When: s.Since,
		Until: s.Expires, Why: s.Reason + ".",
		ToDo: "salve history --control " + control + " --since 24h", Undo: s.Resume(control),
	}
	if s.Account != "" {
		n.ToDo += " --account " + s.Account
	}
	if c, ok := b.People.Controls.Get(control); ok {
		n.Title, n.Severity = c.Title, string(c.Severity)
	}
	if !b.People.Inform(ctx, n) {
		return
	}
	// Asked as of the key's own end, it holds as long as the stop.
	if _, err := b.People.Once.Once(ctx, key, now.Add(tell.Again), s.Expires.Add(tell.Again)); err != nil {
		line.Event, line.Error = audit.NotCounted, err.Error()
		b.Audit(ctx, line)
	}
}
