package labtest

import (
	"context"
	"sync/atomic"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/smithy-go/middleware"
)

// call is one call of a process, counted from 1.
type call struct {
	n                  int
	service, operation string
	input              any
}

// hook stands between a process and AWS. It carries out the call by do, or not.
type hook func(ctx context.Context, c call, do func(context.Context) error) error

// addTo puts the hook in front of all clients made of cfg, the member sessions'
// included, in front of the SDK's own retries.
func (h hook) addTo(cfg *aws.Config) {
	n := new(atomic.Int64)
	options := append([]func(*middleware.Stack) error(nil), cfg.APIOptions...)
	cfg.APIOptions = append(options, func(s *middleware.Stack) error {
		return s.Initialize.Add(middleware.InitializeMiddlewareFunc("EngineTest", func(
			ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler,
		) (out middleware.InitializeOutput, meta middleware.Metadata, err error) {
			c := call{
				n: int(n.Add(1)), service: awsmiddleware.GetServiceID(ctx), operation: awsmiddleware.GetOperationName(ctx),
				input: in.Parameters,
			}
			err = h(ctx, c, func(ctx context.Context) error {
				out, meta, err = next.HandleInitialize(ctx, in)
				return err
			})
			return out, meta, err
		}), middleware.After)
	})
}
