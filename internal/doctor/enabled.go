package doctor

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/securityhub"
	"github.com/aws/aws-sdk-go-v2/service/securityhub/types"

	"github.com/salve-security/salve/internal/around"
)

// enabled: Security Hub is on in the account, and checks the control there.
func enabled() Check {
	ask := func(ctx context.Context, p *Patient) Answer {
		cfg, err := p.enter(ctx, around.JudgedAction)
		if err != nil {
			return unseen(err, around.JudgedAction)
		}
		out, err := securityhub.NewFromConfig(cfg).BatchGetSecurityControls(ctx,
			&securityhub.BatchGetSecurityControlsInput{SecurityControlIds: []string{p.ControlID}})
		if off(err) {
			return wrong(p.there("securityhub enable-security-hub"), "Security Hub is off in %s, %s", p.Account, p.Region)
		}
		if err != nil {
			return unseen(err, around.JudgedAction)
		}
		for _, c := range out.SecurityControls {
			if aws.ToString(c.SecurityControlId) != p.ControlID {
				continue
			}
			if c.SecurityControlStatus == types.ControlStatusDisabled {
				return wrong(p.there("securityhub list-standards-control-associations --security-control-id %s", p.ControlID)+
					" shows the standards that have it: enable one of them, or the control in one",
					"%s is disabled in %s, %s: it is checked for no standard", p.ControlID, p.Account, p.Region)
			}
			return ok("%s is checked in %s, %s", p.ControlID, p.Account, p.Region)
		}
		return wrong("", "Security Hub has no control %s in %s", p.ControlID, p.Region)
	}
	return Check{Name: "standard", of: ofControl, ask: ask}
}
