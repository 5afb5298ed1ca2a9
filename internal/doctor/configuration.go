package doctor

import (
	"context"

	"github.com/salve-security/salve/internal/fault"
)

// configuration: the stored document can be read, and makes sense to this release. Where it cannot, nothing acts.
func configuration() Check {
	const action = "dynamodb:GetItem"
	return Check{Name: "configuration", Needs: []string{action}, ask: func(ctx context.Context, p *Patient) Answer {
		stored, err := p.Ledger.Settings(ctx)
		if err != nil {
			return unread(err, action)
		}
		config, err := stored.Config()
		if err != nil {
			return wrong("salve config push FILE --yes", "the stored configuration cannot be read, so that nothing acts: %s",
				fault.Cause(err))
		}
		if stored.Doc == "" {
			return ok("no configuration is stored: each control acts when a person asks, and never by itself")
		}
		if err := p.Known(config); err != nil {
			return wrong("salve config show -o yaml > salve.yaml, correct it, then salve config push salve.yaml --yes",
				"the stored configuration makes no sense to this release: %s", fault.Cause(err))
		}
		return ok("the configuration, version %d, can be read", stored.Version)
	}}
}
