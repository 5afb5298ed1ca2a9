package work

import (
	"context"
	"errors"
	"time"

	"github.com/salve-security/salve/internal/audit"
	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/gate"
	"github.com/salve-security/salve/internal/note"
	"github.com/salve-security/salve/internal/notice"
	"github.com/salve-security/salve/internal/outcome"
	"github.com/salve-security/salve/internal/plain"
	"github.com/salve-security/salve/internal/run"
)

// Turns says when a new run of an account may begin, so that no account takes the time of the others. Back takes a
// turn that no run has used. internal/engine/share implements it.
type Turns interface {
	Turn(ctx context.Context, account string, now time.Time) (time.Time, error)
	Back(account string, turn time.Time)
}

// Budgets say when a new run may begin of which a configuration allows so many within an hour. Back takes a turn that
// no run has used. internal/engine/share implements it.
type Budgets interface {
	Turn(ctx context.Context, key string, perHour int, now time.Time) (time.Time, error)
	Back(key string, perHour int, turn time.Time)
}

// reported is how often a piece of work is begun because findings are reported, whatever its runs end with and
// whoever makes Security Hub report it again: three times in five minutes, since that many standards may say the same
// one after another, four times in an hour, five times in a day. A configuration may ask for a pause after each run.
func reported(pause time.Duration) run.Cooldown {
	return run.Cooldown{
		pause, pause, max(5*time.Minute, pause), max(time.Hour, pause), max(24*time.Hour, pause),
	}
}

// clicked is how often it is begun because people press Remediate, who have seen what is going on.
func clicked() run.Cooldown { return run.Cooldown{0, 0, 0, 0, 10 * time.Minute} }

// often is how many runs of a piece of work within its pause are worth a notice. Fewer come about by themselves.
const often = 4

// ration claims the work on the terms that hold for who asks.
func (w *Worker) ration(ctx context.Context, r *run.Run, ask run.Terms) (run.Claim, error) {
	if !r.Opens.IsZero() { // it draws on nobody's share before its time has come
		ask.Start, ask.Why = r.Opens, r.Reason
	}
	if r.Trigger != run.TriggerImported {
		ask.Cool = clicked()
		return w.Claims.Claim(ctx, r, ask)
	}
	config, err := w.Configured(ctx)
	if err != nil {
		return run.Claim{}, err
	}
	ask.Thrice, ask.Cool = thriceWithin, reported(config.Cooldown()) // a person who clicks has seen what is going on
	if !r.Opens.IsZero() {
		return w.Claims.Claim(ctx, r, ask)
	}
	t, err := w.turn(ctx, r, config, ask.Now)
	if err != nil {
		return run.Claim{}, err
	}
	ask.Start, ask.Why = t.start, t.why
	if t.start.After(ask.Now) {
		t.keptBy(r)
	}
	claim, err := w.Claims.Claim(ctx, r, ask)
	if err == nil && (claim.Run == nil || claim.Run.ID != r.ID) {
		t.back() // no run of ours was begun
	}
	return claim, err
}

// turn is when a run may begin, and why not at once; back gives up what was drawn for it.
type turn struct {
	start time.Time
	why   string
	under string    // the stamp of the limit that lets it wait
	slot  time.Time // what was drawn on that limit
	back  func()
}

// keptBy notes on a run that waits for its turn what it waits for.
func (t turn) keptBy(r *run.Run) { r.Under, r.Slot = t.under, t.slot }

// unreadWait is when a run looks again whose turn nobody can tell.
const unreadWait = time.Hour

// untold lets a run wait whose turn nobody can tell: it may be one too many.
func (w *Worker) untold(r *run.Run, of string, err error, now time.Time) turn {
	d := gate.Decision{Until: now.Add(unreadWait)}
	return turn{
		start: opens(d, r.Key), under: gate.Unread, back: func() {},
		why: "How many runs have begun of " + of + " cannot be read (" + fault.Cause(err) + "), so that this one waits:" +
			" a person has to delete that item of the table, then counting begins anew.",
	}
}

