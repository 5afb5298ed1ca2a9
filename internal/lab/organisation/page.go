package organisation

import (
	"maps"
	"slices"
)

// pageOf is one entry of a list, after the token; pages are small so that nobody relies on one that holds them all.
func pageOf(all map[string]string, token string) (page []string, next string) {
	keys := slices.Sorted(maps.Keys(all))
	at := 0
	if token != "" {
		at = slices.Index(keys, token) + 1
	}
	const size = 3
	to := min(at+size, len(keys))
	if to < len(keys) {
		next = keys[to-1]
	}
	return keys[at:to], next
}
