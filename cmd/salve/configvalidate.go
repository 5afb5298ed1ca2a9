package main

import (
	"github.com/salve-security/salve/internal/gate"
)

type configValidate struct{ documentArg }

// validReport is what became of a document that makes sense, as programs get it.
type validReport struct {
	Hash     string      `json:"config_hash"`
	Controls int         `json:"controls"` // entries under controls
	Config   gate.Config `json:"config"`   // as it would be stored
}

// Run checks the document against this release. It needs no hub.
func (c *configValidate) Run(a *app) error {
	doc, err := c.read(a.names)
	if err != nil {
		return a.refused(err)
	}
	return a.data(validReport{doc.hash, len(doc.config.Controls), doc.config}, func() {
		a.say("the document makes sense: %d entries under controls, %d exceptions (hash %s)",
			len(doc.config.Controls), len(doc.config.Exceptions), doc.short())
	})
}
