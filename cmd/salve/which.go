package main

import (
	"context"
	"errors"
	"strings"

	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/ledger"
	"github.com/salve-security/salve/internal/run"
)

// which names a run: by its id, or by the id of its batch and its resource, as
// notes do that are the same for many findings.
type which struct {
	ID       string `arg:"" name:"run" help:"Id of the run, as salve history prints it, or of its batch."`
	Resource string `placeholder:"ARN" help:"Of a batch, the run on this resource."`
}

// find reads the run from the ledger.
func (w which) find(ctx context.Context, book ledger.Ledger) (*run.Run, error) {
	r, err := book.Get(ctx, w.ID)
	if !errors.Is(err, ledger.ErrNotFound) || strings.Contains(w.ID, "-") {
		return r, unknownRun(err)
	}
	runs, listed := book.History(ctx, ledger.Filter{Resource: w.Resource})
	if listed != nil {
		return nil, listed
	}
	r, found := w.pick(runs)
	if found != nil || r != nil {
		return r, found
	}
	return nil, unknownRun(err)
}

// pick takes the one run of the batch; nil means that there is none. A batch
// may have fixed a resource for several controls: that is for a person to tell.
func (w which) pick(runs []*run.Run) (*run.Run, error) {
	var mine []*run.Run
	for _, r := range runs {
		if run.Batch(r.ID) == w.ID && r.ID != w.ID {
			mine = append(mine, r)
		}
	}
	switch {
	case len(mine) == 0:
		return nil, nil
	case len(mine) == 1:
		return mine[0], nil
	case w.Resource == "":
		return nil, fault.New(fault.Invalid, "%s is a batch of %d runs: name one with --resource ARN", w.ID, len(mine))
	}
	return nil, fault.New(fault.Invalid, "batch %s has %d runs on the resource: take the id from salve history --resource %s",
		w.ID, len(mine), w.Resource)
}
