package playbooks

import (
	"bytes"
	"fmt"
	"io/fs"

	"github.com/goccy/go-yaml"

	"github.com/salve-security/salve/playbooks/cis"
	"github.com/salve-security/salve/playbooks/fsbp"
	"github.com/salve-security/salve/playbooks/nist"
	"github.com/salve-security/salve/playbooks/pci"
	"github.com/salve-security/salve/playbooks/tagging"
)

// Sources are the folders of lists, in the order in which people are shown them.
func Sources() []fs.FS {
	return []fs.FS{fsbp.Files(), cis.Files(), pci.Files(), nist.Files(), tagging.Files()}
}

// Read parses every YAML list in the sources. A field it does not know is an error.
func Read(sources ...fs.FS) ([]Standard, error) {
	var list []Standard
	for _, source := range sources {
		names, err := fs.Glob(source, "*.yaml")
		if err != nil {
			return nil, fmt.Errorf("list the standards: %w", err)
		}
		for _, name := range names {
			standard, err := readFile(source, name)
			if err != nil {
				return nil, err
			}
			list = append(list, standard)
		}
	}
	return list, nil
}

// Texts is a list that a YAML list may write as a single text.
type Texts []string

// UnmarshalYAML reads both forms.
func (t *Texts) UnmarshalYAML(raw []byte) error {
	var one string
	if yaml.Unmarshal(raw, &one) == nil {
		*t = Texts{one}
		return nil
	}
	var many []string
	if err := yaml.Unmarshal(raw, &many); err != nil {
		return fmt.Errorf("want a text or a list of texts: %w", err)
	}
	*t = many
	return nil
}

func readFile(source fs.FS, name string) (Standard, error) {
	content, err := fs.ReadFile(source, name)
	if err != nil {
		return Standard{}, fmt.Errorf("read standard %s: %w", name, err)
	}
	var standard Standard
	if err := yaml.NewDecoder(bytes.NewReader(content), yaml.Strict()).Decode(&standard); err != nil {
		return Standard{}, fmt.Errorf("parse standard %s: %w", name, err)
	}
	return standard, nil
}
