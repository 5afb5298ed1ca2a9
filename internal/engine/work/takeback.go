package work

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/gate"
	"github.com/salve-security/salve/internal/names"
	"github.com/salve-security/salve/internal/note"
	"github.com/salve-security/salve/internal/outcome"
	"github.com/salve-security/salve/internal/run"
)

// nothingToUndo begins the answer to who wants to have nothing taken back.
const nothingToUndo = "there is nothing to take back: "

// takeBackFor takes back, for a click, the last fix of what a finding is about, as salve undo does. Who clicked
// reads on the finding what became of it.
func (w *Worker) takeBackFor(ctx context.Context, found *Found) (*run.Run, error) {
	old, why, err := w.toTakeBack(ctx, found)
	switch {
	case err != nil:
		return nil, w.unable(ctx, found, err)
	case old == nil && why == "":
		return nil, nil // the click was answered before
	case old == nil:
		return nil, w.unable(ctx, found, fault.New(fault.Refused, "%s%s", nothingToUndo, why))
	}
	r, err := w.clickedUndo(ctx, found, old)
	if err != nil {
		return nil, w.unable(ctx, found, err)
	}
	open, err := w.claimUndo(ctx, r, found.event.ID)
	if open == nil || err != nil {
		return nil, w.unable(ctx, found, err)
	}
	a := &attempt{Worker: w, r: open}
	switch err := a.remediate(ctx); {
	case errors.Is(err, errDeferred), errors.Is(err, run.ErrLost):
		return nil, nil
	case err != nil:
		return nil, err
	}
	return open, nil
}

// unable says on the finding why nothing is taken back. What may pass is an error: the message comes again.
func (w *Worker) unable(ctx context.Context, found *Found, err error) error {
	switch fault.Of(err) { //nolint:exhaustive // the others are not about what was asked for
	case fault.None:
		return nil
	case fault.Refused, fault.Drifted, fault.Denied, fault.NotOnboarded, fault.Gone, fault.Invalid:
	default:
		return err
	}
	w.refused(ctx, found.f, err.Error())
	return w.say(ctx, found, note.Outcome{
		Cell: outcome.Cell{Outcome: outcome.NotAllowed}, Control: found.f.Control, Reason: fault.Cause(err),
	})
}

// toTakeBack is the run that fixed last what a finding is about: one of its own control, or, where that has none that
// stands, one of its kin without which the control would not be met. Nil comes with the reason, or with none where an
// undo has answered the click already.
func (w *Worker) toTakeBack(ctx context.Context, found *Found) (old *run.Run, why string, err error) {
	open, err := w.openRun(ctx, found.key())
	switch {
	case err != nil:
		return nil, "", err
	case open != nil && open.AwaitsPerson():
		old, why = unlessSince(open, found)
		return old, why, nil
	case open != nil && open.Undoes == "" && open.State != run.StateClaimed:
		return nil, "", atWork(open)
	}
	own, err := w.lastWriter(ctx, found.key())
	switch {
	case err != nil:
		return nil, "", err
	case own == nil:
		return w.ofKin(ctx, found, "no run of Salve changed the resource for this control.")
	case own.Undoable():
		old, why = unlessSince(own, found)
		return old, why, nil
	}
	if old, done, err := w.rest(ctx, found, own); done {
		return old, "", err
	}
	return w.ofKin(ctx, found, "the last run is "+own.ID+", and "+whyNot(own)+".")
}

// rest is a run of which an undo put back a part, where the click asks for more than that undo has answered; done tells
// that nothing else is to be looked for.
func (w *Worker) rest(ctx context.Context, found *Found, own *run.Run) (old *run.Run, done bool, err error) {
	if answered, err := w.answered(ctx, found, own); answered || err != nil {
		return nil, true, err
	}
	part, err := w.tookPart(ctx, own)
	if err != nil || !part {
		return nil, err != nil, err
	}
	return own, true, nil
}

// ofKin is toTakeBack among the kin; otherwise is the reason where there is none.
func (w *Worker) ofKin(ctx context.Context, found *Found, otherwise string) (old *run.Run, why string, err error) {
	kin, err := w.lastOfKin(ctx, found)
	if err != nil || kin == nil {
		return nil, otherwise, err
	}
	if answered, err := w.answered(ctx, found, kin); answered || err != nil {
		return nil, "", err
	}
	if rest, err := w.tookPart(ctx, kin); err != nil || !rest && !kin.Undoable() {
		return nil, otherwise, err
	}
	if old, why = unlessSince(kin, found); old == nil {
		return nil, why, nil
	}
	preview, err := w.PreviewUndo(ctx, Takeback{Run: kin.ID, Actor: unattributed})
	if err != nil || !slices.Contains(preview.Unmet, found.c.ID) {
		return nil, otherwise, err
	}
	return kin, "", nil
}

// unlessSince is the run, unless it was begun after the click, with why not: events come late, and again, and it is not
// what somebody wanted to have taken back.
func unlessSince(r *run.Run, found *Found) (old *run.Run, why string) {
	if r.Created.After(found.event.Time.Add(time.Second)) {
		return nil, "run " + r.ID + " was begun after the click: press the button again if that is what to take back."
	}
	return r, ""
}

