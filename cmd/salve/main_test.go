package main

import (
	"bytes"
	"context"
	"flag"
	"io"
	"os"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/salve-security/salve/internal/engine"
)

var update = flag.Bool("update", false, "rewrite what scripts compare with")

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"salve": played, "hurried": hurried})
}

// played is salve as scripts run it.
func played() { os.Exit(play(clock{now: time.Now, sleep: engine.Pause})) }

// hurried is salve with a clock that jumps ahead where salve would wait.
func hurried() {
	var ahead atomic.Int64
	os.Exit(play(clock{
		now: func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) },
		sleep: func(ctx context.Context, d time.Duration) error {
			ahead.Add(int64(d))
			return ctx.Err()
		},
	}))
}

// catalogueVariable is set to "released" by scripts that need the controls of the release: the function has no others.
const catalogueVariable = "CATALOGUE"

// schemasVariable is where scripts find docs/schema.
const schemasVariable = "SCHEMAS"

// exitMalformed ends a command that printed what its schema does not allow. Salve has no such exit code.
const exitMalformed = 99

// play runs salve with the fixed catalogue, unless the script needs the one of the release, and compares what it prints
// for programs with its schema.
func play(c clock) int {
	load := fixed
	if os.Getenv(catalogueVariable) == "released" {
		load = released
	}
	names, err := load()
	if err != nil {
		printf(os.Stderr, "salve: %v\n", err)
		return exitError
	}
	command, format := "", ""
	if slices.ContainsFunc(os.Args[1:], namesData) { // a second look at the arguments, which few commands need
		command, format = asked(os.Args[1:])
	}
	if !wantsData(format) {
		return start(c, names, os.Stdout)
	}
	var printed bytes.Buffer
	code := start(c, names, io.MultiWriter(os.Stdout, &printed))
	if err := conforms(os.Getenv(schemasVariable), command, format, printed.Bytes()); err != nil {
		printf(os.Stderr, "%v\n", err)
		return exitMalformed
	}
	return code
}
