package main

import (
	"os"
	"strings"
	"testing"
	"time"
)

func TestReplace(t *testing.T) {
	tests := map[string]struct{ page, want string }{
		"in place": {"a\n" + opening + "old\n" + closing + "b\n", "a\n" + opening + "new\n" + closing + "b\n"},
		"no start": {"a\n" + closing, ""},
		"no end":   {"a\n" + opening, ""},
		"turned":   {closing + opening, ""},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := replace(tc.page, "new\n")
			if got != tc.want || (err != nil) != (tc.want == "") {
				t.Errorf("page %q, error %v, want %q", got, err, tc.want)
			}
		})
	}
}

// TestPageHasAPlace: a page without the two lines would make a long measurement end in an error.
func TestPageHasAPlace(t *testing.T) {
	page, err := os.ReadFile("../docs/bench.md")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := replace(string(page), ""); err != nil {
		t.Error(err)
	}
	for _, p := range parts() {
		if !strings.Contains(string(page), "-only "+p.name+"`") {
			t.Errorf("the table has no figure of the part %s: run make bench", p.name)
		}
	}
}

func TestQuantile(t *testing.T) {
	var twenty []time.Duration
	for i := range 20 {
		twenty = append([]time.Duration{time.Duration(i + 1)}, twenty...)
	}
	tests := map[string]struct {
		values []time.Duration
		q      float64
		want   time.Duration
	}{
		"median of 20": {twenty, 0.5, 10},
		"p95 of 20":    {twenty, 0.95, 19},
		"largest":      {twenty, 1, 20},
		"of one":       {twenty[:1], 0.95, 20},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			if got := quantile(tc.values, tc.q); got != tc.want {
				t.Errorf("%d, want %d", got, tc.want)
			}
		})
	}
}
