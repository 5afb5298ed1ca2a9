package main

import (
	"context"
	"flag"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

var update = flag.Bool("update", false, "rewrite what scripts compare with")

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"salve": main, "hurried": hurried})
}

// hurried is salve with a clock that jumps ahead where salve would wait.
func hurried() {
	var ahead atomic.Int64
	os.Exit(start(clock{
		now: func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) },
		sleep: func(ctx context.Context, d time.Duration) error {
			ahead.Add(int64(d))
			return ctx.Err()
		},
	}))
}

// serial runs scripts one after the other: they share a lab and look at its journal.
type serial struct{ *testing.T }

func (s serial) Parallel()     {}
func (s serial) Verbose() bool { return testing.Verbose() }

func (s serial) Run(name string, f func(testscript.T)) {
	s.T.Run(name, func(t *testing.T) { f(serial{t}) })
}

// python is the interpreter the labs of all scripts run on.
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
