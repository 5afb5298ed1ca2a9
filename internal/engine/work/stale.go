package work

import (
	"context"
	"maps"

	"github.com/salve-security/salve/internal/finding"
	"github.com/salve-security/salve/internal/gate"
	"github.com/salve-security/salve/internal/run"
)

// Stale tells that an event is too old to act on what it says, or was received before: what people have written on
// its findings since would be lost.
func (w *Worker) Stale(event finding.Event, received int) bool {
	return received > 1 || w.Now().Sub(event.Time) > run.Stale
}

// Renew looks findings up, in as few calls as Security Hub allows, and asks the gate again about what they say now. It
// returns what is to be done or said, nil for nothing, and why a finding could not be looked up, both in the order of
// all.
func (w *Worker) Renew(ctx context.Context, all []*Found) ([]*Found, []error) {
	keys := map[string][]finding.Key{} // by Region
	for _, found := range all {
		keys[found.f.HubRegion] = append(keys[found.f.HubRegion], found.f.Key())
	}
	views, failed := map[finding.Key]finding.View{}, map[string]error{}
	for region, list := range keys {
		seen, err := w.Look(ctx, region, list)
		failed[region] = err
		maps.Copy(views, seen)
	}
	out, errs := make([]*Found, len(all)), make([]error, len(all))
	for i, found := range all {
		if errs[i] = failed[found.f.HubRegion]; errs[i] == nil {
			out[i] = w.renewed(ctx, found, views)
		}
	}
	return out, errs
}

// renewed is a finding as it is now, with what the gate says to that; nil where nothing is to be done or said any more.
func (w *Worker) renewed(ctx context.Context, found *Found, views map[finding.Key]finding.View) *Found {
	v, there := views[found.f.Key()]
	if !there {
		w.refused(ctx, found.f, "the finding is no longer in Security Hub")
		return nil
	}
	found.f = found.f.Now(v)
	found.in.Finding = found.f
	if found.in.Control.HasPlaybook && found.c.ID != "" { // it may be judged by something else now
		found.in.Control.Problem = problem(found.in.Config, found.c, found.f.Params)
	}
	d := gate.Decide(found.in)
	if d.Verdict == gate.Refuse && !d.Reason.Notifies() && d.Reason != found.d.Reason {
		w.refused(ctx, found.f, string(d.Reason)) // whoever is done with it since has the last word
		return nil
	}
	// Tags that nobody could read are asked for again before the run acts.
	if d.Reason != gate.UnknownTags {
		found.d = d
	}
	return w.wanted(ctx, found)
}
