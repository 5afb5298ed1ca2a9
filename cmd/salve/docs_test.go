package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
)

// TestPagesKnowEveryCommand compares the pages that list commands with the commands there are.
func TestPagesKnowEveryCommand(t *testing.T) {
	parser, err := kong.New(&cli{}, helpTexts())
	if err != nil {
		t.Fatal(err)
	}
	page := func(name string) string {
		text, err := os.ReadFile(filepath.Join("..", "..", filepath.FromSlash(name)))
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	reference, readme := page("docs/cli.md"), page("README.md")
	leaves := parser.Model.Leaves(true)
	if len(leaves) < 20 {
		t.Errorf("only %d commands were found", len(leaves))
	}
	for _, leaf := range leaves {
		command := "`salve " + words(leaf)
		if !strings.Contains(reference, command+"`") && !strings.Contains(reference, command+" ") {
			t.Errorf("docs/cli.md does not list %s`", command)
		}
		if first := strings.Fields(words(leaf))[0]; !strings.Contains(readme, "salve "+first) &&
			!slices.Contains([]string{"completion", "version", "help"}, first) {
			t.Errorf("README.md does not mention salve %s", first)
		}
	}
	for _, code := range []int{exitDone, exitError, exitPending, exitNotFixed, exitWaiting, exitUsage} {
		if !strings.Contains(reference, fmt.Sprintf("\n| %d | ", code)) {
			t.Errorf("docs/cli.md does not explain exit code %d", code)
		}
	}
}
