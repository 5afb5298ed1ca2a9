package plain_test

import (
	"encoding/json"
	"testing"
	"unicode"

	"github.com/salve-security/salve/internal/plain"
)

func TestJSON(t *testing.T) {
	tests := map[string]struct{ in, want string }{
		"plain":           {"logs-eu", `"logs-eu"`},
		"accents stay":    {"größe 価格 🙂", `"größe 価格 🙂"`},
		"terminal escape": {"\x1b[2J\u009b2J", `"\u001b[2J\u009b2J"`},
		"bidi override":   {"a\u202Eb", `"a\u202eb"`},
		"delete":          {"a\x7f", `"a\u007f"`},
		"tag characters":  {"a\U000E0041", `"a\udb40\udc41"`},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			raw, err := json.Marshal(tc.in)
			if err != nil {
				t.Fatal(err)
			}
			if got := string(plain.JSON(raw)); got != tc.want {
				t.Errorf("got %s, want %s", got, tc.want)
			}
		})
	}
}

// FuzzJSON: what shows is all there is, and it means what it meant.
func FuzzJSON(f *testing.F) {
	for _, s := range []string{"a\u202Eb", "\x1b[2J\u009b", "\U000E0041", "größe", "a\xff"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		raw, err := json.Marshal(map[string]string{s: s})
		if err != nil {
			t.Fatal(err)
		}
		safe := plain.JSON(raw)
		for _, r := range string(safe) {
			if !unicode.IsPrint(r) {
				t.Fatalf("%q shows %q", s, r)
			}
		}
		var was, is map[string]string
		if err := json.Unmarshal(raw, &was); err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(safe, &is); err != nil {
			t.Fatalf("%q: %v", s, err)
		}
		for k, v := range was {
			if is[k] != v {
				t.Fatalf("%q became %q", v, is[k])
			}
		}
	})
}
