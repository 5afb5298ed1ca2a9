// Package around finds out what rules ask about the surroundings of a resource:
// the organizational units of its account and its tags as they are now. What a
// finding says of them is a hint and not enough to act on.
package around

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/organizations"
	"github.com/aws/aws-sdk-go-v2/service/organizations/types"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
)

// unitsAge is how long an account is taken to stay where it is.
const unitsAge = 15 * time.Minute

// deepest bounds the way up: AWS allows five levels of units below the root.
const deepest = 8

// Sessions opens sessions in member accounts. internal/member implements it.
type Sessions interface {
	Open(ctx context.Context, r control.SessionRequest) (aws.Config, error)
}

// Finder answers. It is safe for concurrent use.
type Finder struct {
	Organizations organizations.ListParentsAPIClient
	Sessions      Sessions
	Now           func() time.Time

	mu    sync.Mutex
	units map[string]known
}

type known struct {
	units []string
	at    time.Time
}

// Units returns an account's organizational unit, the units above it and the
// root. Nil means that we may not know.
func (f *Finder) Units(ctx context.Context, account string) ([]string, error) {
	f.mu.Lock()
	cached, ok := f.units[account]
	f.mu.Unlock()
	if ok && f.Now().Sub(cached.at) < unitsAge {
		return cached.units, nil
	}
	units, err := f.climb(ctx, account)
	switch class := fault.Of(err); {
	case err == nil:
	case class == fault.Retry:
		return nil, err
	default:
		return nil, nil //nolint:nilerr // a right that is missing is an answer: not known
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.units == nil {
		f.units = map[string]known{}
	}
	f.units[account] = known{units, f.Now()}
	return units, nil
}

func (f *Finder) climb(ctx context.Context, child string) ([]string, error) {
	var units []string
	for range deepest {
		out, err := f.Organizations.ListParents(ctx, &organizations.ListParentsInput{ChildId: &child})
		if err != nil {
			return nil, fmt.Errorf("find the organizational unit of %s: %w", child, err)
		}
		if len(out.Parents) != 1 {
			return nil, fault.New(fault.Invalid, "%s has %d parents in the organization, want 1", child, len(out.Parents))
		}
		child = aws.ToString(out.Parents[0].Id)
		units = append(units, child)
		if out.Parents[0].Type == types.ParentTypeRoot {
			return units, nil
		}
	}
	return nil, fault.New(fault.Invalid, "the organization has more than %d levels above %s", deepest, child)
}
