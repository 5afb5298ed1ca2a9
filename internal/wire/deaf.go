package wire

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge/types"

	"github.com/salve-security/salve/internal/engine/sweep"
	"github.com/salve-security/salve/internal/names"
)

// deaf looks at the rules that bring findings and clicks.
func deaf(bus *eventbridge.Client, home names.Home) sweep.Deaf {
	return func(ctx context.Context) (off []string, err error) {
		var errs []error
		for _, name := range []string{home.Name(names.ImportedRule), home.Name(names.ClickedRule)} {
			out, err := bus.DescribeRule(ctx, &eventbridge.DescribeRuleInput{Name: &name})
			var gone *types.ResourceNotFoundException
			switch {
			case errors.As(err, &gone), err == nil && out.State == types.RuleStateDisabled:
				off = append(off, "rule "+name)
			case err != nil:
				errs = append(errs, fmt.Errorf("look at rule %s: %w", name, err))
			}
		}
		return off, errors.Join(errs...)
	}
}
