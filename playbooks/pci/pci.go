// Package pci holds the Payment Card Industry Data Security Standard as Security Hub reports
// it, a YAML file per version.
package pci

import "embed"

//go:embed *.yaml
var files embed.FS

// Files returns the lists of this package.
func Files() embed.FS { return files }
