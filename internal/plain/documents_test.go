package plain_test

import (
	"testing"

	"github.com/salve-security/salve/internal/plain"
)

func TestSecondDocument(t *testing.T) {
	for text, want := range map[string]int{
		"": 0, "# nothing\n": 0, "a: 1\n": 0, "---\na: 1\n": 0, "# x\n---\na: 1\n...\n": 0, "a: 1\n...\n# the end\n": 0,
		"%YAML 1.2\n---\na: 1\n": 0, "a: |\n  ---\n  b: 2\n": 0, "a: \"---\"\n": 0, "a: x --- y\n": 0, "...\na: 1\n": 0,
		"a: 1\n---\nb: 2\n": 2, "---\na: 1\n# x\n---\n# only a comment\n": 4, "a: 1\n---\n": 2, "---\n---\na: 1\n": 2,
		"a: 1\n...\nb: 2\n": 3, "a: 1\n...\n---\nb: 2\n": 3, "a: 1\n--- b\n": 2, "{a: 1}\n---\n{b: 2}\n": 2,
		"a: 1\r\n---\r\nb: 2\r\n": 2,
	} {
		if got := plain.SecondDocument([]byte(text)); got != want {
			t.Errorf("%q: line %d, want %d", text, got, want)
		}
	}
}
