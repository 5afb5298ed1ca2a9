package release

import (
	"bytes"
	"debug/buildinfo"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"runtime/debug"
	"strings"
)

// The parts of a CycloneDX 1.6 document that say what a program is made of.
type (
	bom struct {
		Format       string       `json:"bomFormat"`
		Spec         string       `json:"specVersion"`
		Version      int          `json:"version"`
		Metadata     metadata     `json:"metadata"`
		Components   []component  `json:"components"`
		Dependencies []dependency `json:"dependencies"`
	}
	metadata struct {
		Component component `json:"component"`
	}
	component struct {
		Type    string `json:"type"`
		Ref     string `json:"bom-ref"`
		Name    string `json:"name"`
		Version string `json:"version"`
		URL     string `json:"purl"`
		Hashes  []hash `json:"hashes,omitempty"`
	}
	hash struct {
		Algorithm string `json:"alg"`
		Content   string `json:"content"`
	}
	dependency struct {
		Ref string   `json:"ref"`
		On  []string `json:"dependsOn"`
	}
)

// BOM lists the modules a program was linked from, as it says itself, in the
// CycloneDX format. It holds no time and no random number.
func BOM(program []byte, version string) ([]byte, error) {
	info, err := buildinfo.Read(bytes.NewReader(program))
	if err != nil {
		return nil, fmt.Errorf("what the program is made of: %w", err)
	}
	doc := bom{Format: "CycloneDX", Spec: "1.6", Version: 1}
	doc.Metadata.Component = describe("application", info.Main.Path, version)
	top := dependency{Ref: doc.Metadata.Component.Ref}
	library := describe("library", "std", strings.TrimPrefix(info.GoVersion, "go"))
	doc.Components = append(doc.Components, library)
	top.On = append(top.On, library.Ref)
	for _, module := range info.Deps {
		one, err := fromModule(module)
		if err != nil {
			return nil, err
		}
		doc.Components = append(doc.Components, one)
		top.On = append(top.On, one.Ref)
	}
	doc.Dependencies = []dependency{top}
	text, err := json.MarshalIndent(doc, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("encode the list of modules: %w", err)
	}
	return append(text, '\n'), nil
}

func describe(kind, path, version string) component {
	url := "pkg:golang/" + path + "@" + version
	return component{Type: kind, Ref: url, Name: path, Version: version, URL: url}
}

// fromModule takes the module that was used, which a replacement may name.
func fromModule(m *debug.Module) (component, error) {
	if m.Replace != nil {
		m = m.Replace
	}
	c := describe("library", m.Path, m.Version)
	// go.sum's h1 is a SHA-256 over the names and contents of the module's files.
	sum, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(m.Sum, "h1:"))
	if err != nil || len(sum) == 0 {
		return c, fmt.Errorf("module %s has no checksum (%q): build from released modules only", m.Path, m.Sum)
	}
	c.Hashes = []hash{{"SHA-256", hex.EncodeToString(sum)}}
	return c, nil
}
