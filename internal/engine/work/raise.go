package work

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/run"
)

// raised puts what the class of a resource's data sets over the values that hold otherwise. Tags that are nil are read
// where they decide: what nobody may read could be of any class.
func (w *Worker) raised(
	ctx context.Context, c control.Control, t control.Target, tags map[string]string, choice control.Choice,
) (control.Choice, error) {
	config, err := w.Configured(ctx)
	if err != nil {
		return choice, err
	}
	if raisers := config.Raisers(c.ID); tags == nil && open(raisers, choice) {
		if tags, err = w.Around.Tags(ctx, t, run.NewID(w.Now())); err != nil {
			return choice, err
		}
		if tags == nil {
			return choice, fault.New(fault.Refused, "the tags of the resource could not be read, and the class of its data "+
				"decides about %s: check the right to read them, or give them with --param", listed(raisers))
		}
	}
	class, params := config.Raised(c.ID, tags)
	out, err := c.Raise(choice, class, params)
	if err != nil {
		return choice, fault.New(fault.Invalid, "%w", err)
	}
	return out, nil
}

// open tells that some class sets what the command line does not.
func open(raisers map[string]map[string]any, choice control.Choice) bool {
	for _, params := range raisers {
		for name := range params {
			if choice.Sources[name] != control.FromCommand {
				return true
			}
		}
	}
	return false
}

// listed are the parameters that classes set.
func listed(raisers map[string]map[string]any) string {
	var names []string
	for _, params := range raisers {
		names = slices.AppendSeq(names, maps.Keys(params))
	}
	slices.Sort(names)
	return fmt.Sprint("parameters ", slices.Compact(names))
}

// raise looks, for a run that waited and has begun nothing, which class the data has now: the plan that follows goes by
// what that class sets. One that ends or waits as it is has no need to know.
func (a *attempt) raise(
	ctx context.Context, c control.Control, tags map[string]string, end ended, stop bool, err error,
) (ended, bool, error) {
	r := a.r
	if err != nil || stop || a.finishes() || r.Undoes != "" {
		return end, stop, err
	}
	choice, err := a.raised(ctx, c, r.Target(), tags, as(r))
	if err != nil {
		return ended{}, false, err
	}
	a.anew = control.Text(r.Params) != control.Text(choice.Params) ||
		!maps.Equal(control.Raised(r.Sources), control.Raised(choice.Sources))
	if err := a.torn(); err != nil {
		return ended{}, false, err
	}
	r.Params, r.Sources, r.Beneath = choice.Params, choice.Sources, choice.Beneath
	if wants := (run.Run{Locks: locks(c, r)}); a.anew && !r.Key.Reads &&
		(wants.SortLocks() != nil || !slices.Equal(wants.Locks, r.Locks)) {
		return ended{}, false, fault.New(fault.Refused,
			"the class of the data changed, and with it what this run has to lock")
	}
	return ended{}, false, nil
}