// overtaken is why an old click on Remediate is not carried out: somebody took the fix back after it.
func (w *Worker) overtaken(ctx context.Context, found *Found) (why, err error) {
	if found.button != names.ActionRemediate || !w.Stale(found.event, 0) {
		return nil, nil
	}
	last, err := w.lastWriter(ctx, found.key())
	if err != nil || last == nil || last.UndoneBy == "" {
		return nil, err
	}
	undo, err := w.Runs.Get(ctx, last.UndoneBy)
	if errors.Is(err, run.ErrNotFound) {
		return nil, nil
	}
	if err != nil || !undo.Finished.After(found.event.Time) {
		return nil, err
	}
	return fault.New(fault.Refused, "run %s took the fix back after the click: press the button again if it is wanted",
		undo.ID), nil
}

// openRun is the open run of a piece of work; nil where there is none.
func (w *Worker) openRun(ctx context.Context, k run.Key) (*run.Run, error) {
	latest, err := w.Past.Latest(ctx, k)
	if err != nil || len(latest) == 0 {
		return nil, err
	}
	r, err := w.Runs.Get(ctx, latest[0])
	if errors.Is(err, run.ErrNotFound) || err == nil && r.State == run.StateClosed {
		return nil, nil
	}
	return r, err
}

// atWork tells who clicked that another run is not done yet.
func atWork(open *run.Run) error {
	return fault.New(fault.Refused, "run %s is at work on the resource: press the button again when it is done", open.ID)
}

// lastWriter is the last run of a piece of work that changed something; nil where there is none.
func (w *Worker) lastWriter(ctx context.Context, k run.Key) (*run.Run, error) {
	wrote, err := w.Past.Wrote(ctx, k)
	if err != nil || len(wrote) == 0 {
		return nil, err
	}
	r, err := w.Runs.Get(ctx, wrote[0])
	if errors.Is(err, run.ErrNotFound) {
		return nil, nil // it is too old to be kept
	}
	return r, err
}

// lastOfKin is the last run of the kin that changed the state they share.
func (w *Worker) lastOfKin(ctx context.Context, found *Found) (last *run.Run, err error) {
	for _, of := range w.kin(found.c, target(found.f)) {
		r, err := w.lastWriter(ctx, found.key().Of(of.ID))
		if err != nil {
			return nil, err
		}
		if r != nil && (last == nil || r.Finished.After(last.Finished)) {
			last = r
		}
	}
	return last, nil
}

// answered tells that an undo has told the finding already what the click asks for: the event comes again, or the
// button was pressed twice. A second click must not take back what was fixed before.
func (w *Worker) answered(ctx context.Context, found *Found, r *run.Run) (bool, error) {
	if r == nil || r.UndoneBy == "" {
		return false, nil
	}
	undo, err := w.Runs.Get(ctx, r.UndoneBy)
	if errors.Is(err, run.ErrNotFound) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	f, told := undo.Findings[found.f.Key()]
	return told && (f.Event == found.event.ID || undo.Finished.After(found.event.Time)), nil
}

// clickedUndo is the undo of a run for a click.
func (w *Worker) clickedUndo(ctx context.Context, found *Found, old *run.Run) (*run.Run, error) {
	c, old, r, err := w.undoRun(ctx, Takeback{Run: old.ID, Actor: unattributed})
	if err != nil {
		return nil, err
	}
	r.Trigger, r.Asked = run.TriggerClick, found.event.Time
	r.Standard, r.Standards = found.f.Standard, found.f.Standards
	if c.ID != found.c.ID { // the gate was asked about another control
		d, _, err := (&attempt{Worker: w, r: r}).decided(ctx, c, names.ActionUndo)
		if err != nil {
			return nil, err
		}
		if d.Verdict != gate.Act {
			return nil, fault.New(fault.Refused, "run %s of %s fixed it. %s", old.ID, c.ID, d.Reason.Sentence())
		}
	}
	handOn(r, old)
	r.Findings[found.f.Key()] = Carried(found.f, found.event.ID)
	if old.AwaitsPerson() {
		return r, w.abandon(ctx, old.ID, "somebody who clicked")
	}
	return r, nil
}

// claimUndo claims the work for an undo, as for an operator: holds do not keep it off, and a run that waits and has
// written nothing gives way. Nil means that nothing is to be done now, or that another run is in the way.
func (w *Worker) claimUndo(ctx context.Context, r *run.Run, event string) (*run.Run, error) {
	claim, err := w.Claims.Claim(ctx, r, w.ask(event, true))
	if err == nil && claim.Verdict == run.Claimed && yields(claim.Run, r) {
		if err = w.dismiss(ctx, claim.Run, "Gave way: somebody clicked to take run "+r.Undoes+" back."); err == nil {
			claim, err = w.Claims.Claim(ctx, r, w.ask(r.ID, true)) // the event is known by now
		}
	}
	if err != nil {
		return nil, w.deleted(ctx, r, err)
	}
	switch claim.Verdict {
	case run.Claimed:
		return claim.Run, nil
	case run.Busy:
		w.busy(ctx, claim.Run)
	case run.Joined:
		if claim.Run.Undoes != r.Undoes {
			return nil, atWork(claim.Run)
		}
	case run.Full:
		return nil, atWork(claim.Run)
	case run.Duplicate, run.Held, run.Reverted, run.Later:
	}
	return nil, nil
}
