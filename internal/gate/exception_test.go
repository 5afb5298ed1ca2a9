package gate_test

import (
	"strings"
	"testing"
	"time"

	"github.com/salve-security/salve/internal/gate"
)

// kinOf makes the finding one of a control, and others write what it writes.
func kinOf(control string, kin ...string) func(*gate.Input) {
	return func(in *gate.Input) { in.Control.ID, in.Control.Kin = control, kin }
}

// named gives the resource another name.
func named(name string) func(*gate.Input) {
	return func(in *gate.Input) { in.Control.Same = func(resource string) bool { return resource == name } }
}

// sharedWrites: an exception protects what is written, for whatever control writes it.
func sharedWrites() map[string]verdict {
	acted := decided(gate.Act, gate.Allowed, gate.Manual)
	refused := func(reason gate.Reason) gate.Decision { return decided(gate.Refuse, reason, "") }
	end := time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)
	return map[string]verdict{
		"excepted for what else writes it": {
			input(except(bucket, "2026-11-21"), kinOf("S3.2", "S3.8")),
			because(refused(gate.Excepted), end, "web: static site SEC-12"),
		},
		"excepted for what else writes it, operator": {
			input(except(bucket, "2026-11-21"), kinOf("S3.2", "S3.8"), by(gate.Operator)),
			because(silent(gate.Excepted), end, "web: static site SEC-12"),
		},
		"excepted under another of its names": {
			input(except(bucket+"/", "2026-11-21"), named(bucket+"/")),
			because(refused(gate.Excepted), end, "web: static site SEC-12"),
		},
		"an exception of a control that writes something else": {
			input(except(bucket, "2026-11-21"), kinOf("S3.5", "S3.9")), acted,
		},
	}
}

func TestExceptionSentence(t *testing.T) {
	e := gate.Exception{
		Control: "S3.8", Owner: "web\x1b]0;owned\a", Ticket: "SEC-12", Reason: strings.Repeat("very ", 100) + "static.",
	}
	if err := e.Expires.UnmarshalText([]byte("2027-03-31")); err != nil {
		t.Fatal(err)
	}
	got := e.Sentence()
	for _, part := range []string{"S3.8", "2027-03-31", "web", "ticket SEC-12", "very very"} {
		if !strings.Contains(got, part) {
			t.Errorf("%q does not say %q", got, part)
		}
	}
	if strings.ContainsAny(got, "\x1b\a") || len(got) > 500 {
		t.Errorf("%q is not fit to be shown", got)
	}
	const bare = "An exception for S3.8 protects this resource (owner nobody known)"
	if got := (gate.Exception{Control: "S3.8"}).Sentence(); got != bare {
		t.Errorf("%q", got)
	}
}
