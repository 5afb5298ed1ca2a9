package work

import (
	"context"
	"errors"
	"hash/fnv"
	"slices"
	"time"

	"github.com/salve-security/salve/internal/gate"
	"github.com/salve-security/salve/internal/run"
)

// longestSpread is over how long what waited for the same moment begins, so that it does not all begin at once: a
// thousand runs are no more than sweeps take up beside their other work.
const longestSpread = 30 * time.Minute

// opens is when a run begins that waits for its time: spread over the first half of the time it has then, the same for
// the same work however often it is reported.
func opens(d gate.Decision, k run.Key) time.Time {
	spread := longestSpread
	if d.Lasts > 0 {
		spread = min(spread, d.Lasts/2)
	}
	h := fnv.New32a()
	_, _ = h.Write([]byte(k.String())) // a hash never fails to write
	if seconds := uint32(spread / time.Second); seconds > 0 {
		return d.Until.Add(time.Duration(h.Sum32()%seconds) * time.Second)
	}
	return d.Until
}

// pays draws, for a run whose time has come, on the budgets and the share that it did not draw on when it was reported,
// or drew on when they had other limits. What is over them waits for its turn.
func (a *attempt) pays(ctx context.Context) error {
	r, now := a.r, a.Now()
	waited := !r.Opens.IsZero() || r.Under != ""
	if r.Opens = (time.Time{}); !waited || r.Trigger != run.TriggerImported {
		r.Under, r.Slot = "", time.Time{}
		return nil
	}
	config, err := a.Configured(ctx)
	if err != nil {
		return err
	}
	switch drawn := !r.Slot.IsZero() && slices.Contains(config.Stamps(), r.Under); {
	case drawn && r.Slot.After(now): // it was looked at for a limit that is back
		return a.putOff(ctx, r.Slot, r.Reason)
	case drawn:
		r.Under, r.Slot = "", time.Time{}
		return nil
	}
	t, err := a.Worker.turn(ctx, r, config, now)
	if err != nil {
		return err
	}
	if r.Under, r.Slot = "", (time.Time{}); !t.start.After(now) {
		return nil
	}
	t.keptBy(r)
	return a.putOff(ctx, t.start, t.why)
}

// awaitTime lets a run wait whose time has not come, or has gone by. Who clicked hears of it.
func (a *attempt) awaitTime(ctx context.Context, d gate.Decision) error {
	r := a.r
	r.Opens, r.Under, r.Slot = opens(d, r.Key), a.under, time.Time{}
	err := a.putOff(ctx, r.Opens, d.WaitsFor())
	if errors.Is(err, errDeferred) && r.Trigger == run.TriggerClick {
		a.sayLater(ctx, r)
	}
	return err
}
