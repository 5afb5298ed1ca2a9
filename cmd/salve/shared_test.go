package main

import (
	"bytes"
	"context"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/rogpeppe/go-internal/testscript"

	"github.com/salve-security/salve/internal/lab"
	"github.com/salve-security/salve/internal/lab/stage/stagetest"
	"github.com/salve-security/salve/internal/names"
)

// sharedLab is the lab that all scripts share.
type sharedLab struct {
	t       *testing.T
	home    string            // where its state is
	env     map[string]string // as salve lab env prints it
	schemas string            // where docs/schema is
	program func() string     // builds the function and returns its path
}

// newSharedLab starts the lab in the background, as people do, with a program that never runs in the function's place:
// what happens is what a script does.
func newSharedLab(t *testing.T, members []string) *sharedLab {
	t.Helper()
	s := &sharedLab{t: t, home: t.TempDir()}
	var err error
	if s.schemas, err = filepath.Abs(schemas); err != nil {
		t.Fatal(err)
	}
	s.program = sync.OnceValue(func() string { return function(t) })
	idle := filepath.Join(t.TempDir(), "idle")
	if err := os.WriteFile(idle, []byte("#!/bin/sh\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	salve(t, s.home, "lab", "start", "--deploy", "--program", idle, "--member", strings.Join(members, ","))
	t.Cleanup(func() { salve(t, s.home, "lab", "stop") })
	s.env = labEnvironment(t, s.home)
	if err := stagetest.Unplug(t.Context(), lab.Root(s.env["AWS_ENDPOINT_URL"], lab.DefaultHub, region)); err != nil {
		t.Fatal(err)
	}
	return s
}

// clear empties the ledger, which also holds configuration and stops, and forgets faults.
func (s *sharedLab) clear(t *testing.T) {
	t.Helper()
	if err := post(context.Background(), http.MethodDelete, s.env["AWS_ENDPOINT_URL"]+"/_lab/faults", nil); err != nil {
		t.Fatal(err)
	}
	client := dynamodb.NewFromConfig(lab.Root(s.env["AWS_ENDPOINT_URL"], lab.DefaultHub, region))
	table := names.Table
	pages := dynamodb.NewScanPaginator(client, &dynamodb.ScanInput{TableName: &table})
	for pages.HasMorePages() {
		page, err := pages.NextPage(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		for _, item := range page.Items {
			if _, err := client.DeleteItem(context.Background(), &dynamodb.DeleteItemInput{
				TableName: &table, Key: map[string]types.AttributeValue{"pk": item["pk"], "sk": item["sk"]},
			}); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// labEnvironment is what salve lab env prints.
func labEnvironment(t *testing.T, home string) map[string]string {
	t.Helper()
	env := map[string]string{}
	for line := range strings.SplitSeq(salve(t, home, "lab", "env"), "\n") {
		name, value, ok := strings.Cut(strings.TrimPrefix(line, "export "), "=")
		if !ok {
			continue
		}
		value, err := strconv.Unquote(value)
		if err != nil {
			t.Fatal(err)
		}
		env[name] = value
	}
	return env
}

// function builds the function for this machine and returns its path.
func function(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "salve-function")
	if err := stagetest.Build(t.Context(), path); err != nil {
		t.Fatal(err)
	}
	return path
}

// salve runs the program and returns what it prints.
func salve(t *testing.T, home string, args ...string) string {
	t.Helper()
	cmd := exec.Command("salve", args...) // the clean-up runs when the test's context is over
	cmd.Env = append(os.Environ(), "XDG_CACHE_HOME="+home, "SALVE_LAB_PYTHON="+python(t))
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("salve %s: %v\n%s", strings.Join(args, " "), err, &stderr)
	}
	return string(out)
}

// built builds the function as $PROGRAM, for scripts that run it: built
func (s *sharedLab) built(ts *testscript.TestScript, _ bool, _ []string) {
	ts.Setenv("PROGRAM", s.program())
	ts.Setenv(catalogueVariable, "released")
}

// deployed gives a script a lab of its own with the real function at work in it, and salve the controls that the
// function has: deployed
func (s *sharedLab) deployed(ts *testscript.TestScript, neg bool, args []string) {
	s.built(ts, neg, args)
	home := ts.MkAbs("cache")
	salve(s.t, home, "lab", "start", "--deploy", "--program", ts.Getenv("PROGRAM"), "--member", ts.Getenv("MEMBER"))
	for name, value := range labEnvironment(s.t, home) {
		ts.Setenv(name, value)
	}
	ts.Setenv("XDG_CACHE_HOME", home)
}
