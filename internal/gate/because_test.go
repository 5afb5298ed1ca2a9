package gate_test

import (
	"testing"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/gate"
)

// TestBecause: the rule that holds is named by its place in the document.
func TestBecause(t *testing.T) {
	here, there := gate.Where{Accounts: []string{account}}, gate.Where{Accounts: []string{"999999999999"}}
	const by, self = "Salve acts when a person asks", "Salve acts by itself"
	for name, tt := range map[string]struct {
		in   gate.Input
		want string
	}{
		"nothing": {input(), "mode manual, " + by + ": no rule of the configuration sets another"},
		"own":     {input(mode(gate.Auto)), "mode auto, " + self + ": set by controls.S3.8 of the configuration"},
		"second place": {
			input(mode(gate.Auto, there, here)),
			"mode auto, " + self + ": set by controls.S3.8.where[1] of the configuration",
		},
		"as written": {
			input(entry("s3.8", gate.Auto)), "mode auto, " + self + ": set by controls.s3.8 of the configuration",
		},
		"a standard": {
			input(entry("standard:cis-5.0.0", gate.Auto)),
			"mode auto, " + self + ": set by controls.standard:cis-5.0.0 of the configuration",
		},
		"the strictest": {
			input(entry("standard:cis-5.0.0", gate.Auto), entry("standard:fsbp-1.0.0", gate.Plan)),
			"mode plan, changes are shown and not made: set by controls.standard:fsbp-1.0.0 of the configuration",
		},
		"the default": {
			input(func(in *gate.Input) { in.Config.Defaults.Mode = gate.Approve }),
			"mode approve, Salve acts once a person approves: set by defaults.mode of the configuration",
		},
		"destructive": {
			input(mode(gate.Auto), impact(control.ImpactDestructive)), "mode auto, " + self +
				": set by controls.S3.8 of the configuration; what is destructive waits for a person all the same",
		},
		"stopped before": {input(mode(gate.Auto), record("ARCHIVED")), ""},
	} {
		if got := gate.Decide(tt.in).Because(); got != tt.want {
			t.Errorf("%s:\n got %s\nwant %s", name, got, tt.want)
		}
	}
}
