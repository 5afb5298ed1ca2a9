// Package rings lets a control that is newly on auto act in more of the organization, ring by ring, once enough of its
// fixes have held.
package rings

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/salve-security/salve/internal/audit"
	"github.com/salve-security/salve/internal/engine/tell"
	"github.com/salve-security/salve/internal/gate"
	"github.com/salve-security/salve/internal/notice"
	"github.com/salve-security/salve/internal/run"
)

// Owner is who moves controls besides people.
const Owner = "Salve"

// Book keeps where controls are, what counts for them and what speaks against them. internal/ledger implements it.
type Book interface {
	Settings(ctx context.Context) (gate.Settings, error)
	MoveRing(ctx context.Context, c gate.Change) error
	Held(ctx context.Context, control, stamp, id string, now time.Time) (int, error)
	Doubt(ctx context.Context, k run.Key, why string, now time.Time) error
	Settled(ctx context.Context, k run.Key) ([]gate.Doubt, error)
}

// Rings moves controls on. It is safe for concurrent use.
type Rings struct {
	Book       Book
	Configured func(ctx context.Context) (gate.Config, error)
	People     *tell.People
	Audit      audit.Log
	Now        func() time.Time
}

const (
	// lookAgain is when a control is looked at again that would move on and is stopped.
	lookAgain = time.Hour
	// meetAgain is when it is where something else was decided meanwhile.
	meetAgain = time.Minute
	// toldFor is how long people are told of a move that nobody heard of; it is asked for with each fix that holds.
	toldFor = 7 * 24 * time.Hour
)

// Held counts a fix that Security Hub has confirmed, and moves its control on where that was the last one needed. A
// time says that the run is to be looked at again then: nothing else would. Whoever dies in between is followed by the
// next look, which counts the run once and moves the control once.
func (r *Rings) Held(ctx context.Context, of *run.Run) (again time.Time, err error) {
	config, err := r.Configured(ctx)
	if err != nil || config.Rings == nil {
		return time.Time{}, err
	}
	doubts, err := r.Book.Settled(ctx, of.Key)
	if err != nil || !counts(of) {
		return time.Time{}, err
	}
	return r.count(ctx, of, doubts)
}

// count counts a run that says something for its control, which something may speak against.
func (r *Rings) count(ctx context.Context, of *run.Run, doubts []gate.Doubt) (again time.Time, err error) {
	// Read anew: what this process knows may be half a minute old, and be changed by what it is about to do.
	stored, err := r.Book.Settings(ctx)
	if err != nil {
		return time.Time{}, err
	}
	config, err := stored.Config()
	if err != nil || config.Rings == nil {
		return time.Time{}, err
	}
	stage := stored.Overlay().Stage(config, ofRun(of))
	if stage.Stamp() != of.Ring || stage.Last {
		r.told(ctx, of.Key.Control, config, stage) // who moved it may have died before people knew
		return time.Time{}, nil
	}
	n, err := r.Book.Held(ctx, of.Key.Control, of.Ring, of.ID, r.Now())
	if err != nil || n < config.Rings.After() {
		return time.Time{}, err
	}
	switch {
	case stored.Overlay().HeldBack(ofRun(of), r.Now()):
		return r.Now().Add(lookAgain), nil
	case len(stored.Open(of.Key.Control, doubts)) > 0:
		r.waits(ctx, of, stage, n, stored.Open(of.Key.Control, doubts))
		return time.Time{}, nil
	}
	return r.advance(ctx, of, stored, stage, n)
}

// counts tells that a run says something for its control: it acted by itself, wrote, and was proven.
func counts(of *run.Run) bool {
	return of.Ring != "" && of.Trigger == run.TriggerImported && of.Status == run.StatusVerified && of.Undoes == "" &&
		of.UndoneBy == ""
}

// ofRun is what of a control says in which ring it is.
func ofRun(of *run.Run) gate.Control {
	return gate.Control{ID: of.Key.Control, Standards: of.Standards}
}

// advance moves a control to the next ring.
func (r *Rings) advance(
	ctx context.Context, of *run.Run, stored gate.Settings, stage gate.Stage, n int,
) (time.Time, error) {
	c := gate.Change{
		Number: stored.Changes + 1, Control: of.Key.Control, From: stage.Ring, To: stage.Next, Bound: stage.Bound,
		Version: stored.Version, By: Owner, Salve: true, At: r.Now(),
		Why: fmt.Sprintf("%d fixes in ring %s were verified, and confirmed by Security Hub; the last was run %s", n,
			stage.Ring, of.ID),
	}
	switch err := r.Book.MoveRing(ctx, c); {
	case errors.Is(err, gate.ErrConflict):
		return r.Now().Add(meetAgain), nil
	case err != nil:
		return time.Time{}, err
	}
	r.tell(ctx, c)
	return time.Time{}, nil
}

// told tells people of the move of Salve's that brought a control to where it is, in case nobody has heard of it.
func (r *Rings) told(ctx context.Context, control string, config gate.Config, stage gate.Stage) {
	m := stage.Moved
	if !m.Salve || r.Now().Sub(m.At) > toldFor || stage.At == 0 {
		return
	}
	r.tell(ctx, gate.Change{
		Number: m.Change, Control: control, From: config.Rings.Names()[stage.At-1], To: m.Ring, At: m.At, By: Owner,
		Why: "Enough fixes in the ring before were verified, and confirmed by Security Hub", Salve: true,
	})
}

// tell tells people once that a control has moved on, and writes it into the audit log.
func (r *Rings) tell(ctx context.Context, c gate.Change) {
	now, key := r.Now(), fmt.Sprintf("ring#%s#%d", c.Control, c.Number)
	first, err := r.People.Once.Once(ctx, key, now, now.Add(tell.Again))
	line := audit.Line{
		Time: now, Event: audit.Advanced, Control: c.Control, Actor: Owner,
		Reason: fmt.Sprintf("change %d of rings, from %s to %s: %s", c.Number, c.From, c.To, c.Why),
	}
	switch {
	case err != nil:
		line.Event, line.Error = audit.NotCounted, err.Error()
		r.Audit(ctx, line)
		return
	case !first:
		return
	}
	r.Audit(ctx, line)
	n := notice.Notice{
		Kind: notice.Advanced, Control: c.Control, Who: "Salve itself", Actor: Owner, When: c.At,
		Why:  c.Why + ". From now on it acts by itself in ring " + c.To + " too.",
		ToDo: "salve replay --control " + c.Control + " --since 30d shows what it has left alone there",
		Undo: "salve rings back " + c.Control,
	}
	if !r.People.Inform(ctx, r.titled(n)) {
		return
	}
	// Asked as of the key's own end, it holds for as long as anybody would tell it again.
	if _, err := r.People.Once.Once(ctx, key, now.Add(tell.Again), now.Add(2*toldFor)); err != nil {
		line.Event, line.Error = audit.NotCounted, err.Error()
		r.Audit(ctx, line)
	}
}
