package playbooks

import (
	"bytes"
	_ "embed" // the manual steps
	"fmt"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"

	"github.com/salve-security/salve/internal/control"
)

// Mode is what a list recommends for a control: the mode of the configuration.
type Mode string

// The modes a list may recommend.
const (
	Auto    Mode = "auto"    // it acts by itself
	Approve Mode = "approve" // people decide on each plan
	Manual  Mode = "manual"  // people start it, or do it by hand
)

// known tells the modes; a list may say none.
func (m Mode) known() bool { return m == "" || m == Auto || m == Approve || m == Manual }

// Recommended is the mode that a list recommends for a control with a playbook. Where it says none, the control's
// impact does. What decides who may do what never acts by itself.
func (e Entry) Recommended(c control.Control) Mode {
	switch {
	case e.Mode == Auto && c.Identities:
		return Approve
	case e.Mode != "":
		return e.Mode
	case c.Impact == control.ImpactNone && !c.Identities:
		return Auto
	}
	return Approve
}

// checkPack compares what a row recommends with its list. Parameters are checked where there is a playbook that has
// them.
func (s Standard) checkPack(e Entry) error {
	if !e.Mode.known() {
		return fmt.Errorf("%s: mode %q: write auto, approve or manual", e.Control, e.Mode)
	}
	for _, first := range e.After {
		if first == e.Control || !slices.ContainsFunc(s.Controls, func(o Entry) bool { return o.Control == first }) {
			return fmt.Errorf("%s: after %q: name another control of the list", e.Control, first)
		}
	}
	return nil
}

// ByHand is what a person does where no machine can be trusted to.
type ByHand struct {
	Why   string `yaml:"why"`
	Steps string `yaml:"steps"`
}

//go:embed manual.yaml
var manual []byte

// ManualSteps are the reasons and the steps of controls that no machine fixes, by control.
func ManualSteps() (map[string]ByHand, error) {
	var steps map[string]ByHand
	if err := yaml.NewDecoder(bytes.NewReader(manual), yaml.Strict()).Decode(&steps); err != nil {
		return nil, fmt.Errorf("read manual.yaml: %w", err)
	}
	return steps, nil
}

// CheckManual compares the manual steps with the lists: every control that a list leaves to people has some, and they
// are of controls that a list knows.
func (s *Standards) CheckManual(steps map[string]ByHand) []error {
	var problems []error
	for id, by := range steps {
		if known, ok := s.Canonical(id); !ok || known != id {
			problems = append(problems, fmt.Errorf("manual.yaml: no list knows %q", id))
		}
		if strings.TrimSpace(by.Why) == "" || strings.TrimSpace(by.Steps) == "" {
			problems = append(problems, fmt.Errorf("manual.yaml: %s needs why and steps", id))
		}
	}
	for _, standard := range s.list {
		for _, e := range standard.Controls {
			if _, told := steps[e.Control]; e.Mode == Manual && !told {
				problems = append(problems, fmt.Errorf("%s leaves %s to people, and manual.yaml does not say how", standard.Key,
					e.Control))
			}
		}
	}
	return problems
}
