// Command dist writes a release into a folder: programs, templates, Terraform modules, lists of modules and checksums.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"

	"github.com/salve-security/salve/internal/release"
)

func main() {
	arch := flag.String("arch", "arm64", "architecture of the function: arm64 or amd64")
	version := flag.String("version", "", "version to stamp into the programs")
	out := flag.String("out", "dist", "folder of the release")
	all := flag.Bool("all", false, "everything: the function for both architectures, the command line for each platform, "+
		"the Terraform modules; then look at all of it as somebody who downloads it")
	flag.Parse()
	r := recipe{
		functions: []function{
			{"salve-orchestrator", release.Function}, {"salve-enabler", release.Enabler},
		},
		architectures: []string{*arch}, version: *version, license: "LICENSE",
	}
	if *all {
		r.architectures, r.commandLine, r.platforms = []string{"arm64", "amd64"}, release.CommandLine, release.Platforms()
	}
	if err := r.write(context.Background(), *out); err != nil {
		fmt.Fprintln(os.Stderr, "dist:", err)
		os.Exit(1)
	}
	if !*all {
		return
	}
	if err := r.check(context.Background(), *out); err != nil {
		fmt.Fprintf(os.Stderr, "dist: what was built is not as it should be:\n%v\n", err)
		os.Exit(1)
	}
}
