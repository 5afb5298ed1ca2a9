package engine

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/salve-security/salve/internal/audit"
	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/gate"
	"github.com/salve-security/salve/internal/notice"
	"github.com/salve-security/salve/internal/run"
)

const (
	// stopFor is how long the breaker stops a control, if nobody lifts it before.
	stopFor = 24 * time.Hour
	// breaker is who sets stops besides people.
	breaker = "Salve"
)

// unfixed are the outcomes that make people wonder about a control.
func unfixed() []run.Status {
	return []run.Status{run.StatusFailed, run.StatusDenied, run.StatusUnverified}
}

// counts tells that the end of a run says something about its control. An
// account without the role says nothing. An operator, who undoes too, sees what
// he does himself, and trying things out must not stop what runs for the others.
func counts(r *run.Run, err error) bool {
	if r.Trigger == run.TriggerOperator || fault.Of(err) == fault.NotOnboarded {
		return false
	}
	return slices.Contains(unfixed(), r.Status)
}

// tally counts what should make people wonder about a control, and stops the
// control when that is too much. The run depends on neither.
func (e *Engine) tally(ctx context.Context, r *run.Run, outcome run.Status) {
	ctx, cancel := books(ctx)
	defer cancel()
	hour, err := e.Counts.Tally(ctx, r.Key.Control, outcome, e.Now())
	if err != nil {
		e.audit(ctx, audit.NotCounted, r, err)
		return
	}
	if err := e.trip(ctx, r.Key.Control, hour); err != nil {
		e.audit(ctx, audit.NotTripped, r, err)
	}
}

// trip stops a control that failed too often within the hour. Every failure
// above the limit tries again, so a process that dies in between loses nothing.
func (e *Engine) trip(ctx context.Context, control string, hour map[run.Status]int) error {
	config, err := e.Configured(ctx)
	if err != nil {
		return err
	}
	total := 0
	var parts []string
	for _, status := range unfixed() {
		if n := hour[status]; n > 0 {
			total += n
			parts = append(parts, fmt.Sprintf("%d %s", n, status))
		}
	}
	if total < config.StopAfter() {
		return nil
	}
	now := e.Now()
	held, err := e.Stops.Trip(ctx, gate.Stop{
		Control: control, Since: now, Origin: gate.Origin{
			Owner: breaker, Expires: now.Add(stopFor),
			Reason: fmt.Sprintf("%s ended without a fix within an hour: %s", runs(total), strings.Join(parts, ", ")),
		},
	}, now)
	if err != nil {
		return err
	}
	if held.Owner == breaker {
		e.tripped(ctx, control, held)
	}
	return nil
}

func runs(n int) string {
	if n == 1 {
		return "1 run"
	}
	return fmt.Sprintf("%d runs", n)
}

// tripped tells people once that the breaker has stopped a control. What nobody
// heard is told again with the next failure.
func (e *Engine) tripped(ctx context.Context, control string, s gate.Stop) {
	now, key := e.Now(), fmt.Sprintf("stopped#%s#%d", control, s.Since.Unix())
	first, err := e.Counts.Once(ctx, key, now, now.Add(tellAgain))
	line := audit.Line{Time: now, Event: audit.Tripped, Control: control, Actor: breaker, Reason: s.Reason}
	if err != nil {
		line.Event, line.Error = audit.NotCounted, err.Error()
		e.Audit(ctx, line)
		return
	}
	if !first {
		return
	}
	e.Audit(ctx, line)
	n := notice.Notice{
		Kind: notice.Stopped, Control: control, Who: breaker, When: s.Since, Until: s.Expires, Why: s.Reason + ".",
		ToDo: "salve history --control " + control + " --since 24h", Undo: ResumeCommand(s, control),
	}
	if c, ok := e.Controls.Get(control); ok {
		n.Title, n.Severity = c.Title, string(c.Severity)
	}
	if !e.inform(ctx, n) {
		return
	}
	// Asked as of the key's own end, it holds as long as the stop.
	if _, err := e.Counts.Once(ctx, key, now.Add(tellAgain), s.Expires.Add(tellAgain)); err != nil {
		line.Event, line.Error = audit.NotCounted, err.Error()
		e.Audit(ctx, line)
	}
}
