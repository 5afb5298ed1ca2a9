package doctor

import (
	"context"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/securityhub"

	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/hub"
)

// actions: the buttons are there. Without them nobody clicks; what is automatic runs all the same.
func actions() Check {
	const action = "securityhub:DescribeActionTargets"
	return Check{Name: "actions", Needs: []string{action}, ask: func(ctx context.Context, p *Patient) Answer {
		all, err := hub.Actions(ctx, securityhub.NewFromConfig(p.Own))
		if fault.Of(err) == fault.Refused {
			return notAsked("Security Hub is off in the hub, see securityhub")
		}
		if err != nil {
			return unread(err, action)
		}
		var lacking []string
		for _, a := range all {
			if a.State != hub.ActionThere {
				lacking = append(lacking, a.ID+" "+string(a.State))
			}
		}
		if len(lacking) > 0 {
			return wrong("salve actions create", "custom actions of Security Hub: %s", strings.Join(lacking, ", "))
		}
		return ok("the custom actions are there")
	}}
}
