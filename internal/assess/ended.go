package assess

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/service/securityhub/types"

	"github.com/salve-security/salve/internal/fault"
)

// stopped says why an assessment cannot go on, and that it can later.
func stopped(ctx context.Context, doing string, err error) error {
	const later = "what is done is kept: the same command goes on there"
	switch {
	case ctx.Err() != nil:
		return fault.New(fault.Retry, "stopped; %s", later)
	case fault.Expired(err):
		return fault.New(fault.Retry, "your session has ended: log in again; %s", later)
	case errors.As(err, new(*types.InvalidAccessException)):
		return fault.New(fault.Refused, "Security Hub is not enabled here: log in where its findings come together, and set "+
			"AWS_REGION to that Region")
	case fault.Of(err) == fault.Retry:
		return fault.New(fault.Retry, "%s: AWS does not answer in time (%s); %s", doing, fault.Cause(err), later)
	}
	return fmt.Errorf("%s: %w", doing, err)
}
