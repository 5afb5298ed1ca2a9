package work

import (
	"context"

	"github.com/salve-security/salve/internal/notice"
	"github.com/salve-security/salve/internal/plain"
	"github.com/salve-security/salve/internal/run"
)

// tellGrace tells people what Salve will fix by itself if nobody does, and on which day: once a day, control and
// account. Others of it wait too, each for its own day, and the history lists them.
func (w *Worker) tellGrace(ctx context.Context, r *run.Run) {
	n := w.People.Of(r)
	n.Kind, n.When, n.Until, n.RunID = notice.Grace, w.Now(), r.Due, ""
	n.Why = "The configuration gives others time. Salve acts from " + plain.Minute(r.Due) + " on, unless it was fixed " +
		"by then. Others of the control in this account may wait too, and are not told of today."
	n.ToDo = "salve history --account " + r.Key.Account + " --control " + r.Key.Control + " --open"
	w.People.Daily(ctx, "grace#"+r.Key.Control+"#"+r.Key.Account, n)
}
