package doctor

import (
	"context"

	"github.com/salve-security/salve/internal/gate"
	"github.com/salve-security/salve/internal/plain"
)

// organization: where rules ask for the units of accounts, it was read not long ago.
func organization() Check {
	const action = "dynamodb:GetItem"
	return Check{Name: "organization", Needs: []string{action}, ask: func(ctx context.Context, p *Patient) Answer {
		stored, err := p.Ledger.Settings(ctx)
		if err != nil {
			return unread(err, action)
		}
		config, err := stored.Config()
		if err != nil {
			return notAsked("the stored configuration cannot be read, see configuration")
		}
		if !config.Asks(stored.Overlay()).Any() {
			return ok("no rule asks for units or tags of accounts, so that the organization is not read")
		}
		c, err := p.Ledger.Chart(ctx)
		if err != nil {
			return unread(err, action)
		}
		if why := c.Lacks(p.Now()); why != "" {
			return wrong(pageUnits, "rules that ask for units or tags of accounts let nothing happen: %s", why)
		}
		if c.Trouble != "" {
			return wrong(pageUnits, "what was read of the organization at %s counts until %s, and the last reading, at %s, "+
				"failed with: %s", plain.Minute(c.Chart.At), plain.Minute(c.Chart.At.Add(gate.ChartLasts)),
				plain.Minute(c.TroubleAt), plain.Short(c.Trouble, maxTrouble))
		}
		return ok("the organization was read at %s: %s", plain.Minute(c.Chart.At),
			plain.Count(len(c.Chart.Accounts()), "account"))
	}}
}

// maxTrouble bounds what AWS says of a reading that failed.
const maxTrouble = 300
