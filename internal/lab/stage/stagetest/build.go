package stagetest

import (
	"context"
	"fmt"
	"os"
	"os/exec"

	"github.com/salve-security/salve/internal/release"
)

// Build compiles the function into a file, for this machine: the lab runs it here, whatever Lambda has.
func Build(ctx context.Context, path string) error {
	cmd := exec.CommandContext(ctx, "go", "build", "-trimpath", "-ldflags", "-s -w", "-o", path, release.Function)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("build the function: %w\n%s", err, out)
	}
	return nil
}
