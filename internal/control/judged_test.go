package control_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/salve-security/salve/internal/control"
)

// choice is what holds for one parameter where several have set it.
type choice struct {
	given   control.Given
	param   string
	want    any
	source  control.Source
	unknown []string
	err     string
}

// fromHub are the choices where Security Hub alone says something.
func fromHub() map[string]choice {
	const hub = control.FromSecurityHub
	judged := func(name string, texts ...string) control.Given {
		return control.Given{Judged: control.Judged{name: texts}}
	}
	return map[string]choice{
		"Security Hub":         {judged("days", "30"), "days", 30, hub, nil, ""},
		"other letters":        {judged("Days", "30"), "days", 30, hub, nil, ""},
		"another name there":   {judged("HARDENED", "true"), "hard", true, hub, nil, ""},
		"a list":               {judged("ports", "22", "80"), "ports", []int{22, 80}, hub, nil, ""},
		"a list in one text":   {judged("ports", "22, 80"), "ports", []int{22, 80}, hub, nil, ""},
		"an empty list":        {judged("ports"), "ports", []int{}, hub, nil, ""},
		"a list of nothing":    {judged("ports", ""), "ports", []int{}, hub, nil, ""},
		"one it does not have": {judged("weeks\n", "3"), "days", 90, "", []string{`weeks\n`}, ""},
		"out of range": {
			judged("days", "366"), "", nil, "", nil,
			"parameter days, as it is set in Security Hub: is 366: want 1 to 365; change it there, or set it in Salve's",
		},
		"another type":         {judged("days", "soon"), "", nil, "", nil, "is soon: want a whole number"},
		"an element like that": {judged("ports", "22", "ssh"), "", nil, "", nil, "is ssh: want a whole number"},
		"two for one":          {judged("days", "1", "2"), "", nil, "", nil, "has 2 values: want one"},
		"none for one":         {judged("hard"), "", nil, "", nil, "has 0 values: want one"},
	}
}

// TestChoose: the command line over the configuration, over what Security Hub judges by, over the default.
func TestChoose(t *testing.T) {
	set, days := map[string]any{"days": 60}, control.Judged{"days": {"30"}}
	tests := fromHub()
	tests["nobody"] = choice{control.Given{}, "days", 90, "", nil, ""}
	tests["the configuration"] = choice{
		control.Given{Configuration: set, Judged: days}, "days", 60, control.FromConfiguration, nil, "",
	}
	tests["the configuration, over what cannot be used"] = choice{
		control.Given{Configuration: set, Judged: control.Judged{"days": {"never"}}},
		"days", 60,
		control.FromConfiguration, nil, "",
	}
	tests["the command line"] = choice{
		control.Given{Command: map[string]any{"days": "7"}, Configuration: set, Judged: days},
		"days", 7,
		control.FromCommand, nil, "",
	}
	info := paramInfo()
	info.Params[1].Hub = "hardened"
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := info.Choose(tt.given)
			if tt.err != "" {
				if err == nil || !strings.Contains(err.Error(), tt.err) {
					t.Fatalf("error %v, want %q", err, tt.err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(tt.want, got.Params[tt.param]); d != "" {
				t.Error(d)
			}
			if got.Sources[tt.param] != tt.source || !cmp.Equal(tt.unknown, got.Unknown) {
				t.Errorf("%+v", got)
			}
		})
	}
}

// TestUnknownParametersAreBounded: they come from elsewhere, and are told in notes.
func TestUnknownParametersAreBounded(t *testing.T) {
	judged := control.Judged{}
	for i := range 20 {
		judged[strings.Repeat("x", 100)+string(rune('a'+i))] = nil
	}
	got, err := paramInfo().Choose(control.Given{Judged: judged})
	if err != nil {
		t.Fatal(err)
	}
	if text := control.Mention(got.Unknown); len(text) > 450 || !strings.HasPrefix(text, "parameters xxx") {
		t.Errorf("%d characters: %s", len(text), text)
	}
}
