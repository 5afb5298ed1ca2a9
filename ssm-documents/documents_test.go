package ssmdocuments

import (
	"crypto/sha256"
	"encoding/hex"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"

	"github.com/salve-security/salve/internal/runbook/validate"
)

// written is a document as SSM reads it.
type written struct {
	SchemaVersion string `yaml:"schemaVersion"`
	Description   string `yaml:"description"`
	AssumeRole    string `yaml:"assumeRole"`
	Parameters    map[string]struct {
		Type           string `yaml:"type"`
		Description    string `yaml:"description"`
		AllowedPattern string `yaml:"allowedPattern"`
		Default        any    `yaml:"default"`
	} `yaml:"parameters"`
	MainSteps []writtenStep `yaml:"mainSteps"`
	Outputs   []string      `yaml:"outputs"`
}

type writtenStep struct {
	Name           string `yaml:"name"`
	Action         string `yaml:"action"`
	TimeoutSeconds int    `yaml:"timeoutSeconds"`
	OnFailure      string `yaml:"onFailure"`
	IsEnd          bool   `yaml:"isEnd"`
	Inputs         struct {
		Runtime string `yaml:"Runtime"`
		Handler string `yaml:"Handler"`
		Script  string `yaml:"Script"`
	} `yaml:"inputs"`
}

func read(t *testing.T, d Document) written {
	t.Helper()
	var out written
	if err := yaml.Unmarshal([]byte(d.Content), &out); err != nil {
		t.Fatalf("%s: %v", d.Name, err)
	}
	return out
}

// TestEveryDocumentHolds all three layers: its shape, the APIs it calls, what it refers to.
func TestEveryDocumentHolds(t *testing.T) {
	documents := all(t)
	if len(documents) < 14 {
		t.Errorf("there are only %d", len(documents))
	}
	for _, d := range documents {
		for _, p := range validate.Runbook([]byte(d.Content)) {
			t.Errorf("%s: %s", d.Name, p)
		}
		if len(d.Content) > validate.MaxDocument {
			t.Errorf("%s has %d bytes, more than AWS takes", d.Name, len(d.Content))
		}
		if sum := sha256.Sum256([]byte(d.Content)); d.SHA256 != hex.EncodeToString(sum[:]) {
			t.Errorf("%s: another hash", d.Name)
		}
	}
}

var (
	named  = regexp.MustCompile(`^Salve-[A-Z][A-Za-z]+$`)
	family = regexp.MustCompile(`^[a-z]{3,32}$`)
	known  = regexp.MustCompile(`^[A-Z][A-Za-z0-9]*\.[0-9]+$`)
	action = regexp.MustCompile(`^[a-z0-9]+:[A-Z][A-Za-z]+$`)
)

// TestWhatEveryDocumentDeclares.
func TestWhatEveryDocumentDeclares(t *testing.T) {
	var names []string
	for _, d := range all(t) {
		names = append(names, d.Name)
	}
	for i, d := range all(t) {
		switch {
		case slices.Index(names, d.Name) != i:
			t.Errorf("there are two %s", d.Name)
		case !named.MatchString(d.Name), !family.MatchString(d.Family):
			t.Errorf("%s of the family %s: another name", d.Name, d.Family)
		case d.Title == "", strings.HasSuffix(d.Title, "."), d.Wait == "", d.Proven == "", len(d.Permissions) == 0:
			t.Errorf("%s says too little of itself", d.Name)
		case d.Undo != "" && !slices.Contains(names, d.Undo):
			t.Errorf("%s is undone by %s, which is not there", d.Name, d.Undo)
		}
		for _, id := range d.Controls {
			if !known.MatchString(id) {
				t.Errorf("%s serves %s, which is no control", d.Name, id)
			}
		}
		for _, p := range d.Permissions {
			p.hold(t, d.Name)
		}
	}
}

// hold holds a permission to what IAM and the README say.
func (p Permission) hold(t *testing.T, name string) {
	t.Helper()
	if len(p.Actions) == 0 || len(p.Resources) == 0 || p.Effect != "" && p.Effect != "Deny" {
		t.Errorf("%s: half a permission: %+v", name, p)
	}
	for _, one := range p.Actions {
		if !action.MatchString(one) {
			t.Errorf("%s: %s is not one action", name, one)
		}
	}
}

