// Command terraform writes the part of a Terraform module that follows from the template that it drives: a variable for
// each parameter, the map that hands them on, and the outputs.
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"

	"github.com/hashicorp/hcl/v2/hclwrite"
)

// heading is the first line of what is generated.
const heading = "# Written by go generate ./deploy from %s. What it says is changed there.\n\n"

func main() {
	template := flag.String("template", "hub.yaml", "the template that the module drives")
	out := flag.String("out", "terraform/hub", "the folder of the module")
	stack := flag.String("stack", "", "the resource whose outputs are the module's; empty for none")
	flag.Parse()
	if err := run(*template, *out, *stack); err != nil {
		fmt.Fprintln(os.Stderr, "terraform:", err)
		os.Exit(1)
	}
}

func run(path, out, stack string) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("template: %w", err)
	}
	t, err := read(text)
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	parameters, err := t.variables()
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	files := map[string]*hclwrite.File{"parameters.tf": parameters}
	if stack != "" {
		files["outputs.tf"] = t.outputs(stack)
	}
	for name, f := range files {
		text := fmt.Appendf(nil, heading, filepath.Base(path))
		text = append(text, hclwrite.Format(f.Bytes())...)
		if err := os.WriteFile(filepath.Join(out, name), text, 0o644); err != nil {
			return fmt.Errorf("write the module: %w", err)
		}
	}
	return nil
}
