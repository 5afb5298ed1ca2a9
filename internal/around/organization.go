package around

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/organizations"
	"github.com/aws/aws-sdk-go-v2/service/organizations/types"
	"golang.org/x/sync/errgroup"

	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/gate"
)

// Organizations is what reads an organization from its root down.
type Organizations interface {
	organizations.ListRootsAPIClient
	organizations.ListAccountsForParentAPIClient
	organizations.ListOrganizationalUnitsForParentAPIClient
	organizations.ListTagsForResourceAPIClient
}

// Organization reads the organization. Only sweeps do, once an hour: what events ask is answered from the chart.
type Organization struct{ API Organizations }

// deepest bounds the way down: AWS allows five levels of units below the root.
const deepest = 8

// readAtOnce is how many calls are under way at a time, and perPage the most that AWS answers with. It lets one account
// make some eight of these calls a second.
const (
	readAtOnce = 4
	perPage    = 20
)

// Chart reads which account is in which unit, from the root down: two calls for each unit, and one more for each twenty
// accounts or units in it. An account or unit that was met in two places was moved meanwhile: where it is is not known
// until the next reading.
func (o Organization) Chart(ctx context.Context, now time.Time) (gate.Chart, error) {
	root, err := o.root(ctx)
	if err != nil {
		return gate.Chart{}, err
	}
	d := descent{above: map[string]string{}, twice: map[string]bool{}}
	level := []string{root}
	for range deepest {
		below, err := o.level(ctx, level, &d)
		if err != nil {
			return gate.Chart{}, err
		}
		if len(below) == 0 {
			maps.DeleteFunc(d.above, func(id, _ string) bool { return d.twice[id] })
			return gate.Chart{At: now, Root: root, Above: d.above}, nil
		}
		level = below
	}
	return gate.Chart{}, fault.New(fault.Invalid, "the organization has more than %d levels of units", deepest)
}

func (o Organization) root(ctx context.Context) (string, error) {
	out, err := o.API.ListRoots(ctx, &organizations.ListRootsInput{})
	if err != nil {
		return "", fmt.Errorf("find the root of the organization: %w", err)
	}
	if len(out.Roots) != 1 {
		return "", fault.New(fault.Invalid, "the organization has %d roots, want 1", len(out.Roots))
	}
	return aws.ToString(out.Roots[0].Id), nil
}

// descent is what was met on the way down.
type descent struct {
	mu    sync.Mutex
	above map[string]string
	twice map[string]bool
}

// met notes where something is; false where it was met before.
func (d *descent) met(id, parent string) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if _, before := d.above[id]; before {
		d.twice[id] = true
		return false
	}
	d.above[id] = parent
	return true
}

// level reads what is in units, and returns the units in them.
func (o Organization) level(ctx context.Context, units []string, d *descent) ([]string, error) {
	var mu sync.Mutex
	var below []string
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(readAtOnce)
	for _, unit := range units {
		group.Go(func() error { return o.accounts(ctx, unit, d) })
		group.Go(func() error {
			found, err := o.units(ctx, unit)
			mu.Lock()
			defer mu.Unlock()
			for _, id := range found {
				if d.met(id, unit) {
					below = append(below, id)
				}
			}
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err //nolint:wrapcheck // its own errors
	}
	slices.Sort(below)
	return below, nil
}

func (o Organization) accounts(ctx context.Context, unit string, d *descent) error {
	pages := organizations.NewListAccountsForParentPaginator(o.API, &organizations.ListAccountsForParentInput{
		ParentId: &unit, MaxResults: aws.Int32(perPage),
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return fmt.Errorf("find the accounts of unit %s: %w", unit, err)
		}
		for _, one := range page.Accounts {
			d.met(aws.ToString(one.Id), unit)
		}
	}
	return nil
}

func (o Organization) units(ctx context.Context, unit string) (ids []string, err error) {
	pages := organizations.NewListOrganizationalUnitsForParentPaginator(o.API,
		&organizations.ListOrganizationalUnitsForParentInput{ParentId: &unit, MaxResults: aws.Int32(perPage)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, fmt.Errorf("find the units below %s: %w", unit, err)
		}
		for _, one := range page.OrganizationalUnits {
			ids = append(ids, aws.ToString(one.Id))
		}
	}
	return ids, nil
}

// Tags reads those of accounts, a call for each. Beside an error are those that were read before it; of an account that
// is not in the organization any more there are none.
func (o Organization) Tags(ctx context.Context, accounts []string) (map[string]map[string]string, error) {
	var mu sync.Mutex
	read := map[string]map[string]string{}
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(readAtOnce)
	for _, id := range accounts {
		group.Go(func() error {
			tags, err := o.tags(ctx, id)
			if gone := new(types.TargetNotFoundException); errors.As(err, &gone) {
				return nil
			}
			if err != nil {
				return err
			}
			mu.Lock()
			defer mu.Unlock()
			read[id] = tags
			return nil
		})
	}
	return read, group.Wait() //nolint:wrapcheck // its own errors
}

func (o Organization) tags(ctx context.Context, account string) (map[string]string, error) {
	tags := map[string]string{}
	pages := organizations.NewListTagsForResourcePaginator(o.API,
		&organizations.ListTagsForResourceInput{ResourceId: &account})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, fmt.Errorf("read the tags of account %s: %w", account, err)
		}
		for _, tag := range page.Tags {
			tags[aws.ToString(tag.Key)] = aws.ToString(tag.Value)
		}
	}
	return tags, nil
}
