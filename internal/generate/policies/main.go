// Command policies rewrites the generated permissions of the member template.
package main

import (
	"bytes"
	"flag"
	"fmt"
	"os"

	"github.com/salve-security/salve/functions/playbooks"
	"github.com/salve-security/salve/internal/around"
	"github.com/salve-security/salve/internal/policy"
)

func main() {
	template := flag.String("template", "deploy/member.yaml", "the template to rewrite")
	flag.Parse()
	if err := run(*template); err != nil {
		fmt.Fprintln(os.Stderr, "gen:", err)
		os.Exit(1)
	}
}

// run writes the rights that the registered controls declare.
func run(template string) error {
	actions, err := rights()
	if err != nil {
		return err
	}
	return rewrite(template, actions)
}

// rights are what the controls need, and the one action that rules by tag do.
func rights() ([]string, error) {
	registry, err := playbooks.All()
	if err != nil {
		return nil, fmt.Errorf("controls: %w", err)
	}
	return append(registry.Actions(), around.TagsAction), nil
}

// rewrite leaves a file that is current untouched.
func rewrite(path string, actions []string) error {
	old, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("read template: %w", err)
	}
	text, err := policy.Render(old, actions)
	if err != nil {
		return fmt.Errorf("render %s: %w", path, err)
	}
	if bytes.Equal(text, old) {
		return nil
	}
	if err := os.WriteFile(path, text, 0o644); err != nil {
		return fmt.Errorf("write template: %w", err)
	}
	return nil
}
