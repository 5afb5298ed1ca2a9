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

// which names a run: by its id, or by the id of its batch and its resource, as
// notes do that are the same for many findings.
type which struct {
	ID       string `arg:"" name:"run" help:"Id of the run, as salve history prints it, or of its batch."`
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

// list reads the run, or the runs of the batch, the oldest first; at least one.
func (w which) list(ctx context.Context, book ledger.Ledger) ([]*run.Run, error) {
	if err := w.named(); err != nil {
		return nil, err
	}
	r, err := book.Get(ctx, w.ID)
	switch {
	case err == nil && w.Resource != "" && w.Resource != r.Key.Resource:
		return nil, fault.New(fault.Invalid, "run %s is about %s, not about %s: leave out --resource",
			r.ID, r.Key.Resource, w.Resource)
	case err == nil:
		return []*run.Run{r}, nil
	case !errors.Is(err, run.ErrNotFound), run.Batch(w.ID) != w.ID:
		return nil, unknownRun(err)
	}
	page, failed := book.History(ctx, run.Query{Batch: w.ID})
	if failed = errors.Join(append(page.Skipped, failed)...); failed != nil {
		return nil, failed // one that cannot be read may be the one that is meant
	}
	runs := page.Runs
	if len(runs) == 0 {
		return nil, unknownRun(err)
	}
	slices.SortFunc(runs, func(x, y *run.Run) int { return strings.Compare(x.ID, y.ID) })
	return w.on(runs)
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
func (w which) find(ctx context.Context, book ledger.Ledger) (*run.Run, error) {
	runs, err := w.list(ctx, book)
	if err != nil {
		return nil, err
	}
	return w.pick(runs)
}

// pick takes the one run of the batch. Of several on one resource the one that
// changed something is meant; if there are more, a person has to tell which.
func (w which) pick(runs []*run.Run) (*run.Run, error) {
	if len(runs) == 1 {
		return runs[0], nil
	}
	if w.Resource == "" {
		return nil, fault.New(fault.Invalid, "%s is a batch of %d runs: name one with --resource ARN, it has runs on %s",
			w.ID, len(runs), resources(runs))
	}
	changed := slices.DeleteFunc(slices.Clone(runs), func(r *run.Run) bool { return r.BeforeHash == "" })
	if len(changed) == 1 {
		return changed[0], nil
	}
	names := make([]string, len(runs))
	for i, r := range runs {
		names[i] = r.ID + " (" + r.Key.Control + ")"
	}
	return nil, fault.New(fault.Invalid, "batch %s has %d runs on %s: name one by its own id, %s",
		w.ID, len(runs), w.Resource, some(names))
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
