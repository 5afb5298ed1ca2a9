package e2e

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"sync"

	"github.com/salve-security/salve/internal/lab/stage/stagetest"
)

// program is the function, built once.
var program = sync.OnceValues(func() ([]byte, error) {
	dir, err := os.MkdirTemp("", "salve-e2e-")
	if err != nil {
		return nil, fmt.Errorf("make room for the function: %w", err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	path := filepath.Join(dir, "bootstrap")
	if err := stagetest.Build(context.Background(), path); err != nil {
		return nil, err
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read the function: %w", err)
	}
	return raw, nil
})
