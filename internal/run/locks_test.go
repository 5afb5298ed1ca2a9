package run_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/salve-security/salve/internal/run"
)

func TestSortLocks(t *testing.T) {
	var eight, nine []string
	for i := range 9 {
		nine = append(nine, fmt.Sprintf("root-%d", i))
	}
	eight = nine[:8]
	tests := map[string]struct {
		locks, want []string
		refused     bool
	}{
		"one":           {locks: []string{"a"}, want: []string{"a"}},
		"any order":     {locks: []string{"c", "a", "b"}, want: []string{"a", "b", "c"}},
		"twice":         {locks: []string{"b", "a", "b"}, want: []string{"a", "b"}},
		"eight":         {locks: eight, want: eight},
		"eight, twice":  {locks: append(append([]string{}, eight...), eight...), want: eight},
		"none":          {refused: true},
		"nine":          {locks: nine, refused: true},
		"one is no one": {locks: []string{"a", ""}, refused: true},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			r := run.Run{Locks: tc.locks}
			err := r.SortLocks()
			if errors.Is(err, run.ErrLocks) != tc.refused {
				t.Fatalf("error %v, want refused: %v", err, tc.refused)
			}
			if d := cmp.Diff(tc.want, r.Locks); d != "" && !tc.refused {
				t.Error(d)
			}
		})
	}
	if !strings.Contains(run.ErrLocks.Error(), fmt.Sprint("1 to ", run.MaxLocks)) {
		t.Errorf("%q does not say that %d are the most", run.ErrLocks, run.MaxLocks)
	}
}
