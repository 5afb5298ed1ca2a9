package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/salve-security/salve/internal/policy"
)

// cut writes the parts of the template that suites deploy: what is the same for every control, and a role for each
// family of runbooks. With all of it in one file, each new permission would have every suite run anew.
func cut(template, folder string, families []policy.Family) error {
	whole, err := os.ReadFile(template)
	if err != nil {
		return fmt.Errorf("read template: %w", err)
	}
	bare, err := policy.Bare(whole)
	if err != nil {
		return fmt.Errorf("cut %s: %w", template, err)
	}
	parts := map[string][]byte{"remediation.yaml": bare}
	for _, f := range families {
		parts[filepath.Join("runbooks", f.Name+".yaml")] = f.Template()
	}
	for name, text := range parts {
		path := filepath.Join(folder, name)
		old, err := os.ReadFile(path)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("read part: %w", err)
		}
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return fmt.Errorf("make a folder for parts: %w", err)
		}
		if err := replace(path, old, text); err != nil {
			return err
		}
	}
	return tidy(filepath.Join(folder, "runbooks"), parts)
}

// tidy takes away roles of families that no control has any more.
func tidy(folder string, parts map[string][]byte) error {
	entries, err := os.ReadDir(folder)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("list parts: %w", err)
	}
	for _, entry := range entries {
		if _, there := parts[filepath.Join("runbooks", entry.Name())]; there {
			continue
		}
		if err := os.Remove(filepath.Join(folder, entry.Name())); err != nil {
			return fmt.Errorf("remove part: %w", err)
		}
	}
	return nil
}
