package rds_test

import (
	"context"
	"errors"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/rds/types"
	"github.com/aws/smithy-go/middleware"

	"github.com/salve-security/salve/functions/playbooktest"
	"github.com/salve-security/salve/internal/control"
)

// honest is a lab that says of a cluster which is gone what RDS says: the emulator breaks down when it is modified.
type honest struct{ playbooktest.AWS }

func (h honest) Root(account string) aws.Config { return h.with(h.AWS.Root(account)) }

func (h honest) Open(ctx context.Context, r control.SessionRequest) (aws.Config, error) {
	cfg, err := h.AWS.Open(ctx, r)
	return h.with(cfg), err
}

func (honest) with(cfg aws.Config) aws.Config {
	cfg.APIOptions = append(cfg.APIOptions[:len(cfg.APIOptions):len(cfg.APIOptions)], func(s *middleware.Stack) error {
		return s.Initialize.Add(middleware.InitializeMiddlewareFunc("Honest", func(
			ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler,
		) (middleware.InitializeOutput, middleware.Metadata, error) {
			out, meta, err := next.HandleInitialize(ctx, in)
			broken := new(awshttp.ResponseError)
			if awsmiddleware.GetOperationName(ctx) == "ModifyDBCluster" && errors.As(err, &broken) &&
				broken.HTTPStatusCode() == 500 {
				err = &types.DBClusterNotFoundFault{}
			}
			return out, meta, err
		}), middleware.After)
	})
	return cfg
}
