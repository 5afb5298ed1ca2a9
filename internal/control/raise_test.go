package control_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/salve-security/salve/internal/control"
)

// TestRaise: a class wins over all but the command line.
func TestRaise(t *testing.T) {
	info := paramInfo()
	chosen, err := info.Choose(control.Given{
		Configuration: map[string]any{"days": 60}, Command: map[string]any{"hard": "true"},
		Judged: control.Judged{"ports": {"22"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	red, err := info.Raise(chosen, "red", map[string]any{"days": 30, "hard": false, "ports": "80"})
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]control.Source{
		"days": control.FromClass("red"), "hard": control.FromCommand, "ports": control.FromClass("red"),
	}
	if d := cmp.Diff(want, red.Sources); d != "" || red.Params.Int("days") != 30 || !red.Params.Bool("hard") ||
		!cmp.Equal(red.Params.Ints("ports"), []int{80}) {
		t.Errorf("%s, %v", d, red.Params)
	}
	if d := cmp.Diff(map[string]string{"days": "red", "ports": "red"}, control.Raised(red.Sources)); d != "" {
		t.Error(d)
	}
}

// TestRaiseAnew: another class finds what was there before, and what the control does not take is an error.
func TestRaiseAnew(t *testing.T) {
	info := paramInfo()
	chosen, err := info.Choose(control.Given{Configuration: map[string]any{"days": 60}})
	if err != nil {
		t.Fatal(err)
	}
	red, err := info.Raise(chosen, "red", map[string]any{"days": 30, "ports": "80"})
	if err != nil {
		t.Fatal(err)
	}
	none, err := info.Raise(red, "", nil)
	if err != nil || !cmp.Equal(none.Params, chosen.Params) || !cmp.Equal(none.Sources, chosen.Sources) {
		t.Errorf("%+v, want %+v, %v", none, chosen, err)
	}
	if _, err := info.Raise(chosen, "red", map[string]any{"weeks": 1}); err == nil ||
		!strings.HasPrefix(err.Error(), "class red: control ") {
		t.Errorf("a parameter that there is none of: %v", err)
	}
}
