package main

import (
	"fmt"
	"strings"
	"testing"

	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/run"
)

func TestRunOfABatch(t *testing.T) {
	on := func(id, control, resource, before string) *run.Run {
		return &run.Run{ID: id, Key: run.Key{Control: control, Resource: resource}, BeforeHash: before}
	}
	first, second := on("r1-aa", "S3.8", "a", "h"), on("r1-bb", "S3.8", "b", "h")
	idle, busy := on("r1-cc", "S3.2", "b", ""), on("r1-dd", "S3.3", "b", "h")
	var many []*run.Run
	for i := range 12 {
		many = append(many, on(fmt.Sprint("r1-", i), "S3.8", fmt.Sprint("b", i), "h"))
	}
	tests := map[string]struct {
		resource string
		runs     []*run.Run
		want     *run.Run
		says     string
	}{
		"only one":         {"", []*run.Run{first}, first, ""},
		"not named":        {"", []*run.Run{first, second}, nil, "2 runs: name one with --resource ARN, it has runs on a, b"},
		"too many to name": {"", many, nil, "it has runs on b0, b1, b2, b3, b4, b5, b6, b7, b8, b9 and 2 more"},
		"by resource":      {"a", []*run.Run{first, second}, first, ""},
		"one changed it":   {"b", []*run.Run{first, second, idle}, second, ""},
		"two changed it": {
			"b",
			[]*run.Run{first, second, idle, busy},
			nil,
			"3 runs on b: name one by its own id, r1-bb (S3.8), r1-cc (S3.2), r1-dd (S3.3)",
		},
		"another resource": {"c", []*run.Run{first, second, idle}, nil, "no run on c: it has runs on a, b"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			w := which{ID: "r1", Resource: tc.resource}
			var got *run.Run
			runs, err := w.on(tc.runs)
			if err == nil {
				got, err = w.pick(runs)
			}
			if got != tc.want {
				t.Errorf("want %v, got %v", tc.want, got)
			}
			switch {
			case tc.says == "" && err != nil:
				t.Errorf("want no error, got %v", err)
			case tc.says != "" && (fault.Of(err) != fault.Invalid || !strings.HasSuffix(err.Error(), tc.says)):
				t.Errorf("want an error with %q, got %v", tc.says, err)
			}
		})
	}
}
