package assess

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/smithy-go/middleware"

	"github.com/salve-security/salve/internal/calls"
	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
)

// ReadOnly is a configuration whose clients send nothing that could change anything. The session of a member cannot
// either; where a person's own credentials are used, this is all that stands between.
func ReadOnly(cfg aws.Config) aws.Config {
	out := cfg.Copy()
	out.APIOptions = append(append([]func(*middleware.Stack) error(nil), cfg.APIOptions...), guarded)
	return out
}

func guarded(stack *middleware.Stack) error {
	return stack.Initialize.Add(middleware.InitializeMiddlewareFunc("SalveReadOnly", refuseWrites), middleware.After)
}

func refuseWrites(ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler) (
	middleware.InitializeOutput, middleware.Metadata, error,
) {
	if call := calls.Action(awsmiddleware.GetServiceID(ctx), awsmiddleware.GetOperationName(ctx)); !control.Reading(call) {
		return middleware.InitializeOutput{}, middleware.Metadata{}, fault.New(fault.Refused,
			"%s is no call that only reads: an assessment does not send it", call)
	}
	return next.HandleInitialize(ctx, in)
}
