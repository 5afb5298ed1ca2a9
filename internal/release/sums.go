package release

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
)

// sumsFile is in the form that sha256sum -c reads.
const sumsFile = "SHA256SUMS"

// Write puts files into a folder and renews the checksums of everything in it.
func Write(folder string, files map[string][]byte) error {
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return fmt.Errorf("folder of the release: %w", err)
	}
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(folder, name), content, 0o644); err != nil {
			return fmt.Errorf("write the release: %w", err)
		}
	}
	sums, err := sums(folder)
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(folder, sumsFile), sums, 0o644); err != nil {
		return fmt.Errorf("write the checksums: %w", err)
	}
	return nil
}

func sums(folder string) ([]byte, error) {
	entries, err := os.ReadDir(folder) // in the order of their names
	if err != nil {
		return nil, fmt.Errorf("list the release: %w", err)
	}
	var out bytes.Buffer
	for _, entry := range entries {
		if entry.IsDir() || entry.Name() == sumsFile {
			continue
		}
		content, err := os.ReadFile(filepath.Join(folder, entry.Name()))
		if err != nil {
			return nil, fmt.Errorf("checksum of %s: %w", entry.Name(), err)
		}
		fmt.Fprintf(&out, "%x  %s\n", sha256.Sum256(content), entry.Name())
	}
	return out.Bytes(), nil
}
