package main

import (
	"testing"
	"time"
)

func TestAge(t *testing.T) {
	tests := map[string]struct {
		want time.Duration
		ok   bool
	}{
		"90m": {90 * time.Minute, true}, "24h": {day, true}, "7d": {week, true}, "2w": {2 * week, true},
		"1w2d3h": {week + 2*day + 3*time.Hour, true}, "0s": {0, true}, "1.5h": {90 * time.Minute, true},
		"": {}, "7": {}, "-7d": {}, "d": {}, "1h2d": {}, "2y": {}, "999999d": {}, "99999w": {}, "1e3h": {}, "yesterday": {},
	}
	for text, tc := range tests {
		if got, ok := age(text); got != tc.want || ok != tc.ok {
			t.Errorf("%q: %v %t, want %v %t", text, got, ok, tc.want, tc.ok)
		}
	}
}
