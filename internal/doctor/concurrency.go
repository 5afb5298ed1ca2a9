package doctor

import (
	"context"
	"errors"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"

	"github.com/salve-security/salve/internal/names"
)

// leastPlaces: clicks have five places of their own, imported findings at least two.
const leastPlaces = 7

// concurrency: nobody keeps the function from running, as an emergency stop does, nor leaves it too few places.
func concurrency() Check {
	const action = "lambda:GetFunctionConcurrency"
	return Check{Name: "concurrency", Needs: []string{action}, ask: func(ctx context.Context, p *Patient) Answer {
		now, err := lambda.NewFromConfig(p.Own).GetFunctionConcurrency(ctx, &lambda.GetFunctionConcurrencyInput{
			FunctionName: aws.String(p.called(names.Function)),
		})
		if missing := new(types.ResourceNotFoundException); errors.As(err, &missing) {
			return notAsked("there is no function, see function")
		}
		if err != nil {
			return unread(err, action)
		}
		free := p.aws("lambda delete-function-concurrency --function-name %s", p.called(names.Function))
		switch n := now.ReservedConcurrentExecutions; {
		case n == nil:
			return ok("the function shares the account's concurrency")
		case *n == 0:
			return wrong(free, "the function may not run at all: its reserved concurrency is 0, as an emergency stop sets it")
		case *n < leastPlaces:
			return wrong(free, "the function is throttled: its reserved concurrency is %d, its queues want %d or more", *n,
				leastPlaces)
		default:
			return ok("the function has a reserved concurrency of %d", *n)
		}
	}}
}
