package main

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
)

// filesOfExamples makes the files that examples name: a command refuses one that is not there.
func filesOfExamples(t *testing.T) {
	t.Helper()
	t.Chdir(t.TempDir())
	for _, name := range []string{
		"event.json", "findings.json", "events/1.json", "new.yaml", "salve.yaml", "org.yaml", "ssm-documents/*/*.yaml",
	} {
		if err := errors.Join(os.MkdirAll(filepath.Dir(name), 0o700), os.WriteFile(name, nil, 0o600)); err != nil {
			t.Fatal(err)
		}
	}
}

// TestExamples: each command has some, and each is one that the command takes.
func TestExamples(t *testing.T) {
	parser, err := kong.New(&cli{}, helpTexts(), kong.Name("salve"), kong.Writers(io.Discard, io.Discard))
	if err != nil {
		t.Fatal(err)
	}
	filesOfExamples(t)
	all, word := examples(), regexp.MustCompile(`"[^"]*"|\S+`)
	for _, leaf := range parser.Model.Leaves(true) {
		name := words(leaf)
		if len(all[name]) == 0 {
			t.Errorf("salve %s has no example", name)
		}
		for _, example := range all[name] {
			call := strings.TrimSuffix(strings.TrimPrefix(example, `eval "$(`), `)"`)
			var args []string
			for _, w := range word.FindAllString(call, -1) {
				args = append(args, strings.Trim(w, `"`))
			}
			parsed, err := parser.Parse(args[1:])
			if err != nil {
				t.Errorf("%s: %v", example, err)
			} else if got := words(parsed.Selected()); got != name {
				t.Errorf("%s is of salve %s, not of salve %s", example, got, name)
			}
		}
		delete(all, name)
	}
	for name := range all {
		t.Errorf("there is no command salve %s", name)
	}
}
