package main

import (
	"fmt"
	"testing"
)

// TestReachSentence: what is not counted to the end is not said to be.
func TestReachSentence(t *testing.T) {
	spread := func(findings, accounts int) map[string]int {
		out := map[string]int{}
		for i := range findings {
			out[fmt.Sprintf("%012d", i%accounts)]++
		}
		return out
	}
	tests := map[string]struct {
		reach reach
		want  string
	}{
		"none":      {reach{}, "there is no open finding that it would act on now"},
		"none seen": {reach{More: true}, "of the first 1,000 open findings it would act on none now"},
		"one": {
			reach{Act: 1, Accounts: spread(1, 1)},
			"from the next report on it would act by itself on 1 open finding in 1 account",
		},
		"some": {
			reach{Act: 37, Accounts: spread(37, 5)},
			"from the next report on it would act by itself on 37 open findings in 5 accounts",
		},
		"too many": {
			reach{Act: 1000, Accounts: spread(1000, 12), More: true},
			"from the next report on it would act by itself on more than 1,000 open findings in at least 12 accounts",
		},
		"too many to look at": {
			reach{Act: 950, Accounts: spread(950, 12), More: true},
			"from the next report on it would act by itself on at least 950 open findings in at least 12 accounts",
		},
		"of each": {
			reach{Act: 2, Ask: 3, Tell: 1, Unsure: 4, Accounts: spread(10, 2)},
			"from the next report on it would act by itself on 2 open findings, and ask for approval about 3 open " +
				"findings, and tell the change of 1 open finding, and look up tags or units to decide about 4 open " +
				"findings in 2 accounts",
		},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			if got := tc.reach.sentence(); got != tc.want {
				t.Errorf("%q, want %q", got, tc.want)
			}
		})
	}
}

func TestThousands(t *testing.T) {
	for n, want := range map[int]string{0: "0", 999: "999", 1000: "1,000", 1234567: "1,234,567"} {
		if got := thousands(n); got != want {
			t.Errorf("%d is %q, want %q", n, got, want)
		}
	}
}
