package main

import (
	"github.com/salve-security/salve/internal/gate"
	"github.com/salve-security/salve/internal/report"
)

type configValidate struct{ documentArg }

// validReport is what became of a document that makes sense, as programs get it.
type validReport struct {
	Hash     string      `json:"config_hash"`
	Controls int         `json:"controls"` // entries under controls
	Config   gate.Config `json:"config"`   // as it would be stored
	// Exceptions of the document, with what each protects; those that have ended too.
	Exceptions []report.Exception `json:"exceptions"`
}

// Run checks the document against this release. It needs no hub.
func (c *configValidate) Run(a *app) error {
	doc, err := c.read(a.names)
	if err != nil {
		return a.refused(err)
	}
	told := validReport{doc.hash, len(doc.config.Controls), doc.config, a.exceptionReports(doc.config.Exceptions)}
	return a.data(told, func() {
		entries := "entries"
		if len(doc.config.Controls) == 1 {
			entries = "entry"
		}
		a.say("the document makes sense: %d %s under controls, %s (hash %s)",
			len(doc.config.Controls), entries, counted(len(doc.config.Exceptions), "exception"), doc.short())
		if len(told.Exceptions) > 0 {
			a.exceptions(told.Exceptions)
		}
	})
}
