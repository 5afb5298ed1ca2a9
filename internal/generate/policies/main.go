// Command policies rewrites what is generated of the member template: the denials and the permissions of its roles.
package main

import (
	"bytes"
	"flag"
	"fmt"
	"maps"
	"os"
	"slices"
	"time"

	controls "github.com/salve-security/salve/functions/playbooks"
	"github.com/salve-security/salve/internal/around"
	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/policy"
	"github.com/salve-security/salve/playbooks"
	ssmdocuments "github.com/salve-security/salve/ssm-documents"
)

func main() {
	template := flag.String("template", "deploy/member.yaml", "the template to rewrite")
	roles := flag.String("roles", "functions/playbooktest/roles", "the folder with the parts of it that suites deploy")
	flag.Parse()
	if err := run(*template, *roles); err != nil {
		fmt.Fprintln(os.Stderr, "gen:", err)
		os.Exit(1)
	}
}

// run writes the rights that the registered controls declare.
func run(template, roles string) error {
	standards, err := playbooks.Load()
	if err != nil {
		return fmt.Errorf("standards: %w", err)
	}
	registry, err := controls.All(standards.Listing)
	if err != nil {
		return fmt.Errorf("controls: %w", err)
	}
	of, err := families(registry)
	if err != nil {
		return err
	}
	if err := rewrite(template, rights(registry), of); err != nil {
		return err
	}
	return cut(template, roles, of)
}

// families are what the runbooks of the controls run as.
func families(registry control.Registry) ([]policy.Family, error) {
	documents, err := ssmdocuments.Documents()
	if err != nil {
		return nil, fmt.Errorf("runbooks: %w", err)
	}
	needs := ssmdocuments.Families(documents)
	used := map[string]bool{}
	for _, c := range registry.All() {
		used[c.Family] = c.Family != ""
	}
	var out []policy.Family
	for _, name := range slices.Sorted(maps.Keys(used)) {
		if !used[name] {
			continue
		} else if len(needs[name]) == 0 {
			return nil, fmt.Errorf("no runbook is of the family %q", name)
		}
		family := policy.Family{Name: name}
		for _, p := range needs[name] {
			family.Grants = append(family.Grants, p.Grant())
		}
		out = append(out, family)
	}
	return out, nil
}

// rights are what the controls need of each role, and the actions that read what is around a resource: its tags, for
// rules by tag, and what Security Hub judges it by.
func rights(registry control.Registry) map[control.Role]policy.Rights {
	out := map[control.Role]policy.Rights{}
	for _, role := range control.Roles() {
		r := policy.Rights{Actions: registry.Actions(role), Passes: registry.Passes(role)}
		if role == control.RoleRemediation {
			r.Actions = append(append(r.Actions, around.TagsActions()...), around.JudgedAction)
			slices.Sort(r.Actions)
			r.Actions = slices.Compact(r.Actions)
		}
		out[role] = r
	}
	return out
}

// rewrite leaves a file that is current untouched.
func rewrite(path string, allowed map[control.Role]policy.Rights, families []policy.Family) error {
	old, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("read template: %w", err)
	}
	text, err := policy.Render(old, allowed, families)
	if err != nil {
		return fmt.Errorf("render %s: %w", path, err)
	}
	if text, err = policy.Marked(text, time.Now()); err != nil {
		return fmt.Errorf("mark %s: %w", path, err)
	}
	return replace(path, old, text)
}

// replace leaves a file that is current untouched: tests run anew for what was written, the same or not.
func replace(path string, old, text []byte) error {
	if bytes.Equal(text, old) {
		return nil
	}
	if err := os.WriteFile(path, text, 0o644); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	return nil
}
