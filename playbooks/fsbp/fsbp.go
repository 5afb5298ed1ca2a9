// Package fsbp holds AWS Foundational Security Best Practices as Security Hub reports them, a YAML file per version.
package fsbp

import "embed"

//go:embed *.yaml
var files embed.FS

// Files returns the lists of this package.
func Files() embed.FS { return files }
