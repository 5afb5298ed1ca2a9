package gate_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/salve-security/salve/internal/gate"
)

// TestDeep: each of these would keep the parser busy for minutes.
func TestDeep(t *testing.T) {
	const many = 1000
	for name, text := range map[string]string{
		"lists": "version: 1\na: " + strings.Repeat("[", many), "maps": "version: 1\na: " + strings.Repeat("{a: ", many),
		"over lines": "version: 1\n" + strings.Repeat("[\n", many), "items": "version: 1\na:\n" + strings.Repeat("- ", many),
		"keys": "version: 1\n" + strings.Repeat("? ", many),
	} {
		t.Run(name, func(t *testing.T) {
			_, err := gate.Parse([]byte(text))
			var p gate.Problem
			if !errors.As(err, &p) || p.Text != "is nested too deeply" || p.Line < 2 {
				t.Errorf("got %.200v", err)
			}
		})
	}
	if _, err := gate.Parse([]byte("\ufeff" + document + strings.Repeat("# - [a], {b}\n", many))); err != nil {
		t.Errorf("a long document is refused: %v", err)
	}
}

// TestLargeNumbersStayWhole: as floats they would be written with an exponent, which no parameter takes.
func TestLargeNumbersStayWhole(t *testing.T) {
	c, err := gate.FromJSON([]byte(`{"version":1,"controls":{"S3.8":{"parameters":{"days":1000000}}}}`))
	if err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprint(c.Parameters("S3.8")["days"]); got != "1000000" {
		t.Errorf("read as %s", got)
	}
}
