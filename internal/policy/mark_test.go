package policy_test

import (
	"strings"
	"testing"
	"time"

	"github.com/salve-security/salve/internal/policy"
)

const marked = "Description: A role (rights of 2026-01-02, 00000000)\n" +
	"# BEGIN GENERATED permissions\n- s3:GetObject\n# END GENERATED permissions\n"

// TestMarkedWhenRightsChange: the day is that of the last change of what is generated, and of nothing else.
func TestMarkedWhenRightsChange(t *testing.T) {
	first, later := time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC), time.Date(2026, 5, 6, 7, 8, 9, 0, time.UTC)
	made, err := policy.Marked([]byte(marked), first)
	if err != nil {
		t.Fatal(err)
	}
	one, ok := policy.MarkIn(string(made))
	if !ok || one.Day != "2026-03-04" || one.Hash == "00000000" {
		t.Fatalf("marked %+v, %v", one, ok)
	}
	for name, c := range map[string]struct {
		old, now string
		changes  bool
	}{
		"nothing":           {"", "", false},
		"what people write": {"A role", "Another role", false},
		"a right":           {"s3:GetObject", "s3:PutObject", true},
	} {
		t.Run(name, func(t *testing.T) {
			again, err := policy.Marked([]byte(strings.Replace(string(made), c.old, c.now, 1)), later)
			if err != nil {
				t.Fatal(err)
			}
			two, _ := policy.MarkIn(string(again))
			if (two != one) != c.changes || c.changes && (two.Day != "2026-05-06" || two.Hash == one.Hash) {
				t.Errorf("marked %+v after %+v", two, one)
			}
		})
	}
}

func TestMarkedWantsAPlace(t *testing.T) {
	if _, err := policy.Marked([]byte("Description: A role"), time.Now()); err == nil {
		t.Error("no error")
	}
	if m, ok := policy.MarkIn("rights of nobody"); ok {
		t.Errorf("found %+v", m)
	}
}
