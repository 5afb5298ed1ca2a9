package main

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/gate"
	"github.com/salve-security/salve/internal/version"
)

// documentArg names the configuration document.
type documentArg struct {
	File fileName `arg:"" help:"The configuration document, YAML; - reads what is piped in."`
}

// document is a configuration document that makes sense, in the form it is stored in.
type document struct {
	config gate.Config
	text   string
	hash   string
}

// short is enough of the hash to tell documents apart.
func (d document) short() string { return d.hash[:12] }

// read parses and validates the document. What is wrong with it is an error that
// problems takes apart.
func (d documentArg) read(names catalogue) (document, error) {
	raw, err := d.bytes()
	if err != nil {
		return document{}, fmt.Errorf("the configuration document: %w", err)
	}
	config, err := gate.Parse(raw)
	if err != nil {
		return document{}, fault.Wrap(fault.Invalid, err)
	}
	if err := config.Validate(names.valid()); err != nil {
		return document{}, fault.Wrap(fault.Invalid, err)
	}
	config, _ = names.canonical(config).Covered(version.String(), names.expanded, gate.Config{})
	return documentOf(config)
}

// covered is the document with what entries of an earlier release stand for, as the stored one has it.
func (a *app) covered(doc document, stored gate.Config) (document, error) {
	config, unknown := doc.config.Covered(version.String(), a.names.expanded, stored)
	if len(unknown) > 0 {
		key := unknown[0]
		return doc, fault.New(fault.Invalid, "controls.%s.release: is %s, and neither this release nor the stored configuration "+
			"says which controls that had: write release: %s, and see what it covers", key, config.Controls[key].Release,
			version.String())
	}
	return documentOf(config)
}

// expanded are the controls with a playbook that a pattern or the key of a standard means.
func (c catalogue) expanded(key string) []string {
	if gate.Pattern(key) {
		return c.controlsLike(key)
	}
	about, err := c.subjectOf(key)
	if err != nil {
		return nil
	}
	return about.controls(c)
}

// documentOf renders a configuration and reads it again, as the engine will.
func documentOf(config gate.Config) (document, error) {
	text, err := config.JSON()
	if err != nil {
		return document{}, err
	}
	hash, err := config.Hash()
	if err != nil {
		return document{}, err
	}
	stored, err := gate.FromJSON(text)
	return document{config: stored, text: string(text), hash: hash}, err
}

// bytes is what stands in the file, a byte more than allowed at most.
func (d documentArg) bytes() ([]byte, error) { return d.File.read(gate.MaxDocument) }

// valid is what documents are checked against: the playbooks and standards of this release.
func (c catalogue) valid() gate.Known {
	var today time.Time
	if c.today != nil {
		today = c.today()
	}
	return gate.Known{
		Today: today, Release: version.String(), Expand: c.expanded,
		Control: func(id string) bool { _, ok := c.id(id); return ok },
		Like:    func(pattern string) bool { return len(c.listedLike(pattern)) > 0 },
		// A standard's other names would never hold: findings have its key.
		Standard:   func(key string) bool { return slices.Contains(c.standards.Keys(), key) },
		Enforced:   []gate.Section{gate.SectionClasses, gate.SectionWindows},
		Identities: func(id string) bool { found, _ := c.controls.Get(id); return found.Identities },
		Region:     func(pattern string) bool { return regions(pattern) == nil },
		Params: func(id string, given map[string]any) error {
			found, ok := c.controls.Get(id)
			if !ok {
				return errors.New("are given for a control without a playbook here")
			}
			_, err := found.Resolve(given)
			return err
		},
		Runbook: func(id string, m control.Mapping) []control.MappingProblem {
			found, ok := c.controls.Get(id)
			return m.Check(found.Info, ok)
		},
	}
}

// canonical writes the ids of controls as Security Hub does, which is how the other commands find them. One of
// another release stays as it is.
func (c catalogue) canonical(config gate.Config) gate.Config {
	return config.Named(func(id string) string {
		if known, ok := c.id(id); ok {
			return known
		}
		return id
	})
}
