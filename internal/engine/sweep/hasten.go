package sweep

import (
	"context"
	"errors"
	"hash/fnv"
	"time"

	"github.com/salve-security/salve/internal/run"
)

const (
	// hastenEvery is how many minutes lie between two looks for what waits under another configuration: each reads all
	// that waits.
	hastenEvery = 5
	// hastenLimit bounds one of them, and hastenOver is how long what it found takes to come up: two a second, beside the
	// sweeps' other work.
	hastenLimit = 1000
	hastenOver  = 10 * time.Minute
)

// hasten lets runs look again that wait for a window, the end of a freeze or a limit which the configuration does not
// have any more: they would wait for the time that it said then. What else waits costs nothing, however long. The look
// itself is stateless: a run that has looked waits under the new stamp, or not at all.
func (s *Sweeper) hasten(ctx context.Context) error {
	now := s.Now()
	stamps, err := s.Stamps(ctx)
	if err != nil {
		return err
	}
	ids, err := s.Due.Outdated(ctx, stamps, now, now.Add(hastenOver), hastenLimit)
	errs := []error{err}
	for _, id := range ids {
		after := soon(id)
		if err := s.Due.Postpone(ctx, id, now.Add(after)); err != nil {
			errs = append(errs, err)
			continue
		}
		// The sweeps find it where this fails.
		errs = append(errs, s.Nudge(ctx, &run.Run{ID: id, Trigger: run.TriggerImported}, after))
	}
	return errors.Join(errs...)
}

// soon is after how long a run looks again: not all of them at once.
func soon(id string) time.Duration {
	h := fnv.New32a()
	_, _ = h.Write([]byte(id)) // a hash never fails to write
	return time.Duration(h.Sum32()%uint32(hastenOver/time.Second)) * time.Second
}
