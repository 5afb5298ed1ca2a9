// Package ssmdocuments holds Salve's runbooks for SSM Automation and reads what each says of itself.
package ssmdocuments

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
	"sync"

	"github.com/goccy/go-yaml"
)

//go:embed */*.yaml
var files embed.FS

// Document is a runbook. What is above its content stands in the comment that the content begins with.
type Document struct {
	Name    string `yaml:"-"` // in SSM, such as Salve-CloseBucket: the file's name
	Service string `yaml:"-"` // such as s3: its folder

	Family      string       `yaml:"family"`   // of runbooks that share a role, /salve/automation/salve-FAMILY
	Title       string       `yaml:"title"`    // what it does, in one line without a full stop
	Controls    []string     `yaml:"controls"` // that it serves, such as EC2.4; none for what only people start
	Undo        string       `yaml:"undo"`     // name of the runbook that puts back what it changed; may be empty
	Wait        string       `yaml:"wait"`     // how long it may take, in words
	Proven      string       `yaml:"proven"`   // what its test runs it against; nothing ran on AWS
	Permissions []Permission `yaml:"permissions"`

	Content string `yaml:"-"` // YAML, as it is published
	SHA256  string `yaml:"-"` // of the content in hexadecimal digits, as DescribeDocument tells it
}

// Documents returns all runbooks in the order of their names in their folders. An error means that a file of this
// package is wrong, which its tests rule out.
func Documents() ([]Document, error) {
	all, err := documents()
	return slices.Clone(all), err
}

// documents are read once: each control with a runbook asks for them, before the function's first answer.
//
//nolint:gochecknoglobals // nothing writes it: what is embedded does not change
var documents = sync.OnceValues(readDocuments)

func readDocuments() ([]Document, error) {
	paths, err := fs.Glob(files, "*/*.yaml")
	if err != nil {
		return nil, fmt.Errorf("listing runbooks: %w", err)
	}
	all := make([]Document, 0, len(paths))
	for _, file := range paths {
		content, err := files.ReadFile(file)
		if err != nil {
			return nil, fmt.Errorf("reading runbook %s: %w", file, err)
		}
		d := Document{Content: string(content)}
		if err := yaml.UnmarshalWithOptions([]byte(heading(d.Content)), &d, yaml.Strict()); err != nil {
			return nil, fmt.Errorf("reading what runbook %s says of itself: %w", file, err)
		}
		sum := sha256.Sum256(content)
		d.SHA256 = hex.EncodeToString(sum[:])
		d.Service, d.Name = path.Dir(file), strings.TrimSuffix(path.Base(file), ".yaml")
		all = append(all, d)
	}
	return all, nil
}

// heading is the comment that a document begins with, as YAML.
func heading(content string) string {
	var b strings.Builder
	for line := range strings.Lines(content) {
		text, ok := strings.CutPrefix(line, "# ")
		if !ok {
			break
		}
		b.WriteString(text)
	}
	return b.String()
}
