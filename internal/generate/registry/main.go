// Command registry writes the list of all playbooks from the playbooks themselves, so
// that a new control needs no other file than its own.
package main

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
)

func main() {
	dir := flag.String("playbooks", ".", "folder with a folder of playbooks per service")
	module := flag.String("import", "github.com/salve-security/salve/functions/playbooks", "import path of that folder")
	flag.Parse()
	if err := write(*dir, *module); err != nil {
		fmt.Fprintln(os.Stderr, "registry:", err)
		os.Exit(1)
	}
}

// write leaves a file that is current untouched.
func write(dir, module string) error {
	text, err := generate(dir, module)
	if err != nil {
		return err
	}
	path := filepath.Join(dir, "registry.gen.go")
	if old, err := os.ReadFile(path); err == nil && bytes.Equal(old, text) {
		return nil
	}
	if err := os.WriteFile(path, text, 0o644); err != nil {
		return fmt.Errorf("write registry: %w", err)
	}
	return nil
}
