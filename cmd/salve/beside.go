package main

import (
	"strings"

	"github.com/salve-security/salve/internal/gate"
	"github.com/salve-security/salve/internal/report"
)

// inForce is what stands beside the document and holds now: it only tightens, and no push touches it.
type inForce struct {
	Stops    []report.Stop
	Disables []report.Disable

	stops    []gate.Stop
	disables []gate.Disable
	given    int    // exceptions by hand
	unknown  string // why they are not known
}

func (a *app) inForce(h hub, stored gate.Settings) inForce {
	f := inForce{
		stops: activeStops(stored.Stops, a.now()), disables: activeDisables(stored.Disables, a.now()),
	}
	if given, err := h.ledger().Given(a.ctx); err != nil {
		f.unknown = sentence(err)
	} else {
		f.given = holding(given, a.now())
	}
	f.Stops, f.Disables = a.names.stopReports(f.stops), a.names.disableReports(f.disables)
	return f
}

// sayInForce lists it under what a push is about.
func (a *app) sayInForce(f inForce) {
	var parts []string
	if n := len(f.stops); n > 0 {
		parts = append(parts, counted(n, "stop"))
	}
	if n := len(f.disables); n > 0 {
		parts = append(parts, thousands(n)+" disabled by hand")
	}
	if f.given > 0 {
		parts = append(parts, counted(f.given, "exception")+" by hand (salve exceptions list)")
	}
	if f.unknown != "" {
		a.warn("which exceptions by hand hold is not known: %s", f.unknown)
	}
	if len(parts) == 0 {
		return
	}
	a.say("\nIn force beside the document, which a push leaves alone: %s", strings.Join(parts, ", "))
	if len(f.stops) > 0 {
		a.stops(f.stops)
	}
	if len(f.disables) > 0 {
		a.disables(f.disables)
	}
}
