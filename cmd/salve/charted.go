package main

import "github.com/salve-security/salve/internal/gate"

// uncharted says of a document that was stored what is not known yet of what its rules ask about accounts.
func (a *app) uncharted(h hub, stored bool, config gate.Config) {
	if !stored || !config.Asks(gate.Overlay{}).Any() {
		return
	}
	c, err := h.ledger().Chart(a.ctx)
	if err != nil {
		a.warn("rules ask for units or tags of accounts, and whether the organization was read is not known: %s",
			sentence(err))
		return
	}
	if why := c.Lacks(a.now()); why != "" {
		a.say("rules ask for units or tags of accounts, and let nothing happen until the organization was read, mostly "+
			"within two minutes: %s; salve doctor says how that went", why)
	}
}
