package lambda

import (
	"context"
	"sync"
)

// atOnce is how many policies are asked for at a time: quick for most functions, and few enough that the SDK's
// pauses after a throttled call bring the rest down to what AWS takes.
const atOnce = 5

// policies returns the policy of each part. The first error ends the other calls.
func (f function) policies(ctx context.Context, parts []part) ([]policy, error) {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	all, next := make([]policy, len(parts)), make(chan int)
	var workers sync.WaitGroup
	for range atOnce {
		workers.Go(func() {
			for i := range next {
				var err error
				if all[i], err = f.policy(ctx, parts[i]); err != nil {
					stop(err) // the first one counts
				}
			}
		})
	}
	for i := range parts {
		if ctx.Err() != nil {
			break
		}
		next <- i
	}
	close(next)
	workers.Wait()
	if err := context.Cause(ctx); err != nil {
		return nil, err
	}
	return all, nil
}
