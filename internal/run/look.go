package run

import (
	"context"
	"errors"
	"maps"
	"slices"

	"github.com/salve-security/salve/internal/finding"
)

// Look reads findings of a Region; those that are gone are left out.
type Look func(ctx context.Context, region string, keys []finding.Key) (map[finding.Key]finding.View, error)

// Findings are the findings of runs as Security Hub has them now. What
// could be read comes along with an error about what could not.
func (l Look) Findings(ctx context.Context, runs ...*Run) (map[finding.Key]finding.View, error) {
	all, failed := l.Regions(ctx, runs...)
	return all, errors.Join(slices.Collect(maps.Values(failed))...)
}

// Regions is Findings, with the Regions that do not answer and why: they are in the way of nobody else.
func (l Look) Regions(ctx context.Context, runs ...*Run) (map[finding.Key]finding.View, map[string]error) {
	keys := map[string][]finding.Key{} // by Region
	for _, r := range runs {
		for key, f := range r.Findings {
			keys[f.Region] = append(keys[f.Region], key)
		}
	}
	all, failed := map[finding.Key]finding.View{}, map[string]error{}
	for region, list := range keys {
		seen, err := l(ctx, region, list)
		if err != nil {
			failed[region] = err
		}
		maps.Copy(all, seen)
	}
	return all, failed
}
