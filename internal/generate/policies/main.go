// Command policies rewrites what is generated of the member template: the denials and the permissions of its roles.
package main

import (
	"bytes"
	"flag"
	"fmt"
	"os"

	controls "github.com/salve-security/salve/functions/playbooks"
	"github.com/salve-security/salve/internal/around"
	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/policy"
	"github.com/salve-security/salve/playbooks"
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
	allowed, err := rights()
	if err != nil {
		return err
	}
	return rewrite(template, allowed)
}

// rights are what the controls need of each role, and the one action that rules by tag do.
func rights() (map[control.Role][]string, error) {
	standards, err := playbooks.Load()
	if err != nil {
		return nil, fmt.Errorf("standards: %w", err)
	}
	registry, err := controls.All(standards.Listing)
	if err != nil {
		return nil, fmt.Errorf("controls: %w", err)
	}
	out := map[control.Role][]string{}
	for _, role := range control.Roles() {
		out[role] = registry.Actions(role)
	}
	out[control.RoleRemediation] = append(out[control.RoleRemediation], around.TagsAction)
	return out, nil
}

// rewrite leaves a file that is current untouched.
func rewrite(path string, allowed map[control.Role][]string) error {
	old, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("read template: %w", err)
	}
	text, err := policy.Render(old, allowed)
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
