package lab

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go/logging"
	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// rootSecret is the secret of every account's root; its access key id is the account id.
const rootSecret = "test"

// rootOf is the ARN of an account's root.
func rootOf(account string) string { return "arn:aws:iam::" + account + ":root" }

// Config is an account's root in a Region, for any client of the SDK. S3 needs path-style addresses on top of
// it: see S3.
func (l *Lab) Config(account, region string) aws.Config {
	cfg := Root(l.endpoint, account, region)
	cfg.HTTPClient = l.http
	return cfg
}

// Root is Config for a lab in another process.
func Root(endpoint, account, region string) aws.Config {
	return aws.Config{
		Region:       region,
		BaseEndpoint: aws.String(endpoint),
		Credentials:  credentials.NewStaticCredentialsProvider(account, rootSecret, ""),
		APIOptions:   []func(*middleware.Stack) error{NoHostPrefix},
		Logger:       logging.Nop{}, // emulators leave out what the SDK would warn of
	}
}

// S3 is a client for S3 as an account's root in the default Region.
func (l *Lab) S3(account string) *s3.Client {
	return s3.NewFromConfig(l.Config(account, l.Region()), PathStyle)
}

// PathStyle makes an S3 client write the bucket into the path: a bucket's name in front of 127.0.0.1 resolves nowhere.
func PathStyle(o *s3.Options) { o.UsePathStyle = true }

// NoHostPrefix keeps clients from writing something in front of the endpoint's host, as S3 Control does with the
// account id. It belongs into aws.Config.APIOptions whenever the endpoint is not AWS's own.
func NoHostPrefix(stack *middleware.Stack) error {
	plain := middleware.FinalizeMiddlewareFunc("NoHostPrefix", func(
		ctx context.Context, in middleware.FinalizeInput, next middleware.FinalizeHandler,
	) (middleware.FinalizeOutput, middleware.Metadata, error) {
		if request, ok := in.Request.(*smithyhttp.Request); ok {
			request.URL.Host = accountHost.ReplaceAllString(request.URL.Host, "")
		}
		return next.HandleFinalize(ctx, in)
	})
	// After the endpoint is known and before the signature covers it.
	if err := stack.Finalize.Insert(plain, "ResolveEndpointV2", middleware.After); err != nil {
		return fmt.Errorf("adding NoHostPrefix: %w", err)
	}
	return nil
}
