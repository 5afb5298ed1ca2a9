package playbooktest

import (
	"context"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/smithy-go/middleware"

	"github.com/salve-security/salve/internal/control"
)

// Amended is an AWS whose answers amend puts right, for what the lab takes and forgets. It gets the SDK's pointers
// to the input and to the output of each call that succeeded; rights and all else stay those of w.
func Amended(w AWS, amend func(input, output any)) AWS { return amended{w, amend} }

type amended struct {
	AWS
	amend func(input, output any)
}

// Root may do everything in the account.
func (a amended) Root(account string) aws.Config { return a.with(a.AWS.Root(account)) }

// Open opens the session of a run.
func (a amended) Open(ctx context.Context, r control.SessionRequest) (aws.Config, error) {
	cfg, err := a.AWS.Open(ctx, r)
	return a.with(cfg), err
}

// Advance puts the time of runbooks forward where the world behind can.
func (a amended) Advance(ctx context.Context, by time.Duration) error {
	if w, ok := a.AWS.(advancer); ok {
		return w.Advance(ctx, by)
	}
	return nil
}

// Lend deploys what runbooks run as where the world behind can.
func (a amended) Lend(ctx context.Context, account, family string) error {
	if w, ok := a.AWS.(lender); ok {
		return w.Lend(ctx, account, family)
	}
	return nil
}

func (a amended) with(cfg aws.Config) aws.Config {
	cfg.APIOptions = append(slices.Clip(cfg.APIOptions), func(s *middleware.Stack) error {
		// Behind the suite's tap, which plays lost answers: AWS would remember what those calls brought too.
		return s.Serialize.Add(middleware.SerializeMiddlewareFunc("Amended", func(
			ctx context.Context, in middleware.SerializeInput, next middleware.SerializeHandler,
		) (middleware.SerializeOutput, middleware.Metadata, error) {
			out, meta, err := next.HandleSerialize(ctx, in)
			if err == nil {
				a.amend(in.Parameters, out.Result)
			}
			return out, meta, err
		}), middleware.Before)
	})
	return cfg
}