// TestEveryDocumentTakesNarrowParameters: typed, with a pattern, and never the finding.
func TestEveryDocumentTakesNarrowParameters(t *testing.T) {
	for _, d := range all(t) {
		w := read(t, d)
		if w.SchemaVersion != "0.3" || w.AssumeRole != "{{ AutomationAssumeRole }}" || len(w.Description) < 80 {
			t.Errorf("%s: schema %s, role %s, description %q", d.Name, w.SchemaVersion, w.AssumeRole, w.Description)
		}
		for name, p := range w.Parameters {
			if p.Description == "" || strings.Contains(strings.ToLower(name), "finding") {
				t.Errorf("%s: parameter %s", d.Name, name)
			}
			if p.Type != "Integer" && p.Type != "Boolean" {
				narrow(t, d.Name+": parameter "+name, p.AllowedPattern)
			}
		}
	}
}

// narrow holds a pattern to taking the whole value and nothing that means something elsewhere.
func narrow(t *testing.T, where, text string) {
	t.Helper()
	pattern, err := regexp.Compile(text)
	if err != nil || !strings.HasPrefix(text, "^") || !strings.HasSuffix(text, "$") {
		t.Errorf("%s has the pattern %q, %v", where, text, err)
		return
	}
	for _, hostile := range []string{"", "a b", "x; rm -rf /", "{{ global:REGION }}", "a\nb", "$(id)", `"`, "*"} {
		if pattern.MatchString(hostile) {
			t.Errorf("%s takes %q", where, hostile)
		}
	}
}

// TestEveryDocumentProvesItsEnd: steps that depend on each other, each with a timeout; the last one on the way that
// succeeds asks AWS what is there now; outputs are declared; a way back is never the way on.
func TestEveryDocumentProvesItsEnd(t *testing.T) {
	for _, d := range all(t) {
		w := read(t, d)
		for _, s := range w.MainSteps {
			s.hold(t, d.Name)
		}
		lasts := slices.DeleteFunc(w.ends(), func(name string) bool { return slices.Contains(w.back(), name) })
		if len(lasts) != 1 || !strings.HasPrefix(lasts[0], "Prove") {
			t.Errorf("%s ends with %q: want one step that proves", d.Name, lasts)
		}
		if len(w.MainSteps) < 3 || len(w.Outputs) == 0 {
			t.Errorf("%s has %d steps and %d outputs", d.Name, len(w.MainSteps), len(w.Outputs))
		}
	}
}

// hold holds a step to the bounds of every runbook.
func (s writtenStep) hold(t *testing.T, name string) {
	t.Helper()
	if s.Action != "aws:branch" && s.TimeoutSeconds <= 0 {
		t.Errorf("%s: step %s may take forever", name, s.Name)
	}
	if s.Inputs.Runtime != "" && (s.Inputs.Runtime != "python3.11" || s.TimeoutSeconds > 600) {
		t.Errorf("%s: step %s runs %s for %d s", name, s.Name, s.Inputs.Runtime, s.TimeoutSeconds)
	}
	if strings.Contains(s.Inputs.Script, "{{") {
		t.Errorf("%s: step %s puts values into its script: they belong into InputPayload", name, s.Name)
	}
}

// ends are the steps after which nothing follows.
func (w written) ends() []string {
	var out []string
	for _, s := range w.MainSteps {
		if s.IsEnd {
			out = append(out, s.Name)
		}
	}
	return out
}

// back are the steps that only a failure leads to. A step that is called Refuse always fails.
func (w written) back() []string {
	out := []string{"Refuse"}
	for _, s := range w.MainSteps {
		if target, ok := strings.CutPrefix(s.OnFailure, "step:"); ok && !slices.Contains(out, target) {
			out = append(out, target)
		}
	}
	return out
}

// TestAFamilyHasAPolicy that IAM takes: an inline policy of a role has 10,240 characters at most.
func TestAFamilyHasAPolicy(t *testing.T) {
	for name, permissions := range Families(all(t)) {
		policy, err := Policy(permissions).JSON()
		if err != nil || len(policy) > 10240 {
			t.Errorf("%s: %d characters, %v", name, len(policy), err)
		}
	}
}
