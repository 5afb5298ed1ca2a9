// Package cis holds the CIS AWS Foundations Benchmark as Security Hub reports it, a YAML file per version.
package cis

import "embed"

//go:embed *.yaml
var files embed.FS

// Files returns the lists of this package.
func Files() embed.FS { return files }
