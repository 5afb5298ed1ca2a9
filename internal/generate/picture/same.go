package main

import (
	"fmt"
	"regexp"
	"strings"
)

// same is what a run of the demo printed with all that differs from run to run replaced, by texts of the same length:
// lines stay as they were broken.
func same(text string) string {
	ids, keys := map[string]string{}, map[string]string{}
	text = regexp.MustCompile(`\br[0-9a-v]{16}\b`).ReplaceAllStringFunc(text, func(id string) string {
		if ids[id] == "" {
			ids[id] = fmt.Sprintf("r06gvqao51pq4d%03d", len(ids)+1)
		}
		return ids[id]
	})
	text = regexp.MustCompile(`(r06gvqao51pq4d\d{3})-[0-9a-v]{8}\b`).ReplaceAllString(text, "$1-b40n6vr5")
	text = regexp.MustCompile(`key [0-9a-f]{8}…`).ReplaceAllStringFunc(text, func(key string) string {
		if keys[key] == "" {
			keys[key] = fmt.Sprintf("key 5d5d3ba%d…", len(keys)+1)
		}
		return keys[key]
	})
	for _, r := range []struct{ pattern, with string }{
		{`127\.0\.0\.1:\d+`, "127.0.0.1:45661"},
		{`\(\d+\.\d s\)`, "(9.0 s)"},
		{`\d{4}-\d\d-\d\d( \d\d:\d\d)`, "2026-11-21$1"},
		{`(2026-11-21) \d\d:\d\d`, "$1 10:00"},
		{`until 2026-11-21`, "until 2026-11-28"},
	} {
		text = regexp.MustCompile(r.pattern).ReplaceAllString(text, r.with)
	}
	return strings.ReplaceAll(text, "\r", "")
}
