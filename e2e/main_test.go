package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
)

// program is the function for this machine, built once, as the release builds Lambda's.
var program = sync.OnceValues(func() ([]byte, error) {
	dir, err := os.MkdirTemp("", "salve-e2e-")
	if err != nil {
		return nil, fmt.Errorf("make room for the function: %w", err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	path := filepath.Join(dir, "bootstrap")
	cmd := exec.Command("go", "build", "-trimpath", "-ldflags", "-s -w", "-o", path,
		"github.com/salve-security/salve/functions/orchestrator")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("build the function: %w\n%s", err, out)
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read the function: %w", err)
	}
	return raw, nil
})
