// Command dist writes a release into a folder: zip, templates, list of modules
// and checksums.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"

	"github.com/salve-security/salve/deploy"
	"github.com/salve-security/salve/internal/release"
)

func main() {
	arch := flag.String("arch", "arm64", "architecture of the function: arm64 or amd64")
	version := flag.String("version", "", "version to stamp into the function")
	out := flag.String("out", "dist", "folder of the release")
	flag.Parse()
	if err := write(context.Background(), *out, *arch, *version); err != nil {
		fmt.Fprintln(os.Stderr, "dist:", err)
		os.Exit(1)
	}
}

func write(ctx context.Context, out, arch, version string) error {
	program, err := release.Build(ctx, release.Options{Package: release.Function, Arch: arch, Version: version})
	if err != nil {
		return err
	}
	code, err := release.Zip(program)
	if err != nil {
		return err
	}
	modules, err := release.BOM(program, version)
	if err != nil {
		return err
	}
	name := "salve-orchestrator-" + arch
	err = release.Write(out, map[string][]byte{
		name + ".zip": code, name + ".cdx.json": modules,
		"hub.yaml": []byte(deploy.Hub()), "member.yaml": []byte(deploy.Member()),
	})
	if err != nil {
		return err
	}
	fmt.Printf("%s/%s.zip  %s, %.1f MB\n", out, name, version, float64(len(code))/1e6)
	return nil
}
