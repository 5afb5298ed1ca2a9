package work

import (
	"context"
	"time"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
)

const (
	// patience is how long a process waits for a resource itself.
	patience   = 10 * time.Second
	firstPause = 250 * time.Millisecond
)

// verify reads the resource until the plan's goal is reached or patience ends.
// The last look counts, whatever it shows; where AWS is known to be slow, what
// changes it was started, a person has to act, or the write is tried again anyway, the first one does.
func (w *Worker) verify(ctx context.Context, c control.Control, env control.Env, p control.Plan, written error) (
	control.Seen, error,
) {
	end := w.Now().Add(patience)
	for pause := firstPause; ; pause *= 2 {
		seen, err := c.Verify(ctx, env, p)
		done := err == nil && (len(seen.Left) == 0 || seen.Waits != "" || futile(p, seen, written))
		if done || fault.Of(err) == fault.Gone || c.Starts() || c.Settle.Typical > patience || w.Now().Add(pause).After(end) {
			return seen, err
		}
		if err := w.Sleep(ctx, pause); err != nil {
			return seen, err
		}
	}
}

// futile tells that AWS took nothing of the write and only time helps: the run
// is put off, and its next try proves what has become of the resource. Of any
// other error this look may be the last, so that it has to be a patient one.
func futile(p control.Plan, seen control.Seen, written error) bool {
	before, err := p.BeforeHash()
	return err == nil && fault.Of(written) == fault.Retry && seen.Hash == before
}
