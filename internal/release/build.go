package release

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// The programs that are released: the functions, and the command line.
const (
	Function    = "github.com/salve-security/salve/functions/orchestrator"
	CommandLine = "github.com/salve-security/salve/cmd/salve"
)

// stamp is the variable that says which version a program is.
const stamp = "github.com/salve-security/salve/internal/version.stamp"

// Options say what to build.
type Options struct {
	Package  string // import path of the program
	Platform Platform
	Version  string
	Dir      string // any folder of the module; empty is the current one
}

// Build compiles a program and returns it. Neither the folder, the
// time, the state of the repository nor the machine goes into it, so that two
// people get the same bytes from the same sources and the same Go.
func Build(ctx context.Context, o Options) ([]byte, error) {
	if err := o.Platform.check(); err != nil {
		return nil, err
	}
	if o.Version == "" || strings.ContainsAny(o.Version, " \t\n'\"") {
		return nil, fmt.Errorf("version %q: give one word, such as v1.2.3", o.Version)
	}
	folder, err := os.MkdirTemp("", "salve-build-")
	if err != nil {
		return nil, fmt.Errorf("no temporary folder for the build: %w", err)
	}
	defer func() { _ = os.RemoveAll(folder) }() // a folder left behind harms nobody
	path := filepath.Join(folder, "program")
	tags := ""
	if o.Package == Function || o.Package == Enabler {
		tags = "lambda.norpc" // without the protocol of a runtime that Lambda no longer has
	}
	cmd := exec.CommandContext(ctx, "go", "build", "-trimpath", "-buildvcs=false", "-tags", tags,
		"-ldflags", "-s -w -X "+stamp+"="+o.Version, "-o", path, o.Package)
	cmd.Dir = o.Dir
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS="+o.Platform.OS, "GOARCH="+o.Platform.Arch,
		"GOARM64=v8.0", "GOAMD64=v1", "GOFLAGS=", "GOEXPERIMENT=", "GOWORK=off")
	if out, err := cmd.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("build %s: %w\n%s", o.Package, err, out)
	}
	program, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read what was built: %w", err)
	}
	return program, nil
}
