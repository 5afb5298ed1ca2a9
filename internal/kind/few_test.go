package kind_test

import (
	"testing"

	"github.com/salve-security/salve/internal/kind"
)

func TestFew(t *testing.T) {
	for want, all := range map[string][]string{
		"": nil, "1, 2, 3": {"3", "1", "2"}, "1, 2, 3 and 2 more": {"5", "4", "3", "2", "1"},
	} {
		if got := kind.Few(all); got != want {
			t.Errorf("%v is %q, want %q", all, got, want)
		}
	}
}
