package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/gate"
	"github.com/salve-security/salve/internal/report"
)

// stored writes a document into a file and reads it as the commands do.
func stored(t *testing.T, names catalogue, text string) (document, error) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "salve.yaml")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return documentArg{File: fileName(file)}.read(names)
}

// TestTheExampleIsValid: people begin with what the page shows.
func TestTheExampleIsValid(t *testing.T) {
	page, err := os.ReadFile("../../docs/operations.md")
	if err != nil {
		t.Fatal(err)
	}
	_, text, _ := strings.Cut(string(page), "\n```yaml\n")
	text, _, found := strings.Cut(text, "\n```\n")
	if !found {
		t.Fatal("docs/operations.md holds no yaml")
	}
	names, err := released() // those that people read of
	if err != nil {
		t.Fatal(err)
	}
	doc, err := stored(t, names, text)
	if err != nil {
		t.Fatal(err)
	}
	if c := doc.config; len(c.Controls) < 3 || len(c.Exceptions) == 0 || c.Limits == nil || c.Defaults.Mode == "" {
		t.Errorf("the example leaves something out: %s", doc.text)
	}
}

func TestDocumentsAreStoredUnderTheNamesOthersUse(t *testing.T) {
	doc, err := stored(t, known(t),
		"version: 1\ncontrols: {bucket.1: {mode: auto}, \"standard:CIS-5.0.0\": {mode: plan}}\n")
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff([]string{"Bucket.1", "standard:cis-5.0.0"}, doc.config.Keys()); d != "" {
		t.Error(d)
	}
}

func TestDocumentsRefused(t *testing.T) {
	for name, tc := range map[string]struct{ text, says string }{
		"another name of a standard": {
			"controls: {\"standard:cis-aws-foundations-benchmark/v/5.0.0\": {mode: auto}}", "not a standard Salve knows",
		},
		"a parameter of no playbook": {"controls: {Root.1: {parameters: {a: 1}}}", "without a playbook"},
		"too deep":                   {"controls: " + strings.Repeat("[", 200_000), "nested too deeply"},
		"too large once stored": {
			"controls: {Bucket.1: {parameters: {a: '" + strings.Repeat("<", 100_000) + "'}}}", "too large once stored",
		},
		"a day that is none": {
			"exceptions: [{control: Bucket.1, resource: x, reason: y, owner: z, expires: soon}]",
			"line 2, exceptions[0].expires: ",
		},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := stored(t, known(t), "version: 1\n"+tc.text+"\n")
			if err == nil || !strings.Contains(err.Error(), tc.says) || fault.Of(err) != fault.Invalid {
				t.Errorf("got %.200v, want one that says %q", err, tc.says)
			}
		})
	}
}

// TestManyProblemsAreCut: nobody reads them all.
func TestManyProblemsAreCut(t *testing.T) {
	var text strings.Builder
	text.WriteString("version: 1\ncontrols:\n")
	for i := range 50 {
		fmt.Fprintf(&text, "  Nothing.%d: {mode: auto}\n", i)
	}
	_, err := stored(t, known(t), text.String())
	var stderr bytes.Buffer
	a := &app{err: &stderr}
	if code := a.end(a.refused(err)); code != exitUsage {
		t.Errorf("exit code %d", code)
	}
	if n := strings.Count(stderr.String(), "\n"); n != mostProblems+1 || !strings.Contains(stderr.String(), " 30 more") {
		t.Errorf("%d lines:\n%s", n, &stderr)
	}
}

type shelfFunc func(version int64) error

func (f shelfFunc) PushConfig(_ context.Context, p gate.Push) error { return f(p.Over) }

// TestAPushLosesToAFasterOne: the version it was compared with is the one it replaces.
func TestAPushLosesToAFasterOne(t *testing.T) {
	outage := errors.New("no such host")
	for name, tc := range map[string]struct {
		answer error
		code   int
	}{
		"stored": {nil, exitDone}, "somebody was faster": {gate.ErrConflict, exitNotFixed}, "outage": {outage, exitError},
	} {
		t.Run(name, func(t *testing.T) {
			err := proposal{version: 7}.push(t.Context(), shelfFunc(func(version int64) error {
				if version != 7 {
					t.Errorf("pushed over version %d, want 7", version)
				}
				return tc.answer
			}), gate.Push{})
			var stderr bytes.Buffer
			if code := (&app{err: &stderr}).end(err); code != tc.code {
				t.Errorf("exit code %d, want %d: %s", code, tc.code, &stderr)
			}
		})
	}
}

// TestAPushMendsWhatCannotBeRead: the engine does nothing until somebody pushes.
func TestAPushMendsWhatCannotBeRead(t *testing.T) {
	doc, err := stored(t, known(t), "version: 1\n")
	if err != nil {
		t.Fatal(err)
	}
	a := &app{names: known(t), clock: clock{now: time.Now}}
	for name, tc := range map[string]struct {
		stored  string
		changes bool
	}{
		"cannot be read": {`{"version":2}`, true}, "nothing yet": {"", false}, "the same": {doc.text, false},
		"another": {`{"version":1,"defaults":{"mode":"plan"}}`, true},
	} {
		t.Run(name, func(t *testing.T) {
			p, err := a.propose(gate.Settings{Doc: tc.stored, Version: 3}, doc)
			if err != nil || p.changes() != tc.changes {
				t.Errorf("changes %t, %v; want %t", p.changes(), err, tc.changes)
			}
		})
	}
}

// TestTheAuditLineOfAPush names both documents and stays small.
func TestTheAuditLineOfAPush(t *testing.T) {
	now := time.Date(2026, 7, 1, 0, 0, 0, 0, time.UTC)
	p := proposal{doc: document{hash: "new"}, was: "old", version: 7, list: make([]gate.Difference, 2*mostAudited)}
	p.list[0] = gate.Difference{Path: "controls.Bucket.1.mode", From: "off", To: "auto", Wider: true}
	p.list[1] = gate.Difference{Path: "exceptions.Key.1 arn:aws:kms:eu-west-1:222222222222:key/1~"}
	line := p.line(&app{clock: clock{now: func() time.Time { return now }}}, "me")
	if line.Actor != "me" || line.Before != "old" || line.After != "new" || !line.Time.Equal(now) ||
		len(line.Changes) != mostAudited || line.Changes[0].To != "auto" ||
		line.Reason != "version 8, 400 differences, 1 of them wider" {
		t.Errorf("%+v", line)
	}
	for i, change := range report.Changes(line.Changes[:2]) {
		if change.Path != p.list[i].Path {
			t.Errorf("path %q, want %q", change.Path, p.list[i].Path)
		}
	}
}
