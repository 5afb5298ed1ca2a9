// Package nist holds NIST Special Publication 800-53 as Security Hub reports it, a YAML file per version.
package nist

import "embed"

//go:embed *.yaml
var files embed.FS

// Files returns the lists of this package.
func Files() embed.FS { return files }
