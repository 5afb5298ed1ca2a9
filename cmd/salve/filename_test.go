package main

import (
	"bytes"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/alecthomas/kong"

	"github.com/salve-security/salve/internal/fault"
)

// TestNoSuchFile: every flag and argument of every command that names a file, or a program, refuses one that is not
// there as wrong usage, and a folder too: before it asks anybody for credentials, and with the name in the sentence.
func TestNoSuchFile(t *testing.T) {
	var root cli
	parser, err := kong.New(&root, kong.Name("salve"), helpTexts())
	if err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	good := filepath.Join(folder, "there")
	if err := os.WriteFile(good, []byte("{}"), 0o600); err != nil {
		t.Fatal(err)
	}
	tried := 0
	for _, command := range commandsOf(parser.Model.Node) {
		for _, v := range filesOf(t, command) {
			for _, name := range []string{filepath.Join(folder, "nosuch"), folder, ""} {
				if name == folder && v.Target.Type() == reflect.TypeFor[recordedName]() {
					continue
				}
				args := strings.Fields(strings.TrimPrefix(command.FullPath(), "salve"))
				for _, p := range command.Positional {
					switch {
					case p == v:
						args = append(args, name)
					case p.Required:
						args = append(args, good)
					}
				}
				for _, f := range command.Flags {
					if f.Required && f.Value != v {
						args = append(args, "--"+f.Name+"="+good)
					}
				}
				if v.Flag != nil {
					args = append(args, "--"+v.Name+"="+name)
				}
				var out, told bytes.Buffer
				code := execute(t.Context(), clock{}, catalogue{}, args, &out, &told)
				if code != exitUsage || name != "" && !strings.Contains(told.String(), name) ||
					strings.Contains(told.String(), "\n\n") {
					t.Errorf("%q: exit code %d, %s", args, code, &told)
				}
				tried++
			}
		}
	}
	const known = 7 // zip, document, event, runbooks, python, program, file
	if tried < 3*known {
		t.Errorf("only %d were tried", tried)
	}
}

// filesOf are the flags and arguments of a command that name a file. One that looks like it by its help, and is of
// another type, fails the test.
func filesOf(t *testing.T, n *kong.Node) []*kong.Value {
	t.Helper()
	values := slices.Clone(n.Positional)
	for _, f := range n.Flags {
		values = append(values, f.Value)
	}
	types := []reflect.Type{
		reflect.TypeFor[fileName](), reflect.TypeFor[fileNames](), reflect.TypeFor[diskName](),
		reflect.TypeFor[programName](),
		reflect.TypeFor[recordedName](),
	}
	looks := regexp.MustCompile(`(?i)\bfile\b|document that|documents in|configuration document|\bprogram;|\bzip\b`)
	var all []*kong.Value
	for _, v := range values {
		hint := ""
		if v.Flag != nil {
			hint = v.Flag.PlaceHolder
		}
		if v.Target.Type() == reflect.TypeFor[newFile]() { // it need not be there
			continue
		}
		switch is := slices.Contains(types, v.Target.Type()); {
		case is:
			all = append(all, v)
		case hint == "FILE", hint == "PATH", looks.MatchString(v.Help) && v.Target.Kind() == reflect.String &&
			v.Name != "profile" && v.Name != "sandbox-profile":
			t.Errorf("%s %s names a file and is a %s", n.FullPath(), v.Name, v.Target.Type())
		}
	}
	return all
}

// commandsOf are all commands that can be run.
func commandsOf(n *kong.Node) []*kong.Node {
	var all []*kong.Node
	for _, child := range n.Children {
		all = append(all, commandsOf(child)...)
	}
	if n.Type == kong.CommandNode && len(n.Children) == 0 {
		all = append(all, n)
	}
	return all
}

// TestFilesAreReadInOnePlace: a command that opens what somebody names by itself has its own idea of what is wrong.
func TestFilesAreReadInOnePlace(t *testing.T) {
	names, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	opens := regexp.MustCompile(`os\.(ReadFile|Open|OpenFile)\(([^)]*)\)`)
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") || name == "filename.go" {
			continue
		}
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, found := range opens.FindAllStringSubmatch(string(text), -1) {
			// Of the program beside this one, where none is named; of a folder of recordings.
			if found[2] == "path" && (name == "lab.go" || name == "recorded.go") {
				continue
			}
			t.Errorf("%s: %s: take a fileName", name, found[0])
		}
	}
}

// TestNewFile: what a command writes needs a folder that is there.
func TestNewFile(t *testing.T) {
	folder := t.TempDir()
	for name, right := range map[string]bool{
		"": false, standardInput: false, filepath.Join(folder, "page.html"): true,
		filepath.Join(folder, "nosuch", "page.html"): false,
	} {
		if err := newFile(name).Validate(); (err == nil) != right || err != nil && fault.Of(err) != fault.Invalid {
			t.Errorf("%q: %v", name, err)
		}
	}
}
