package policydoc

import (
	"regexp"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestCovers(t *testing.T) {
	for name, tc := range map[string]struct {
		pattern, other string
		want           bool
	}{
		"itself":               {"arn:aws:s3:::b", "arn:aws:s3:::b", true},
		"nothing":              {"", "", true},
		"a longer one":         {"a", "ab", false},
		"a shorter one":        {"ab", "a", false},
		"capitals":             {"arn:aws:s3:::B", "arn:aws:s3:::b", false},
		"everything":           {"*", "arn:aws:s3:::b/*", true},
		"nothing by a star":    {"a*", "a", true},
		"across slashes":       {"arn:*/c", "arn:aws:s3:::b/x/c", true},
		"two stars":            {"*b*d", "abcbcd", true},
		"back to an old star":  {"*ab", "aab", true},
		"one letter":           {"a?c", "abc", true},
		"one letter, not none": {"a?", "a", false},
		"one letter, not two":  {"?", "ab", false},
		"one letter, not any":  {"a?", "a*", false},
		"a letter of many":     {"?", "é", true},
		"a star in the other":  {"a*", "a*b", true},
		"the other is broader": {"ab*", "a*", false},
		"a letter for another": {"a?", "a?", true},
		"not the other way":    {"ab", "a?", false},
		"no class":             {"[ab]", "a", false},
	} {
		t.Run(name, func(t *testing.T) {
			if got := covers(tc.pattern, tc.other); got != tc.want {
				t.Errorf("%q covers %q: %v", tc.pattern, tc.other, got)
			}
		})
	}
}

// As a regular expression says it, for texts; and a pattern that covers another matches all the other does.
func TestCoversProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		of := func(letters string) *rapid.Generator[string] {
			return rapid.StringOfN(rapid.SampledFrom([]rune(letters)), 0, 6, -1)
		}
		pattern, other, text := of("ab*?").Draw(t, "pattern"), of("ab*?").Draw(t, "other"), of("ab").Draw(t, "text")
		if got, want := covers(pattern, text), expression(pattern).MatchString(text); got != want {
			t.Fatalf("%q matches %q: %v", pattern, text, got)
		}
		if covers(pattern, other) && covers(other, text) && !covers(pattern, text) {
			t.Fatalf("%q covers %q, which matches %q, and does not itself", pattern, other, text)
		}
	})
}

func expression(pattern string) *regexp.Regexp {
	quoted := regexp.QuoteMeta(pattern)
	return regexp.MustCompile("^" + strings.NewReplacer(`\*`, ".*", `\?`, ".").Replace(quoted) + "$")
}

// A pattern meets a kind where a text matches both.
func TestMeetsProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		pattern := rapid.StringOfN(rapid.SampledFrom([]rune("ab*?")), 0, 6, -1).Draw(t, "pattern")
		kind := rapid.StringMatching(`[ab]{0,3}\*?`).Draw(t, "kind")
		var common bool
		texts("ab", 9, func(text string) { common = common || covers(pattern, text) && covers(kind, text) })
		if got := meets(pattern, kind); got != common {
			t.Fatalf("%q meets %q: %v, and a text says %v", pattern, kind, got, common)
		}
	})
}

// A policy may hold a pattern of twenty thousand stars.
func TestMeetsLong(t *testing.T) {
	if stars := strings.Repeat("*", 20_000); !meets(stars, "ab*") || meets(strings.Repeat("?*", 10_000), "ab") {
		t.Error("long patterns are not read")
	}
}

// texts are all of the letters, up to a length.
func texts(letters string, longest int, each func(string)) {
	level := []string{""}
	for range longest + 1 {
		var next []string
		for _, text := range level {
			each(text)
			for _, letter := range letters {
				next = append(next, text+string(letter))
			}
		}
		level = next
	}
}
