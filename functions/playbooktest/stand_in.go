package playbooktest

import (
	"context"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/smithy-go/middleware"

	"github.com/salve-security/salve/internal/control"
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

// Env is what a run of the control gets to work with, for tests beside the suite: a session for the resource
// in the default account and Region, with the rights of a fix and of its undo.
func Env(t *testing.T, w World, c control.Control, resource string) control.Env {
	t.Helper()
	s := &scene{suite: &suite{Suite: Suite{
		World: w, Control: c, Account: DefaultAccount, Region: DefaultRegion,
	}}, t: t, resource: resource, tap: &tap{}}
	return s.session(s.undoActions())
}
