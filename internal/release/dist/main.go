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
	files := map[string][]byte{
		"hub.yaml": []byte(deploy.Hub()), "member.yaml": []byte(deploy.Member()),
		"organization.yaml": []byte(deploy.Organization()),
	}
	for _, f := range [][2]string{{"salve-orchestrator", release.Function}, {"salve-enabler", release.Enabler}} {
		o := release.Options{Package: f[1], Arch: arch, Version: version}
		if err := function(ctx, files, f[0]+"-"+arch, o); err != nil {
			return err
		}
	}
	return release.Write(out, files)
}

// function builds one and adds its zip and the list of its modules to the files.
func function(ctx context.Context, files map[string][]byte, name string, o release.Options) error {
	program, err := release.Build(ctx, o)
	if err != nil {
		return err
	}
	if files[name+".zip"], err = release.Zip(program); err != nil {
		return err
	}
	if files[name+".cdx.json"], err = release.BOM(program, o.Version); err != nil {
		return err
	}
	fmt.Printf("%s.zip  %s, %.1f MB\n", name, o.Version, float64(len(files[name+".zip"]))/1e6)
	return nil
}
