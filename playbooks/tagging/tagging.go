// Package tagging holds the AWS Resource Tagging Standard as Security Hub reports it, a YAML file per version.
package tagging

import "embed"

//go:embed *.yaml
var files embed.FS

// Files returns the lists of this package.
func Files() embed.FS { return files }
