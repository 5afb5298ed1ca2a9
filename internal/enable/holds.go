package enable

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// A delegation that Salve made may have come to carry what others made since. Before it is taken back, it is looked for
// that in the administrator's account; where there is any, or it cannot be seen, the delegation stays.

// holding looks for what of others depends on something.
type holding func(ctx context.Context) ([]string, error)

// mostHeld is how many of those that depend are named.
const mostHeld = 5

// kept says why something is not taken back, "" where nobody else depends on it.
func (h holding) kept(ctx context.Context) string {
	if h == nil {
		return ""
	}
	all, err := h(ctx)
	switch {
	case err != nil:
		return "whether others depend on it cannot be seen, so it stays: " + said(err)
	case len(all) == 0:
		return ""
	}
	more := ""
	if len(all) > mostHeld {
		more, all = fmt.Sprintf(" and %d more", len(all)-mostHeld), all[:mostHeld]
	}
	return "others depend on it, and it stays for them: " + strings.Join(
		all,
		", ",
	) + more + "; once those are gone, run it " +
		"again"
}

// held is what of others depends on something in a Region, seen by its administrator.
type held func(ctx context.Context, e Env, cfg aws.Config) ([]string, error)

// here looks in the Region of the step.
func (e Env) here(look held) holding {
	return func(ctx context.Context) ([]string, error) {
		cfg, err := e.administrator()
		if err != nil {
			return nil, err
		}
		return look(ctx, e, cfg)
	}
}

// everywhere looks in all Regions that the administrator has, whichever of them this run is about: AWS Organizations
// delegates for all of them at once.
func (e Env) everywhere(look held) holding {
	return func(ctx context.Context) ([]string, error) {
		cfg, err := e.administrator()
		if err != nil {
			return nil, err
		}
		regions, err := Regions(ctx, cfg)
		if err != nil {
			return nil, err
		}
		var all []string
		for _, region := range regions {
			there := e
			there.Region = region
			cfg, err := there.administrator()
			if err != nil {
				return nil, err
			}
			found, err := look(ctx, there, cfg)
			if err != nil && absent(err) && !there.Home() { // there the service is not
				continue
			}
			if err != nil {
				return nil, fmt.Errorf("in %s: %w", region, err)
			}
			for _, f := range found {
				all = append(all, f+" in "+region)
			}
		}
		return all, nil
	}
}

// leaves tells whether this run takes back what Salve made in the Region, so that it needs nothing any more.
func (e Env) leaves() bool { return e.Home() || slices.Contains(e.Regions, e.Region) }

// named are things by what they are and their names.
func named[T any](all []T, kind string, name func(T) *string) []string {
	var out []string
	for _, one := range all {
		out = append(out, kind+" "+aws.ToString(name(one)))
	}
	return out
}
