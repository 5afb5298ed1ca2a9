// Package around finds out what rules ask about the surroundings of a resource:
// the organizational units of its account, by a chart that sweeps keep, and its
// tags as they are now. What a finding says of them is a hint and not enough to
// act on.
package around

import (
	"context"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/gate"
)

// Sessions opens sessions in member accounts. internal/member implements it.
type Sessions interface {
	Open(ctx context.Context, r control.SessionRequest) (aws.Config, error)
}

// Finder answers. It is safe for concurrent use.
type Finder struct {
	Charts   Charts
	SSM      SSM
	Sessions Sessions
	Now      func() time.Time

	mu    sync.Mutex
	chart gate.Charted
	read  time.Time // when

	calendars sync.Mutex
	states    map[string]dated
}
