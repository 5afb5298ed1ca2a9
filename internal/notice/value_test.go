package notice_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/salve-security/salve/internal/notice"
)

// TestMachineKeepsValues: programs get what is there, not a text about it; a value that is too long is cut to a text.
func TestMachineKeepsValues(t *testing.T) {
	long := strings.Repeat("x", 400)
	for name, tc := range map[string]struct{ value, want any }{
		"nothing":  {nil, nil},
		"flag":     {true, true},
		"number":   {json.Number("9007199254740993"), json.Number("9007199254740993")},
		"text":     {"true", "true"},
		"entry":    {map[string]any{"a": []any{"b", nil}}, map[string]any{"a": []any{"b", nil}}},
		"hostile":  {map[string]any{"a\x1b[2J": "b\r\nc"}, map[string]any{"a[2J": "b c"}},
		"too long": {map[string]any{"a": long[:200], "b": long[:200]}, `{"a":"` + long[:200] + `","b":"` + long[:86] + "…"},
	} {
		t.Run(name, func(t *testing.T) {
			text, err := notice.Machine(notice.Notice{Changes: []notice.Change{{Path: "p", Was: tc.value, Is: tc.value}}})
			if err != nil {
				t.Fatal(err)
			}
			var got struct {
				Changes []struct{ From, To any }
			}
			d := json.NewDecoder(strings.NewReader(text))
			d.UseNumber()
			if err := d.Decode(&got); err != nil {
				t.Fatal(err)
			}
			for _, side := range []any{got.Changes[0].From, got.Changes[0].To} {
				if d := cmp.Diff(tc.want, side); d != "" {
					t.Error(d)
				}
			}
		})
	}
}
