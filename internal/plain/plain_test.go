package plain_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/salve-security/salve/internal/plain"
)

func TestLine(t *testing.T) {
	tests := map[string]struct{ in, want string }{
		"plain":               {"logs-eu", "logs-eu"},
		"accents stay":        {"größe 価格 🙂", "größe 価格 🙂"},
		"line breaks":         {"a\r\nBcc: x@example.org\n\nb", "a Bcc: x@example.org b"},
		"separators":          {"a\u2028b\u2029c\u0085d", "a b c d"},
		"tabs and runs":       {"\t a \t\t b ", "a b"},
		"terminal escape":     {"\x1b[31mred\x1b[0m", "[31mred[0m"},
		"nul and bell":        {"a\x00b\a", "ab"},
		"bidi override":       {"abc\u202Egpj.exe", "abcgpj.exe"},
		"bidi isolate":        {"\u2066a\u2069", "a"},
		"zero width":          {"pay\u200Bpal\uFEFF", "paypal"},
		"tag characters":      {"a\U000E0041\U000E0042", "a"},
		"private use":         {"a\uE000", "a"},
		"broken UTF-8":        {"a\xff\xfeb", "ab"},
		"replacement":         {"a\uFFFDb", "ab"},
		"no-break space":      {"a\u00A0b", "a b"},
		"nothing but control": {"\x01\x02", ""},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			if got := plain.Line(tc.in); got != tc.want {
				t.Errorf("Line(%q) = %q, want %q", tc.in, got, tc.want)
			}
		})
	}
}

func TestCut(t *testing.T) {
	tests := map[string]struct {
		in    string
		limit int
		want  string
	}{
		"fits":                    {"abc", 3, "abc"},
		"too long":                {"abcd", 3, "ab…"},
		"nothing left":            {"abcd", 0, ""},
		"negative":                {"abcd", -1, ""},
		"room for the mark only":  {"abcd", 1, "…"},
		"space before the mark":   {"ab cdef", 4, "ab…"},
		"three bytes, one unit":   {"価格価格", 4, "価格価格"},
		"between code points":     {"価格価格", 3, "価格…"},
		"two units are not split": {"🙂🙂🙂", 4, "🙂…"},
		"two units count as two":  {"🙂🙂", 4, "🙂🙂"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			got := plain.Cut(tc.in, tc.limit)
			if got != tc.want {
				t.Errorf("Cut(%q, %d) = %q, want %q", tc.in, tc.limit, got, tc.want)
			}
		})
	}
}

func FuzzShort(f *testing.F) {
	f.Add("a\u202Eb", 1)
	f.Add("🙂\xff", 3)
	f.Add(strings.Repeat("価", 600), 512)
	f.Fuzz(func(t *testing.T, s string, limit int) {
		got := plain.Short(s, limit)
		if !utf8.ValidString(got) {
			t.Errorf("%q is not valid UTF-8", got)
		}
		if n := plain.Length(got); n > max(limit, 0) {
			t.Errorf("%d units, at most %d", n, limit)
		}
		if again := plain.Line(got); again != got {
			t.Errorf("not stable: %q then %q", got, again)
		}
	})
}

func TestCount(t *testing.T) {
	for n, want := range map[int]string{0: "0 runs", 1: "1 run", 2: "2 runs", 1000: "1000 runs"} {
		if got := plain.Count(n, "run"); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
