package settle

import (
	"context"
	"maps"
	"slices"

	"github.com/salve-security/salve/internal/engine/past"
	"github.com/salve-security/salve/internal/finding"
	"github.com/salve-security/salve/internal/note"
	"github.com/salve-security/salve/internal/run"
)

// stands is, by run, what earlier runs of the same work left that still holds, for those that leave it so: their notes
// take the place of the ones that told of it. It returns the runs that may be answered, and notes in failed why the
// others may not.
func (s *Settler) stands(ctx context.Context, runs []*run.Run, failed map[finding.Key]error) (
	ready []*run.Run, out map[string]note.Standing,
) {
	out = map[string]note.Standing{}
	for _, r := range runs {
		if !slices.ContainsFunc(slices.Collect(maps.Values(r.Findings)), note.Of(r).Beside) {
			ready = append(ready, r)
			continue
		}
		standing, err := past.Standing(ctx, s.Runs, s.Past, r.Key)
		if err != nil {
			for key := range r.Findings {
				failed[key] = err
			}
			continue
		}
		out[r.ID] = standing
		ready = append(ready, r)
	}
	return ready, out
}
