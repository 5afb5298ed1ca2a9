package control

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestNatural(t *testing.T) {
	want := []string{
		"", "a", "a 1", "a 01", "a 2", "a 10", "a 10-19", "a 010", "a 65535", "a 99999999999999999999", "b",
		"in tcp 9 from ::/0", "in tcp 10 from ::/0", "in tcp 26-109 from ::/0", "in tcp 9301-65535 from ::/0",
	}
	got := slices.Clone(want)
	slices.Reverse(got)
	slices.SortFunc(got, natural)
	slices.SortFunc(want, func(a, b string) int { return natural(a, b) })
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	for i, a := range want {
		for j, b := range want {
			if c := natural(a, b); (c == 0) != (i == j) || (c < 0) != (i < j) {
				t.Errorf("natural(%q, %q) is %d", a, b, c)
			}
		}
	}
}

func TestCount(t *testing.T) {
	entry := map[string]any{"_Port": 1}
	for want, changes := range map[string][]Change{
		"":                         nil,
		"1 to change":              {{Path: "A", From: true, To: false}},
		"2 to add, 1 to remove":    {{Path: "A", To: entry}, {Path: "B", From: entry}, {Path: "C", To: entry}},
		"1 to remove, 1 to change": {{Path: "A", From: entry}, {Path: "C", From: "x"}},
	} {
		if got := Count(changes); got != want {
			t.Errorf("counted %q, want %q", got, want)
		}
	}
}
