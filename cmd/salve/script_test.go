package main

import (
	"bytes"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// TestScripts plays the scripts of testdata/script in one lab with Salve in it.
func TestScripts(t *testing.T) {
	program := function(t)
	home, env := deployedLab(t, program)
	testscript.RunT(serial{t}, testscript.Params{
		Dir: "testdata/script", UpdateScripts: *update, RequireExplicitExec: true, RequireUniqueNames: true,
		Cmds: commands(),
		Setup: func(e *testscript.Env) error {
			for _, name := range slices.Sorted(maps.Keys(env)) {
				e.Setenv(name, env[name])
			}
			e.Setenv("XDG_CACHE_HOME", home)
			e.Setenv("SALVE_LAB_PYTHON", python(t))
			e.Setenv("MEMBER", memberID)
			e.Setenv("PROGRAM", program)
			e.Setenv("ENDPOINT", env["AWS_ENDPOINT_URL"])
			// A script that fails leaves its own labs running.
			e.Defer(func() {
				for _, name := range []string{"lab", "other"} {
					salve(t, e.WorkDir+"/cache", "lab", "stop", "--name", name)
				}
			})
			return nil
		},
	})
}

// function builds the function for this machine and returns its path.
func function(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "salve-function")
	build := exec.CommandContext(t.Context(), "go", "build", "-trimpath", "-o", path, "../../functions/orchestrator")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build the function: %v\n%s", err, out)
	}
	return path
}

// deployedLab starts a lab in the background as people do, and returns where
// its state is and the environment that it prints.
func deployedLab(t *testing.T, program string) (home string, env map[string]string) {
	t.Helper()
	home = t.TempDir()
	salve(t, home, "lab", "start", "--deploy", "--program", program)
	t.Cleanup(func() { salve(t, home, "lab", "stop") })
	env = map[string]string{}
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
	return home, env
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
