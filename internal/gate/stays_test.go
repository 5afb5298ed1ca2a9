package gate_test

import (
	"strings"
	"testing"

	"github.com/salve-security/salve/internal/gate"
)

// TestStaysFixed: nobody is asked to look again who was not told to be, and a little is read in any case.
func TestStaysFixed(t *testing.T) {
	for text, want := range map[string]struct {
		again bool
		reads int
	}{
		"":                                     {false, 60},
		"stays_fixed: {}":                      {false, 60},
		"stays_fixed: {evaluate_again: false}": {false, 60},
		"stays_fixed: {evaluate_again: true}":  {true, 60},
		"stays_fixed: {read_per_hour: 0}":      {false, 0},
		"stays_fixed: {read_per_hour: 1200}":   {false, 1200},
	} {
		c := parse(t, "version: 1\n"+text+"\n")
		if err := c.Validate(known()); err != nil {
			t.Errorf("%q: %v", text, err)
		}
		if c.EvaluatesAgain() != want.again || c.ReadsPerHour() != want.reads {
			t.Errorf("%q: asks %t, reads %d, want %+v", text, c.EvaluatesAgain(), c.ReadsPerHour(), want)
		}
	}
}

// TestStaysFixedMisspelt: a mistake in it is told with what was meant.
func TestStaysFixedMisspelt(t *testing.T) {
	for text, want := range map[string]string{
		"stays_fixed: {evaluates_again: true}": "evaluate_again",
		"stays_fixed: {evaluate_again: soon}":  "line 2",
		"stays_fixed: {read_per_hour: many}":   "line 2",
		"stays_fixed:":                         "stays_fixed",
	} {
		_, err := gate.Parse([]byte("version: 1\n" + text + "\n"))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want it to name %s", text, err, want)
		}
	}
}
