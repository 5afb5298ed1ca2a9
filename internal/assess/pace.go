package assess

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/securityhub"
	"golang.org/x/time/rate"
)

// What AWS lets an account ask of GetFindings. Source: Security Hub API reference, quotas: 3 requests a second, and 6
// at once.
const (
	perSecond = 3
	atOnce    = 6
)

// Pace lets calls of GetFindings through as fast as AWS lets an account ask. Others in the account share that: the SDK
// tries again what is throttled all the same.
type Pace struct {
	limiter *rate.Limiter
	now     func() time.Time
	sleep   func(ctx context.Context, d time.Duration) error
}

// NewPace is one that nobody has used yet.
func NewPace(now func() time.Time, sleep func(ctx context.Context, d time.Duration) error) Pace {
	return Pace{rate.NewLimiter(perSecond, atOnce), now, sleep}
}

// Wait waits for the turn of a call.
func (p Pace) Wait(ctx context.Context) error {
	now := p.now()
	if wait := p.limiter.ReserveN(now, 1).DelayFrom(now); wait > 0 {
		return p.sleep(ctx, wait)
	}
	return nil
}

// asked is an assessment with its pace.
type asked struct {
	*Assessment
	pace Pace
}

func (a *Assessment) asked() asked { return asked{a, NewPace(a.Now, a.Sleep)} }

// page is one answer.
func (q asked) page(ctx context.Context, in *securityhub.GetFindingsInput) (*securityhub.GetFindingsOutput, error) {
	if err := q.pace.Wait(ctx); err != nil {
		return nil, err
	}
	out, err := q.Findings.GetFindings(ctx, in)
	if err != nil {
		return nil, stopped(ctx, "look for findings", err)
	}
	return out, nil
}
