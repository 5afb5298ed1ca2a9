package settle

import (
	"context"
	"maps"
	"slices"

	"github.com/salve-security/salve/internal/finding"
	"github.com/salve-security/salve/internal/note"
	"github.com/salve-security/salve/internal/run"
)

// lookedUp looks up the findings of runs whose copies are old, all together, so that nothing is written over what
// people have written meanwhile. It returns the runs that may be answered, and by finding why the others may not.
func (s *Settler) lookedUp(ctx context.Context, runs []*run.Run) ([]*run.Run, map[finding.Key]error) {
	failed := map[finding.Key]error{}
	var outdated []*run.Run
	for _, r := range runs {
		if r.Outdated(s.Now()) && len(note.Of(r).On(r)) > 0 {
			outdated = append(outdated, r)
		}
	}
	if len(outdated) == 0 {
		return runs, failed
	}
	views, silent := s.Look.Regions(ctx, outdated...)
	var waits []*run.Run
	for _, r := range outdated {
		why := map[finding.Key]error{}
		for key, f := range r.Findings {
			if err := silent[f.Region]; err != nil {
				why[key] = err
			}
		}
		if len(why) > 0 { // a run is answered as a whole: what it says depends on all its findings
			maps.Copy(failed, why)
			waits = append(waits, r)
			continue
		}
		r.Heed(views, s.Now())
		if r.Disputed() && r.LastChecked().IsZero() {
			r.Confirmed = "" // Security Hub agrees by now
		}
	}
	runs = slices.DeleteFunc(slices.Clone(runs), func(r *run.Run) bool { return slices.Contains(waits, r) })
	return runs, failed
}
