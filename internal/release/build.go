package release

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// Function is the package of the function.
const Function = "github.com/salve-security/salve/functions/orchestrator"

// stamp is the variable that says which version a program is.
const stamp = "github.com/salve-security/salve/internal/version.stamp"

// Options say what to build.
type Options struct {
	Package string // import path of the program
	Arch    string // arm64 or amd64
	Version string
	Dir     string // any folder of the module; empty is the current one
}

// Build compiles a program for Lambda and returns it. Neither the folder, the
// time, the state of the repository nor the machine goes into it, so that two
// people get the same bytes from the same sources and the same Go.
func Build(ctx context.Context, o Options) ([]byte, error) {
	if !slices.Contains([]string{"arm64", "amd64"}, o.Arch) {
		return nil, fmt.Errorf("architecture %q: Lambda has arm64 and amd64", o.Arch)
	}
	if o.Version == "" || strings.ContainsAny(o.Version, " \t\n'\"") {
		return nil, fmt.Errorf("version %q: give one word, such as v1.2.3", o.Version)
	}
	folder, err := os.MkdirTemp("", "salve-build-")
	if err != nil {
		return nil, fmt.Errorf("no temporary folder for the build: %w", err)
	}
	defer func() { _ = os.RemoveAll(folder) }() // a folder left behind harms nobody
	path := filepath.Join(folder, "bootstrap")
	cmd := exec.CommandContext(ctx, "go", "build", "-trimpath", "-buildvcs=false", "-tags", "lambda.norpc",
		"-ldflags", "-s -w -X "+stamp+"="+o.Version, "-o", path, o.Package)
	cmd.Dir = o.Dir
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS=linux", "GOARCH="+o.Arch,
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
