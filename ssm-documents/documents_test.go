package ssmdocuments

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
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
			if len(p.Actions) == 0 || len(p.Resources) == 0 || p.Effect != "" && p.Effect != "Deny" {
				t.Errorf("%s: half a permission: %+v", d.Name, p)
			}
			for _, a := range p.Actions {
				if !action.MatchString(a) {
					t.Errorf("%s: %s is not one action", d.Name, a)
				}
			}
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
			if p.Type == "Integer" || p.Type == "Boolean" {
				continue
			}
			pattern, err := regexp.Compile(p.AllowedPattern)
			if err != nil || !strings.HasPrefix(p.AllowedPattern, "^") || !strings.HasSuffix(p.AllowedPattern, "$") {
				t.Errorf("%s: parameter %s has the pattern %q, %v", d.Name, name, p.AllowedPattern, err)
				continue
			}
			for _, hostile := range []string{"", "a b", "x; rm -rf /", "{{ global:REGION }}", "a\nb", "$(id)", `"`, "*"} {
				if pattern.MatchString(hostile) {
					t.Errorf("%s: parameter %s takes %q", d.Name, name, hostile)
				}
			}
		}
	}
}

// TestEveryDocumentProvesItsEnd: steps that depend on each other, each with a timeout; the last one on the way that
// succeeds asks AWS what is there now; outputs are declared; a way back is never the way on.
func TestEveryDocumentProvesItsEnd(t *testing.T) {
	for _, d := range all(t) {
		w := read(t, d)
		failures := map[string]bool{}
		var lasts []string
		for _, s := range w.MainSteps {
			if s.Action != "aws:branch" && s.TimeoutSeconds <= 0 {
				t.Errorf("%s: step %s may take forever", d.Name, s.Name)
			}
			if s.Inputs.Runtime != "" && (s.Inputs.Runtime != "python3.11" || s.TimeoutSeconds > 600) {
				t.Errorf("%s: step %s runs %s for %d s", d.Name, s.Name, s.Inputs.Runtime, s.TimeoutSeconds)
			}
			if strings.Contains(s.Inputs.Script, "{{") {
				t.Errorf("%s: step %s puts values into its script: they belong into InputPayload", d.Name, s.Name)
			}
			if target, ok := strings.CutPrefix(s.OnFailure, "step:"); ok {
				failures[target] = true
			}
			if s.IsEnd {
				lasts = append(lasts, s.Name)
			}
		}
		lasts = slices.DeleteFunc(lasts, func(name string) bool { return failures[name] || name == "Refuse" })
		if len(lasts) != 1 || !strings.HasPrefix(lasts[0], "Prove") {
			t.Errorf("%s ends with %q: want one step that proves", d.Name, lasts)
		}
		if len(w.MainSteps) < 3 || len(w.Outputs) == 0 {
			t.Errorf("%s has %d steps and %d outputs", d.Name, len(w.MainSteps), len(w.Outputs))
		}
	}
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

// TestThePageOfRunbooks is what make generate would write: go test -run TestThePage -update.
func TestThePageOfRunbooks(t *testing.T) {
	const file = "README.md"
	want := page(t)
	if *update {
		if err := os.WriteFile(file, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(file)
	if err != nil || string(got) != want {
		t.Errorf("%s is not what the documents say: go test ./ssm-documents -run TestThePage -update (%v)", file, err)
	}
}

// page is README.md.
func page(t *testing.T) string {
	t.Helper()
	var b strings.Builder
	b.WriteString(pageHead)
	for _, d := range all(t) {
		w := read(t, d)
		var parameters, steps, back []string
		for name := range w.Parameters {
			if name != "AutomationAssumeRole" {
				parameters = append(parameters, "`"+name+"`")
			}
		}
		for _, s := range w.MainSteps {
			if target, ok := strings.CutPrefix(s.OnFailure, "step:"); ok && !slices.Contains(back, target) {
				back = append(back, target)
			}
			if !slices.Contains(back, s.Name) {
				steps = append(steps, s.Name)
			}
		}
		way := strings.Join(steps, " → ")
		if len(back) > 0 {
			way += "; after a failure " + strings.Join(back, ", ")
		}
		slices.Sort(parameters)
		controls, undo := "–", "–"
		if len(d.Controls) > 0 {
			controls = strings.Join(d.Controls, ", ")
		}
		if d.Undo != "" {
			undo = "`" + d.Undo + "`"
		}
		fmt.Fprintf(&b, "| [`%s`](%s/%s.yaml) | %s | %s | %s | %s | %s | %s | %s |\n", d.Name, d.Service, d.Name, d.Title,
			controls, way, strings.Join(parameters, ", "), d.Wait, undo, d.Proven)
	}
	b.WriteString(pageTail(t))
	return b.String()
}
