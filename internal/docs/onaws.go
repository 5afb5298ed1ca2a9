package docs

import (
	onaws "github.com/salve-security/salve/internal/proof"
)

// onAWS says on a control's page where it was proven on AWS.
func onAWS(proofs onaws.Proofs, control string) string {
	p, ok := proofs.Of(control)
	if !ok {
		return "never"
	}
	return p.Day + ", " + p.Program + ", in " + p.Region + " (" + p.Partition + "): made, fixed, looked at, taken back " +
		"and destroyed by `salve selftest`, [report](../" + onaws.Folder + "/" + p.File + ")"
}

// Proven are the pages written by hand that say what is proven on AWS, from the root of the repository.
func Proven() []string { return []string{"README.md", "docs/compare.md", "docs/selftest.md"} }
