package doctor

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/aws-sdk-go-v2/service/sts"
)

// AWS refuses signatures that are older than five minutes. Salve's leases count on less.
const skew = time.Minute

// clock: this machine's is about as late as AWS's.
func clock() Check {
	return Check{Name: "clock", ask: func(ctx context.Context, p *Patient) Answer {
		me, err := sts.NewFromConfig(p.Person).GetCallerIdentity(ctx, nil)
		if err != nil {
			return unread(err, "sts:GetCallerIdentity")
		}
		theirs, said := middleware.GetServerTime(me.ResultMetadata)
		if !said {
			return unknown("", "AWS did not say what time it is")
		}
		// An answer says whole seconds.
		if off := p.Now().Sub(theirs).Abs().Truncate(time.Second); off > skew {
			return wrong("sudo timedatectl set-ntp true", "this machine's clock is off by %s", off)
		}
		return ok("this machine's clock goes with AWS's")
	}}
}
