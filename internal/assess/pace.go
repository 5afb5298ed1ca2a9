package assess

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/securityhub"
	"golang.org/x/time/rate"
)

// What AWS lets an account ask of GetFindings. Source: Security Hub API reference, quotas: 3 requests a second, and 6
// at once.
const (
	perSecond = 3
	atOnce    = 6
)

// asked is GetFindings at the pace of AWS, which others in the account share: the SDK tries again what is throttled all
// the same.
type asked struct {
	*Assessment
	pace *rate.Limiter
}

func (a *Assessment) asked() asked { return asked{a, rate.NewLimiter(perSecond, atOnce)} }

// page is one answer.
func (q asked) page(ctx context.Context, in *securityhub.GetFindingsInput) (*securityhub.GetFindingsOutput, error) {
	now := q.Now()
	if wait := q.pace.ReserveN(now, 1).DelayFrom(now); wait > 0 {
		if err := q.Sleep(ctx, wait); err != nil {
			return nil, err
		}
	}
	out, err := q.Findings.GetFindings(ctx, in)
	if err != nil {
		return nil, stopped(ctx, "look for findings", err)
	}
	return out, nil
}
