package main

import (
	"strings"
	"testing"

	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/run"
)

func TestRunOfABatch(t *testing.T) {
	one, two, other := &run.Run{ID: "r1-aa"}, &run.Run{ID: "r1-bb"}, &run.Run{ID: "r10-aa"}
	tests := map[string]struct {
		which which
		runs  []*run.Run
		want  *run.Run
		says  string
	}{
		"only one":                   {which{ID: "r1"}, []*run.Run{other, one}, one, ""},
		"of another batch":           {which{ID: "r1"}, []*run.Run{other}, nil, ""},
		"not named":                  {which{ID: "r1"}, []*run.Run{one, two}, nil, "a batch of 2 runs: name one with --resource"},
		"two controls of a resource": {which{ID: "r1", Resource: "b"}, []*run.Run{one, two}, nil, "salve history --resource b"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := tc.which.pick(tc.runs)
			if got != tc.want {
				t.Errorf("want %v, got %v", tc.want, got)
			}
			if tc.says == "" && err != nil || tc.says != "" && (fault.Of(err) != fault.Invalid || !strings.Contains(err.Error(), tc.says)) {
				t.Errorf("want an error with %q, got %v", tc.says, err)
			}
		})
	}
}
