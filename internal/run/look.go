package run

import (
	"context"
	"errors"
	"maps"

	"github.com/salve-security/salve/internal/finding"
)

// Look reads findings of a Region by their ids; those that are gone are left out.
type Look func(ctx context.Context, region string, ids []string) (map[string]finding.View, error)

// Findings are the findings of runs as Security Hub has them now, by id. What
// could be read comes along with an error about what could not.
func (l Look) Findings(ctx context.Context, runs ...*Run) (map[string]finding.View, error) {
	ids := map[string][]string{}
	for _, r := range runs {
		for id, f := range r.Findings {
			ids[f.Region] = append(ids[f.Region], id)
		}
	}
	all := map[string]finding.View{}
	var errs []error
	for region, list := range ids {
		seen, err := l(ctx, region, list)
		errs = append(errs, err)
		maps.Copy(all, seen)
	}
	return all, errors.Join(errs...)
}
