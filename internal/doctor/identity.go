package doctor

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/salve-security/salve/internal/fault"
)

// identity: the credentials are of the hub, and may work as the role that members trust.
func identity() Check {
	return Check{Name: "identity", Needs: []string{"sts:AssumeRole"}, ask: func(ctx context.Context, p *Patient) Answer {
		me, err := sts.NewFromConfig(p.Person).GetCallerIdentity(ctx, nil)
		if err != nil {
			return unread(err, "sts:GetCallerIdentity")
		}
		if account := aws.ToString(me.Account); account != p.Hub {
			return wrong("name a profile of "+p.Hub+" with --profile", "these credentials are of account %s, the hub is %s",
				account, p.Hub)
		}
		if _, err := p.Work(ctx); err != nil {
			if fault.Of(err) != fault.Denied {
				return unread(err, "sts:AssumeRole")
			}
			return wrong("attach the managed policy salve-operator, and name "+aws.ToString(me.Arn)+
				" in OperatorPrincipals of the hub's stack; "+pageShell,
				"%s may not work as %s: %s", aws.ToString(me.Arn), p.Role, fault.Cause(err))
		}
		return ok("%s, in the hub %s, works as %s", aws.ToString(me.Arn), p.Hub, p.Role)
	}}
}
