package doctor

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"

	"github.com/salve-security/salve/internal/names"
)

// function: it is there, ready, and its last update went well.
func function() Check {
	const action = "lambda:GetFunctionConfiguration"
	return Check{Name: "function", Needs: []string{action}, ask: func(ctx context.Context, p *Patient) Answer {
		now, err := p.configured(ctx)
		if missing := new(types.ResourceNotFoundException); errors.As(err, &missing) {
			return wrong(pageHub, "the function %s is not there", p.called(names.Function))
		}
		if err != nil {
			return unread(err, action)
		}
		switch {
		case now.State == types.StateFailed:
			return wrong(pageUpgrade, "the function %s cannot run: %s, %s", p.called(names.Function), now.StateReasonCode,
				aws.ToString(now.StateReason))
		case now.LastUpdateStatus == types.LastUpdateStatusFailed:
			return wrong(pageUpgrade, "the last update of the function %s failed, so that it runs as before: %s, %s",
				p.called(names.Function), now.LastUpdateStatusReasonCode, aws.ToString(now.LastUpdateStatusReason))
		case now.Environment == nil || now.Environment.Variables[names.EnvTable] != p.called(names.Table):
			return wrong(pageUpgrade, "the function %s does not know its table: its settings are not those of the stack",
				p.called(names.Function))
		}
		return ok("%s is ready: version %s, updated %s", p.called(names.Function), aws.ToString(now.Version),
			aws.ToString(now.LastModified))
	}}
}

// configured is how the function is set up.
func (p *Patient) configured(ctx context.Context) (*lambda.GetFunctionConfigurationOutput, error) {
	out, err := lambda.NewFromConfig(p.Own).GetFunctionConfiguration(ctx, &lambda.GetFunctionConfigurationInput{
		FunctionName: aws.String(p.called(names.Function)),
	})
	if err != nil {
		return nil, fmt.Errorf("read the function: %w", err)
	}
	return out, nil
}
