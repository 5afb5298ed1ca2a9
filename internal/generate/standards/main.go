// Command standards writes standards.gen.json from the YAML lists. Run it by go generate ./playbooks.
package main

import (
	"encoding/json"
	"fmt"
	"os"

	"github.com/salve-security/salve/playbooks"
)

func main() {
	if err := run("standards.gen.json"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// run refuses to write lists that do not compose.
func run(target string) error {
	list, err := playbooks.Read(playbooks.Sources()...)
	if err != nil {
		return fmt.Errorf("generate: %w", err)
	}
	if _, err := playbooks.New(list); err != nil {
		return fmt.Errorf("generate: %w", err)
	}
	content, err := json.MarshalIndent(list, "", " ")
	if err != nil {
		return fmt.Errorf("generate: %w", err)
	}
	if err := os.WriteFile(target, append(content, '\n'), 0o644); err != nil {
		return fmt.Errorf("generate: %w", err)
	}
	return nil
}
