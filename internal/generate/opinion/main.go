// Command opinion compares what the schema of runbooks says of documents with what AWS's own language service for
// editors says. Run it by make opinion, which needs npm; make test does not.
package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/salve-security/salve/internal/runbook/validate"
)

func main() {
	if len(os.Args) < 3 {
		fmt.Fprintln(os.Stderr, "usage: opinion SCHEMA FOLDER...")
		os.Exit(2)
	}
	refused, err := compare(os.Args[1], os.Args[2:])
	if err != nil {
		fmt.Fprintln(os.Stderr, "opinion:", err)
	}
	if err != nil || refused > 0 {
		os.Exit(1)
	}
}

// older writes a document as their schema, which is older than the language, knows it: its runtimes end before the
// newest, and it has no parameters of AWS's own types.
func older(content []byte) []byte {
	return []byte(strings.NewReplacer(
		"python3.11", "python3.6", "type: AWS::IAM::Role::Arn", "type: String",
	).Replace(string(content)))
}

// tally counts documents: all, those that only theirs refuses, and those that only ours does. There they are laxer:
// their schema asks neither for the inputs of most actions nor for the form of a name.
type tally struct{ all, stricter, laxer int }

// compare prints each document with both verdicts and returns how many only theirs refuses.
func compare(schemaFile string, folders []string) (refused int, err error) {
	schema, err := jsonschema.NewCompiler().Compile(schemaFile)
	if err != nil {
		return 0, fmt.Errorf("their schema: %w", err)
	}
	var t tally
	for _, folder := range folders {
		err := filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
			if err != nil || entry.IsDir() || !strings.HasSuffix(path, ".yaml") {
				return err
			}
			return t.both(schema, path)
		})
		if err != nil {
			return 0, fmt.Errorf("documents in %s: %w", folder, err)
		}
	}
	fmt.Printf("%d documents: %d that only theirs refuses, %d that only ours does\n", t.all, t.stricter, t.laxer)
	return t.stricter, nil
}

// both asks both about a document.
func (t *tally) both(schema *jsonschema.Schema, path string) error {
	content, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("read: %w", err)
	}
	ours := verdict(validate.Runbook(content))
	theirs, err := second(schema, older(content))
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	t.all++
	switch {
	case ours == "" && theirs != "":
		t.stricter++
	case ours != "" && theirs == "":
		t.laxer++
	}
	name := filepath.Base(filepath.Dir(path)) + "/" + filepath.Base(path)
	fmt.Printf("%s\n  ours:   %s\n  theirs: %s\n", name, said(ours), said(theirs))
	return nil
}

// verdict is the first problem of the shape, which is all the other schema judges.
func verdict(problems []validate.Problem) string {
	for _, p := range problems {
		if p.Layer == validate.Shape {
			return p.String()
		}
	}
	return ""
}

func second(schema *jsonschema.Schema, content []byte) (string, error) {
	text, err := yaml.YAMLToJSON(content)
	if err != nil {
		return "", fmt.Errorf("read: %w", err)
	}
	raw, err := jsonschema.UnmarshalJSON(strings.NewReader(string(text)))
	if err != nil {
		return "", fmt.Errorf("read: %w", err)
	}
	err = schema.Validate(raw)
	var broken *jsonschema.ValidationError
	if errors.As(err, &broken) {
		lines := strings.Split(err.Error(), "\n")
		return strings.TrimSpace(lines[len(lines)-1]), nil
	}
	if err != nil {
		return "", fmt.Errorf("judge: %w", err)
	}
	return "", nil
}

func said(verdict string) string {
	if verdict == "" {
		return "valid"
	}
	return verdict
}
