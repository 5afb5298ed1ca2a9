package ledger

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/salve-security/salve/internal/run"
)

// endOf is the attribute of a piece of work that has the time at which its last run but i ended.
func endOf(i int) string { return fmt.Sprintf("end%d", i+1) }

// ended notes on the work when its run ended, in front of those before. A person at the command line knows what he
// does, and how often: his runs do not count.
func (e *edit) ended(r *run.Run) {
	if r.Trigger == run.TriggerOperator {
		return
	}
	for i := run.Remembered - 1; i > 0; i-- {
		e.set = append(e.set, endOf(i)+" = if_not_exists("+endOf(i-1)+", :never)")
	}
	e.set = append(e.set, endOf(0)+" = :at")
	e.values[":never"], e.values[":at"] = number(0), number(r.Finished.Unix())
}

// rested is the condition that the work may be begun again; "" where nothing is asked for.
func rested(c run.Cooldown, now time.Time, v values) string {
	var all []string
	for i, within := range c {
		if i >= run.Remembered || within == 0 {
			continue
		}
		name := fmt.Sprintf(":cool%d", i)
		v[name] = number(now.Add(-within).Unix())
		all = append(all, endOf(i)+" <= "+name)
	}
	if len(all) == 0 {
		return ""
	}
	return "(attribute_not_exists(" + endOf(0) + ") OR (" + strings.Join(all, " AND ") + "))"
}

// coolIn is how long the item of a piece of work keeps it from being begun. What cannot be read keeps it as long as
// anything may.
func coolIn(old values, c run.Cooldown, now time.Time) (until time.Time, why run.Cooled) {
	f := fields{item: old}
	var ends []time.Time
	for i := range run.Remembered {
		end := time.Time{}
		if at := f.seconds(endOf(i)); at > 0 {
			end = time.Unix(at, 0).UTC()
		}
		ends = append(ends, end)
	}
	if f.err() != nil {
		why = c.Longest()
		return now.Add(why.Within), why
	}
	return c.Until(ends, now)
}

// cool opens the run for a later time, at which its findings are looked up: nothing that is reported meanwhile is
// lost.
func (l Ledger) cool(
	ctx context.Context, r *run.Run, ask *run.Terms, until time.Time, why run.Cooled,
) (run.Claim, bool, error) {
	later := *ask
	later.Cool, later.Why = nil, why.Sentence()
	if until.After(later.Start) {
		later.Start = until
	}
	claim, again, err := l.wait(ctx, r, &later, run.Later)
	if claim.Verdict == run.Later {
		claim.Cooled = why
	}
	return claim, again, err
}
