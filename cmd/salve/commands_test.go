package main

import (
	"encoding/json"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/salve-security/salve/internal/lab"
)

const (
	region  = lab.DefaultRegion
	patient = 30 * time.Second
)

type command = func(ts *testscript.TestScript, neg bool, args []string)

// commands are what scripts can do besides running programs.
func (s *sharedLab) commands() map[string]command {
	return map[string]command{
		"ends": ends, "keep": keep, "await": await, "mark": mark, "writes": writes, "clean": clean, "lines": lines,
		"bucket": bucket, "tag": tag, "block": block, "plant": plant, "forge": forge, "event": event, "key": key,
		"audited": audited, "unbucket": unbucket, "strange": strange, "forget": forget, "custom": custom, "become": become,
		"trip": trip, "loopback": loopback, "gone": gone, "empty": empty, "built": s.built, "deployed": s.deployed,
		"book": book, "letter": letter, "asked": calledSince,
	}
}

// ends runs salve and compares its exit code: ends CODE ARGUMENTS...
func ends(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) == 0 {
		ts.Fatalf("usage: ends CODE ARGUMENTS...")
	}
	code := salveExit(ts, args[1:])
	if strconv.Itoa(code) != args[0] {
		ts.Fatalf("exit code %d, want %s", code, args[0])
	}
}

func salveExit(ts *testscript.TestScript, args []string) int {
	err := ts.Exec("salve", args...)
	if exited, ok := err.(interface{ ExitCode() int }); ok {
		return exited.ExitCode()
	}
	ts.Check(err)
	return 0
}

// await runs salve until its output matches: await PATTERN ARGUMENTS...
func await(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: await PATTERN ARGUMENTS...")
	}
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	pattern := regexp.MustCompile(args[0])
	for end := time.Now().Add(patient); time.Now().Before(end); <-tick.C {
		if salveExit(ts, args[1:]); pattern.MatchString(ts.ReadFile("stdout")) {
			return
		}
	}
	ts.Fatalf("never matches %s", args[0])
}

// keep puts what a pattern, or the group in it, matches first in the output into a variable: keep NAME PATTERN
func keep(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: keep NAME PATTERN")
	}
	found := regexp.MustCompile("(?m)" + args[1]).FindStringSubmatch(ts.ReadFile("stdout"))
	if found == nil {
		ts.Fatalf("nothing matches %s", args[1])
	}
	ts.Setenv(args[0], found[len(found)-1])
}

type journalEntry struct {
	Seq                int
	Account, Operation string
	Write              bool
}

// journal is what the lab was asked after a sequence number.
func journal(ts *testscript.TestScript, since string) []journalEntry {
	res, err := http.Get(ts.Getenv("AWS_ENDPOINT_URL") + "/_lab/calls?since=" + since)
	ts.Check(err)
	defer func() { _ = res.Body.Close() }()
	var answer struct{ Calls []journalEntry }
	ts.Check(json.NewDecoder(res.Body).Decode(&answer))
	return answer.Calls
}

// mark remembers where the journal is.
func mark(ts *testscript.TestScript, _ bool, _ []string) {
	last := 0
	for _, c := range journal(ts, "0") {
		last = c.Seq
	}
	ts.Setenv("MARK", strconv.Itoa(last))
}

// writes compares the writing operations in the member since mark: writes [OPERATION...]
func writes(ts *testscript.TestScript, neg bool, args []string) {
	all := journal(ts, ts.Getenv("MARK"))
	if len(all) == 0 {
		ts.Fatalf("the journal holds no calls since mark: is it the right lab?")
	}
	got := []string{}
	for _, c := range all {
		// To assume a role changes nothing, and audit lines are asked for by audited.
		if c.Write && !slices.Contains([]string{"AssumeRole", "PutLogEvents", "CreateLogStream"}, c.Operation) {
			got = append(got, c.Operation)
		}
	}
	slices.Sort(got)
	if slices.Equal(got, slices.Sorted(slices.Values(args))) == neg {
		ts.Fatalf("writes: %v", got)
	}
}

// calledSince counts calls of an operation since mark: asked COUNT OPERATION
func calledSince(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: asked COUNT OPERATION")
	}
	n := 0
	for _, c := range journal(ts, ts.Getenv("MARK")) {
		if c.Operation == args[1] {
			n++
		}
	}
	if strconv.Itoa(n) != args[0] {
		ts.Fatalf("%d calls of %s, want %s", n, args[1], args[0])
	}
}

// clean fails if files hold characters that could steer a terminal: clean FILE...
func clean(ts *testscript.TestScript, neg bool, args []string) {
	for _, name := range args {
		if at := strings.IndexFunc(ts.ReadFile(name), steers); at >= 0 == !neg {
			ts.Fatalf("%s: the first such character is at %d", name, at)
		}
	}
}

// lines fails if a file has more lines: lines FILE MOST
func lines(ts *testscript.TestScript, _ bool, args []string) {
	most, err := strconv.Atoi(args[1])
	ts.Check(err)
	if n := strings.Count(ts.ReadFile(args[0]), "\n"); n > most || n == 0 {
		ts.Fatalf("%s has %d lines, at most %d", args[0], n, most)
	}
}

// steers picks control characters, and those that change the order of others or do not show.
func steers(r rune) bool {
	return r < ' ' && r != '\n' || r >= 0x7f && r < 0xa0 || r >= 0x200b && r <= 0x200f ||
		r >= 0x2028 && r <= 0x202e || r >= 0x2060 && r <= 0x206f || r == 0xfeff
}
