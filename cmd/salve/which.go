package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/ledger"
	"github.com/salve-security/salve/internal/run"
)

// which names a run: by its id or the beginning of it, by the id of its batch and its resource, as notes do that are
// the same for many findings, or by a finding that it answered.
type which struct {
	ID       string `arg:"" name:"run" help:"${help_run}"`
	Resource string `placeholder:"ARN" help:"Of a batch, only runs on this resource."`
}

// named refuses an empty id, as a shell gives for a variable that is not set: it
// would be the beginning of every id.
func (w which) named() error {
	if strings.TrimSpace(w.ID) == "" {
		return fault.New(fault.Invalid, "RUN is empty: name a run, salve history lists them")
	}
	return nil
}

// one is the run that was named, and the hub that has it.
func (w which) one(a *app) (hub, *run.Run, error) {
	if err := w.named(); err != nil {
		return hub{}, nil, err
	}
	h, err := a.hub()
	if err != nil {
		return h, nil, err
	}
	r, err := w.find(a, h)
	return h, r, err
}

// chosenRuns are those that were named, the oldest first; at least one. Skipped says which cannot be read.
type chosenRuns struct {
	runs    []*run.Run
	skipped []error
}

// list reads the run, or the runs of the batch.
func (w which) list(a *app, h hub) (chosenRuns, error) {
	book := h.ledger()
	if findingID(w.ID) {
		r, err := a.runOf(h, w.ID)
		return chosenRuns{runs: []*run.Run{r}}, err
	}
	r, err := book.Get(a.ctx, w.ID)
	switch {
	case err == nil && w.Resource != "" && w.Resource != r.Key.Resource:
		return chosenRuns{}, fault.New(fault.Invalid, "run %s is about %s, not about %s: leave out --resource",
			r.ID, r.Key.Resource, w.Resource)
	case err == nil:
		return chosenRuns{runs: []*run.Run{r}}, nil
	case !errors.Is(err, run.ErrNotFound):
		return chosenRuns{}, err
	}
	found, failed := w.beginning(a.ctx, book)
	if failed != nil {
		return chosenRuns{}, failed
	}
	if len(found.runs) == 0 {
		return found, errors.Join(append(found.skipped, unknownRun(err))...)
	}
	found.runs, failed = w.on(found.runs)
	return found, failed
}

// beginning reads the runs of the batch, or those whose ids begin so.
func (w which) beginning(ctx context.Context, book ledger.Ledger) (found chosenRuns, err error) {
	q := run.Query{Batch: run.Batch(w.ID), Prefix: w.ID}
	page, err := book.History(ctx, q)
	if err == nil && len(page.Runs)+len(page.Skipped) == 0 && q.Batch == w.ID {
		var ok bool
		if q.Since, q.Until, ok = run.Began(w.ID); ok {
			q.Batch = ""
			page, err = book.History(ctx, q)
		}
	}
	slices.SortFunc(page.Runs, func(x, y *run.Run) int { return strings.Compare(x.ID, y.ID) })
	return chosenRuns{page.Runs, page.Skipped}, err
}

// together tells that all runs are of one batch.
func together(runs []*run.Run) bool {
	return !slices.ContainsFunc(runs, func(r *run.Run) bool { return run.Batch(r.ID) != run.Batch(runs[0].ID) })
}

// on keeps the runs on the resource, where one is named.
func (w which) on(runs []*run.Run) ([]*run.Run, error) {
	if w.Resource == "" {
		return runs, nil
	}
	mine := slices.DeleteFunc(slices.Clone(runs), func(r *run.Run) bool { return r.Key.Resource != w.Resource })
	if len(mine) == 0 {
		return nil, fault.New(fault.Invalid, "batch %s has no run on %s: it has runs on %s",
			w.ID, w.Resource, resources(runs))
	}
	return mine, nil
}

// find reads the one run that is meant.
func (w which) find(a *app, h hub) (*run.Run, error) {
	found, err := w.list(a, h)
	if err == nil {
		err = errors.Join(found.skipped...) // one that cannot be read may be the one that is meant
	}
	if err != nil {
		return nil, err
	}
	return w.pick(found.runs)
}

// pick takes the one run of the batch. Of several on one resource the one that
// changed something is meant; if there are more, a person has to tell which.
func (w which) pick(runs []*run.Run) (*run.Run, error) {
	if len(runs) == 1 {
		return runs[0], nil
	}
	if !together(runs) {
		return nil, w.ambiguous(runs)
	}
	if w.Resource == "" {
		return nil, fault.New(fault.Invalid, "%s is a batch of %d runs: name one with --resource ARN, it has runs on %s",
			w.ID, len(runs), resources(runs))
	}
	changed := slices.DeleteFunc(slices.Clone(runs), func(r *run.Run) bool { return r.BeforeHash == "" })
	if len(changed) == 1 {
		return changed[0], nil
	}
	return nil, fault.New(fault.Invalid, "batch %s has %d runs on %s: name one by its own id, %s",
		w.ID, len(runs), w.Resource, ids(runs))
}

// ambiguous refuses a beginning that several runs have in common by chance.
func (w which) ambiguous(runs []*run.Run) error {
	return fault.New(fault.Invalid, "%d runs begin with %s: write more of the one that is meant, %s", len(runs), w.ID,
		ids(runs))
}

func ids(runs []*run.Run) string {
	names := make([]string, len(runs))
	for i, r := range runs {
		names[i] = r.ID + " (" + r.Key.Control + ")"
	}
	return some(names)
}

func resources(runs []*run.Run) string {
	var names []string
	for _, r := range runs {
		if !slices.Contains(names, r.Key.Resource) {
			names = append(names, r.Key.Resource)
		}
	}
	return some(names)
}

// maxNames is how many names a sentence holds.
const maxNames = 10

// some lists names, and counts those for which there is no room.
func some(names []string) string {
	shown := strings.Join(names[:min(len(names), maxNames)], ", ")
	if more := len(names) - maxNames; more > 0 {
		shown += fmt.Sprintf(" and %d more", more)
	}
	return shown
}
