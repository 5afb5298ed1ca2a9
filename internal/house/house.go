// Package house knows the rooms of this project: which package is on which floor. Its tests hold that imports only
// point down. docs/architecture.md shows the same floors to readers.
package house

import "strings"

// Floors lists the packages of this module from the ground up, by their folder below the module. A package may import
// those of lower floors only. A name that ends in /... stands for the folder and everything below it; the longest
// name that fits counts.
func Floors() [][]string {
	return [][]string{
		{
			"internal/plain", "internal/names", "internal/version", "internal/calls", "internal/ran", "internal/source",
			"internal/house",
		},
		{
			"internal/fault", "internal/finding", "internal/judge", "internal/release", "internal/runbook/validate", "deploy",
		},
		{"internal/control", "internal/stack", "internal/proof"},
		{"internal/policy", "internal/kind", "internal/policydoc", "internal/run", "internal/gate"},
		{"internal/outcome", "internal/approve", "ssm-documents", "internal/stack/stacktest"},
		{"internal/runbook", "functions/playbooks/needs"},
		{"internal/note", "internal/report", "functions/playbooks/..."},
		{"internal/audit", "internal/notice", "internal/ledger", "internal/member"},
		{
			"internal/metric", "internal/hub", "internal/notify", "internal/around", "internal/deadletter",
			"internal/evaluate",
			"internal/engine/tell", "internal/engine/past",
			"internal/engine/share",
			"internal/ledger/...",
		},
		{"internal/engine/breaker", "internal/engine/rings", "internal/enable"},
		{"internal/engine/settle", "internal/engine/sweep", "internal/engine/work", "internal/enable/resource"},
		{"internal/engine"},
		{"internal/rehearse"},
		{
			"internal/wire",
			"internal/replay",
			"internal/doctor",
			"internal/assess",
			"internal/takeback",
			"internal/rollout",
			"playbooks/cis",
			"playbooks/fsbp",
			"playbooks/nist",
			"playbooks/pci",
			"playbooks/tagging",
		},
		{"playbooks", "internal/selftest", "internal/backfill"},
		{
			"functions/playbooks",
			"internal/docs",
			"internal/lab/emulators",
			"internal/lab/securityhub",
			"internal/lab/organisation",
		},
		{"internal/lab/organisation/organisationtest"},
		{"internal/lab", "internal/engine/enginetest"},
		{"internal/lab/stage"},
		{"internal/lab/stage/stagetest"},
		{
			"cmd/...",
			"functions/orchestrator",
			"functions/enabler",
			"functions/playbooktest",
			"bench",
			"e2e",
			"internal/generate/...",
			"internal/release/dist",
		},
	}
}

// Floor is the floor of a folder, counted from 0; false for a folder that has none.
func Floor(folder string) (int, bool) {
	at, best := 0, ""
	for n, rooms := range Floors() {
		for _, room := range rooms {
			name, below := strings.CutSuffix(room, "/...")
			fits := folder == name || below && strings.HasPrefix(folder, name+"/")
			if fits && (folder == name && !below || len(name) > len(best)) {
				at, best = n, name
			}
			if folder == name && !below {
				return n, true
			}
		}
	}
	return at, best != ""
}
