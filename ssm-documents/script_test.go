package ssmdocuments

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// scriptCase is a script of a runbook, what it is given, and what AWS answers it.
type scriptCase struct {
	Name    string           `json:"name"` // document, step and what is special
	Script  string           `json:"script"`
	Handler string           `json:"handler"`
	Events  m                `json:"events"`
	Answers map[string][]any `json:"answers"`
	Parse   bool             `json:"parse"` // only that it is Python and has its handler

	result m      // what it returns
	says   string // or what its error says
	slept  float64
	calls  []string // that it makes in this order; nil does not look
}

// scripted is what a script did.
type scripted struct {
	Result m       `json:"result"`
	Error  string  `json:"error"`
	Slept  float64 `json:"slept"`
	Calls  [][]any `json:"calls"`
}

// of takes a step's script into a case.
func (c scriptCase) of(t *testing.T, name, step string) scriptCase {
	t.Helper()
	for _, s := range read(t, document(t, name)).MainSteps {
		if s.Name == step {
			c.Name, c.Script, c.Handler = name+" "+step+": "+c.Name, s.Inputs.Script, s.Inputs.Handler
			return c
		}
	}
	t.Fatalf("%s has no step %s", name, step)
	return c
}

// playScripts runs cases in one process that has no boto3 but the one of the cases.
func playScripts(t *testing.T, cases []scriptCase) {
	t.Helper()
	interpreter, err := python()
	if err != nil {
		t.Fatal(err)
	}
	given, err := json.Marshal(cases)
	if err != nil {
		t.Fatal(err)
	}
	command := exec.CommandContext(t.Context(), interpreter, "-B", filepath.Join("testdata", "scripts.py"))
	command.Stdin, command.Stderr = bytes.NewReader(given), os.Stderr
	out, err := command.Output()
	if err != nil {
		t.Fatal(err)
	}
	var done []scripted
	if err := json.Unmarshal(out, &done); err != nil || len(done) != len(cases) {
		t.Fatalf("%d of %d, %v", len(done), len(cases), err)
	}
	for i, c := range cases {
		t.Run(c.Name, func(t *testing.T) { c.judge(t, done[i]) })
	}
}

func (c scriptCase) judge(t *testing.T, got scripted) {
	if c.says == "" && got.Error != "" || !strings.Contains(got.Error, c.says) {
		t.Errorf("it says %q, want %q", got.Error, c.says)
	}
	if diff := cmp.Diff(c.result, got.Result); diff != "" && !c.Parse {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if c.slept > 0 && got.Slept != c.slept {
		t.Errorf("it slept %v s, want %v", got.Slept, c.slept)
	}
	var calls []string
	for _, call := range got.Calls {
		name, _ := call[0].(string)
		calls = append(calls, name)
	}
	if diff := cmp.Diff(c.calls, calls); c.calls != nil && diff != "" {
		t.Errorf("calls (-want +got):\n%s", diff)
	}
}

// TestEveryScriptIsPython and has the handler that its step names.
func TestEveryScriptIsPython(t *testing.T) {
	var cases []scriptCase
	for _, d := range all(t) {
		for _, s := range read(t, d).MainSteps {
			if s.Inputs.Script != "" {
				cases = append(cases, scriptCase{Parse: true}.of(t, d.Name, s.Name))
			}
		}
	}
	if len(cases) < 20 {
		t.Errorf("there are only %d", len(cases))
	}
	playScripts(t, cases)
}
