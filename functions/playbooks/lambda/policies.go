package lambda

import (
	"context"

	"golang.org/x/sync/errgroup"
)

// atOnce is how many policies are asked for at a time: quick for most functions, and few enough that the SDK's
// pauses after a throttled call bring the rest down to what AWS takes.
const atOnce = 5

// policies returns the policy of each part. The first error ends the other calls.
func (f function) policies(ctx context.Context, parts []part) ([]policy, error) {
	all := make([]policy, len(parts))
	calls, ctx := errgroup.WithContext(ctx)
	calls.SetLimit(atOnce)
	for i, p := range parts {
		calls.Go(func() (err error) {
			all[i], err = f.policy(ctx, p)
			return err
		})
	}
	return all, calls.Wait()
}
