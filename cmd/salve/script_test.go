package main

import (
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// TestScripts plays the scripts of testdata/script in one lab with Salve's stacks in it, and no function. Each finds an
// empty ledger and a member account that no other script has, so that any one can be played alone, and all in any
// order: go test -shuffle=on.
func TestScripts(t *testing.T) {
	scripts, err := filepath.Glob("testdata/script/*.txtar")
	if err != nil || len(scripts) == 0 {
		t.Fatalf("%d scripts: %v", len(scripts), err)
	}
	members := map[string]string{}
	for i, path := range scripts {
		members[strings.TrimSuffix(filepath.Base(path), ".txtar")] = fmt.Sprintf("%012d", 200_000_000_001+i)
	}
	shuffle(t, scripts)
	s := newSharedLab(t, slices.Sorted(maps.Values(members)))
	testscript.RunT(serial{t}, testscript.Params{
		Files: scripts, UpdateScripts: *update, RequireExplicitExec: true, RequireUniqueNames: true,
		Cmds: s.commands(),
		Setup: func(e *testscript.Env) error {
			name := strings.TrimPrefix(filepath.Base(e.WorkDir), "script-")
			member, ok := members[name]
			if !ok {
				return fmt.Errorf("script %q has no account", name)
			}
			s.setUp(e, member)
			return nil
		},
	})
}

// shuffle brings the scripts into an order by chance where go test was asked for that.
func shuffle(t *testing.T, scripts []string) {
	t.Helper()
	how := flag.Lookup("test.shuffle").Value.String()
	if how == "off" {
		return
	}
	seed, err := strconv.ParseUint(how, 10, 64)
	if err != nil {
		seed = uint64(time.Now().UnixNano())
	}
	t.Logf("scripts are shuffled: -shuffle=%d", seed)
	rand.New(rand.NewPCG(seed, 0)).Shuffle(len(scripts), func(i, j int) {
		scripts[i], scripts[j] = scripts[j], scripts[i]
	})
}

// serial runs scripts one after the other: they share a lab and look at its journal.
type serial struct{ *testing.T }

func (s serial) Parallel()     {}
func (s serial) Verbose() bool { return testing.Verbose() }

func (s serial) Run(name string, f func(testscript.T)) {
	s.T.Run(name, func(t *testing.T) { f(serial{t}) })
}

// setUp gives a script its environment, and takes away what others left where all work.
func (s *sharedLab) setUp(e *testscript.Env, member string) {
	s.clear(s.t)
	for _, name := range slices.Sorted(maps.Keys(s.env)) {
		e.Setenv(name, s.env[name])
	}
	e.Setenv("XDG_CACHE_HOME", s.home)
	e.Setenv("SALVE_LAB_PYTHON", python(s.t))
	e.Setenv("MEMBER", member)
	e.Setenv("DAY", time.Now().UTC().AddDate(0, 0, 300).Format(time.DateOnly)) // that an exception may end on
	e.Setenv("SALVE_NO_ASSESS", "true")                                        // of all that other scripts left open; the script of it looks
	e.Setenv("ACTION", actionFolder(s.t))
	e.Setenv(schemasVariable, s.schemas)
	e.Setenv("ENDPOINT", s.env["AWS_ENDPOINT_URL"])
	e.Setenv(beganVariable, strconv.FormatInt(time.Now().UnixMilli(), 10))
	// A script that fails leaves its own labs running.
	e.Defer(func() {
		for _, name := range []string{"lab", "other"} {
			salve(s.t, filepath.Join(e.WorkDir, "cache"), "lab", "stop", "--name", name)
		}
	})
}

// actionFolder is where the GitHub Action is.
func actionFolder(t *testing.T) string {
	t.Helper()
	path, err := filepath.Abs("../../deploy/action")
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// python is the interpreter that labs run on.
func python(t *testing.T) string {
	t.Helper()
	if given := os.Getenv("SALVE_LAB_PYTHON"); given != "" {
		return given
	}
	path, err := filepath.Abs("../../.venv/bin/python")
	if err != nil {
		t.Fatal(err)
	}
	return path
}
