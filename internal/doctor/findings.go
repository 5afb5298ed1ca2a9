package doctor

import (
	"context"
	"fmt"
	"time"

	"github.com/salve-security/salve/internal/plain"
)

// findings: what Security Hub reports of the control in the account. Without one nothing starts a run.
func findings() Check {
	const action = "securityhub:GetFindings"
	return Check{Name: "findings", Needs: []string{action}, of: ofControl, ask: func(ctx context.Context,
		p *Patient,
	) Answer {
		all, err := p.findings(ctx)
		if err != nil {
			return unread(err, action)
		}
		if len(all) == 0 {
			return ok("Security Hub reports nothing of %s in %s, %s: there is nothing that would start a run", p.ControlID,
				p.Account, p.Region)
		}
		failing := 0
		for _, f := range all {
			if f.Failing() {
				failing++
			}
		}
		text := fmt.Sprintf("of %s of %s there %d say that something is wrong; the newest is of %s", plain.Count(len(all),
			"finding"),
			p.ControlID, failing, all[0].UpdatedAt.UTC().Format(time.DateTime))
		if failing == 0 {
			text += ": there is nothing that would start a run"
		}
		return ok("%s", text)
	}}
}
