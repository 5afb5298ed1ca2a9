package playbooktest

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/smithy-go/middleware"
)

// StandIn answers calls in the place of AWS, by operation, for what the lab cannot do. An input is the SDK's
// pointer for the operation, and an output must be too. Operations it does not name go to the lab.
type StandIn map[string]func(input any) (output any, err error)

// AddTo makes clients of cfg ask the stand-in first. It changes cfg only, not what cfg was copied from.
func (s StandIn) AddTo(cfg *aws.Config) {
	options := append([]func(*middleware.Stack) error(nil), cfg.APIOptions...)
	cfg.APIOptions = append(options, func(stack *middleware.Stack) error {
		return stack.Initialize.Add(middleware.InitializeMiddlewareFunc("StandIn", func(
			ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler,
		) (middleware.InitializeOutput, middleware.Metadata, error) {
			answer, ok := s[awsmiddleware.GetOperationName(ctx)]
			if !ok {
				return next.HandleInitialize(ctx, in)
			}
			out, err := answer(in.Parameters)
			return middleware.InitializeOutput{Result: out}, middleware.Metadata{}, err
		}), middleware.After)
	})
}