// turn draws on the budgets that the configuration gives a run, the narrowest first, and then on the share of its
// account. Once one lets it wait, the others are not drawn on: they are for what runs now.
func (w *Worker) turn(ctx context.Context, r *run.Run, config gate.Config, now time.Time) (turn, error) {
	t := turn{start: now, back: func() {}}
	for _, b := range config.Budgets(r.Key.Control, r.Key.Account) {
		start, err := w.Budgets.Turn(ctx, b.Key, b.PerHour, now)
		if err != nil {
			t.back()
			if errors.Is(err, run.ErrMark) {
				return w.untold(r, b.Of, err, now), nil
			}
			return t, err
		}
		t.start, t.why, t.under, t.slot = start, b.Why, b.Stamp, start
		t.returning(func() { w.Budgets.Back(b.Key, b.PerHour, start) })
		if start.After(now) {
			return t, nil
		}
	}
	start, err := w.Turns.Turn(ctx, r.Key.Account, now)
	if err != nil {
		t.back()
		if errors.Is(err, run.ErrMark) {
			return w.untold(r, "account "+r.Key.Account, err, now), nil
		}
		return t, err
	}
	t.returning(func() { w.Turns.Back(r.Key.Account, start) })
	t.under, t.slot = "", time.Time{} // no limit of the configuration
	t.start, t.why = start, "Account "+r.Key.Account+" has had its share of runs, and waits for its turn."
	return t, nil
}

// returning adds to what is given up.
func (t *turn) returning(more func()) {
	before := t.back
	t.back = func() { before(); more() }
}

// rests notes that a run waits for its time, nudges it, and tells whoever has to know.
func (w *Worker) rests(ctx context.Context, claim run.Claim) {
	r := claim.Run
	w.Audit.Run(ctx, w.Now(), audit.Deferred, r, nil)
	if err := w.Nudge(ctx, r, r.Due.Sub(w.Now())); err != nil {
		w.Audit.Run(ctx, w.Now(), audit.NudgeFailed, r, err)
	}
	switch {
	case r.Trigger != run.TriggerImported:
		w.sayLater(ctx, r)
	case !r.Found.IsZero() && r.State == run.StateClaimed:
		w.tellGrace(ctx, r)
	case !r.Opens.IsZero(): // the configuration says so
	case claim.Cooled.Runs >= often:
		n := w.People.Of(r)
		n.Kind, n.When, n.Until, n.Why = notice.Cooling, w.Now(), r.Due, r.Reason+
			" Its finding is reported again and again: look for what changes the resource, or for UpdateFindings and"+
			" BatchUpdateFindings in the CloudTrail of the account. Others of it may rest too, and are not told of today."
		n.ToDo = "salve history --account " + r.Key.Account + " --since 24h"
		w.People.Daily(ctx, "cooling#"+r.Key.Account, n)
	case claim.Cooled.Runs == 0:
		w.People.Daily(ctx, "limited#"+r.Reason, notice.Notice{
			Kind: notice.Limited, Account: r.Key.Account, When: w.Now(),
			Why:  r.Reason + " No finding is lost, and people who ask do not wait.",
			ToDo: "salve history --account " + r.Key.Account + " --since 1h",
		})
	}
}

// sayLater tells a person who clicked when the run goes on. It is stored: that nobody could be told does not end it.
func (w *Worker) sayLater(ctx context.Context, r *run.Run) {
	o := note.Outcome{
		Cell: outcome.Cell{Outcome: outcome.Resting, Trigger: outcome.Of(r).Trigger}, Control: r.Key.Control,
		RunID: r.ID, Until: r.Due, Reason: r.Reason + " The run goes on at " + plain.Minute(r.Due) + ".",
	}
	if !r.Opens.IsZero() {
		o.Outcome, o.Reason = outcome.AwaitsTime, r.Reason
	}
	if err := w.answer(ctx, r, o); err != nil {
		w.Audit.Run(ctx, w.Now(), audit.NotSynced, r, err)
	}
}

var errFull = errors.New("the run that is open has as many findings as it can answer")

// full leaves a finding out of a run that has enough of them: Security Hub looks at the resource again, and says by
// itself that it passes, or reports it again. A person who clicked is told.
func (w *Worker) full(ctx context.Context, r, open *run.Run) error {
	w.Audit.Run(ctx, w.Now(), audit.Refused, r, errFull)
	if r.Trigger != run.TriggerClick {
		return nil
	}
	o := note.Outcome{
		Cell: outcome.Cell{Outcome: outcome.Full, Trigger: outcome.Of(r).Trigger}, Control: r.Key.Control,
		Reason: "Run " + open.ID + " is at work on this, for as many findings as it can answer.",
	}
	return w.answer(ctx, r, o)
}
