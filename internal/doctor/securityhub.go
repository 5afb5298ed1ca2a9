package doctor

import (
	"context"
	"errors"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/securityhub"
	"github.com/aws/aws-sdk-go-v2/service/securityhub/types"
)

// securityHub: it is on in the hub, and says one finding of a control.
func securityHub() Check {
	const action = "securityhub:DescribeHub"
	return Check{Name: "securityhub", Needs: []string{action}, ask: func(ctx context.Context, p *Patient) Answer {
		out, err := securityhub.NewFromConfig(p.Own).DescribeHub(ctx, &securityhub.DescribeHubInput{})
		if off(err) {
			return wrong(p.aws("securityhub enable-security-hub"), "Security Hub is off in the hub %s, %s", p.Hub, p.Home)
		}
		if err != nil {
			return unread(err, action)
		}
		return ok("Security Hub is on in the hub since %s", aws.ToString(out.SubscribedAt))
	}}
}

// off tells that Security Hub says it is not switched on where it was asked.
func off(err error) bool {
	access, missing := new(types.InvalidAccessException), new(types.ResourceNotFoundException)
	return errors.As(err, &access) || errors.As(err, &missing)
}
