package main

import (
	"cmp"
	"maps"
	"slices"

	"github.com/salve-security/salve/internal/finding"
	"github.com/salve-security/salve/internal/report"
	"github.com/salve-security/salve/internal/run"
)

type showCmd struct {
	which
}

// Run prints one run, or a line for each run of a batch.
func (c *showCmd) Run(a *app) error {
	if err := c.named(); err != nil {
		return err
	}
	h, err := a.hub()
	if err != nil {
		return err
	}
	book := h.ledger()
	found, err := c.list(a, h)
	if err != nil {
		return err
	}
	runs := found.runs
	a.skipped(found.skipped)
	if len(runs) > 1 {
		if !together(runs) {
			return c.ambiguous(runs)
		}
		later, err := laterRuns(a.ctx, book, runs)
		if err != nil {
			return err
		}
		all := slices.Concat(runs, later)
		return a.data(a.reports(runs, all), func() {
			a.runs(runs, all, false)
			a.say("\nOne of them: salve show RUN, or salve show %s --resource ARN", c.ID)
		})
	}
	r := runs[0]
	later, err := lookUp(a.ctx, book, r, a.now())
	if err != nil {
		return err
	}
	told := a.report(r)
	told.Hold = report.HoldOf(later.hold)
	if settled := settledBy(r, later.runs); settled != nil {
		told.SettledBy = settled.ID
	}
	return a.data(told, func() { a.everything(r, later) })
}

// everything prints a run with who, when, about what, and what happened since.
func (a *app) everything(r *run.Run, later since) {
	a.headline(r, later.runs...)
	asked := r.Asked
	if asked.IsZero() {
		asked = r.Created
	}
	a.say("  asked: %s by %s (%s)", stamp(asked), cmp.Or(r.Asker(), "nobody"), r.Trigger)
	for _, line := range [][2]string{{"reported", r.Said}, {"rule", r.Rule}} {
		if line[1] != "" {
			a.say("  %s: %s", line[0], line[1])
		}
	}
	if !r.Finished.IsZero() {
		a.say("  finished: %s", stamp(r.Finished))
	}
	if r.Plan != nil && r.Plan.Hash != "" {
		a.say("  plan: %s", r.Plan.Hash)
	}
	a.body(r)
	for _, answer := range r.Answers {
		a.say("  answered: %s, %s by %s", stamp(answer.At), answer.Word, answer.Name())
	}
	a.execution(r)
	a.findings(r)
	for _, line := range []string{agreed(r), then(r, later.runs)} {
		if line != "" {
			a.say("  since: %s", line)
		}
	}
	if h := later.hold; h != nil {
		a.say("  since: on hold until %s, by %s: %s", stamp(h.Until), holder(h.By), h.Reason)
	}
	a.undoLine(r, later.runs)
}

// findings prints how many findings get the result, and the first of them.
func (a *app) findings(r *run.Run) {
	keys := slices.SortedFunc(maps.Keys(r.Findings), finding.Key.Compare)
	a.say("  findings: %d", len(keys))
	for _, key := range keys[:min(len(keys), maxNames)] {
		a.say("    %s", key.ID)
	}
	if more := len(keys) - maxNames; more > 0 {
		a.say("    and %d more: salve show %s -o json", more, r.ID)
	}
}

// holder is who set a hold, in words: a click carries no name.
func holder(by string) string {
	if by == "unattributed" {
		return "somebody who clicked"
	}
	return by
}
