package gate_test

import (
	"strings"
	"testing"

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
	if got := (gate.Exception{Control: "S3.8"}).Sentence(); got != "An exception for S3.8 protects this resource (owner nobody known)" {
		t.Errorf("%q", got)
	}
}
