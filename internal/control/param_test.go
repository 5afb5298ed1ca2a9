package control_test

import (
	"encoding/json"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/salve-security/salve/internal/control"
)

func paramInfo() control.Info {
	return control.Info{ID: "X.1", Params: []control.Param{
		{Name: "days", Meaning: "days", Default: 90, Min: 1, Max: 365},
		{Name: "hard", Meaning: "whether", Default: false},
		{Name: "key", Meaning: "a key", Default: "", Pattern: regexp.MustCompile(`^(|alias/.+)$`)},
		{Name: "ports", Meaning: "ports", Default: []int{22, 3389}, Min: 1, Max: 65535},
		{Name: "who", Meaning: "who", Default: "", Pattern: regexp.MustCompile(`^(|\w+@\w+)$`), Form: "a mail address"},
		{Name: "names", Meaning: "names", Default: []string{"a"}},
	}}
}

func TestResolve(t *testing.T) {
	defaults := control.Params{
		"days": 90, "hard": false, "key": "", "ports": []int{22, 3389}, "names": []string{"a"}, "who": "",
	}
	with := func(name string, v any) control.Params {
		p := control.Params{}
		for k, d := range defaults {
			p[k] = d
		}
		p[name] = v
		return p
	}
	tests := map[string]struct {
		given map[string]any
		want  control.Params
		err   string
	}{
		"nothing":        {nil, defaults, ""},
		"a number":       {map[string]any{"days": 30}, with("days", 30), ""},
		"from YAML":      {map[string]any{"days": uint64(30)}, with("days", 30), ""},
		"from JSON":      {map[string]any{"days": float64(30)}, with("days", 30), ""},
		"exact JSON":     {map[string]any{"days": json.Number("30")}, with("days", 30), ""},
		"from a flag":    {map[string]any{"days": "30"}, with("days", 30), ""},
		"flag list":      {map[string]any{"ports": "22, 80"}, with("ports", []int{22, 80}), ""},
		"list":           {map[string]any{"ports": []any{uint64(22)}}, with("ports", []int{22}), ""},
		"empty list":     {map[string]any{"ports": []any{}}, with("ports", []int{}), ""},
		"truth":          {map[string]any{"hard": true}, with("hard", true), ""},
		"truth of flag":  {map[string]any{"hard": "true"}, with("hard", true), ""},
		"text":           {map[string]any{"key": "alias/x"}, with("key", "alias/x"), ""},
		"texts":          {map[string]any{"names": []any{"b", "c"}}, with("names", []string{"b", "c"}), ""},
		"its own result": {with("days", 30), with("days", 30), ""},
		"unknown":        {map[string]any{"dayz": 1}, nil, `no parameter "dayz": it has days, hard, key, ports, who, names`},
		"fraction":       {map[string]any{"days": 1.5}, nil, "days: is 1.5: want a whole number"},
		"too small":      {map[string]any{"days": 0}, nil, "days: is 0: want 1 to 365"},
		"too large":      {map[string]any{"ports": []any{70000}}, nil, "ports: is 70000: want 1 to 65535"},
		"no truth":       {map[string]any{"hard": "perhaps"}, nil, "hard: is perhaps: want true or false"},
		"no text":        {map[string]any{"key": 5}, nil, "key: is 5: want text"},
		"other text":     {map[string]any{"key": "x"}, nil, `key: is "x": want text that matches`},
		"another form":   {map[string]any{"who": "secret"}, nil, "parameter who: does not fit: want a mail address"},
		"no list":        {map[string]any{"ports": 5}, nil, "ports: is 5: want a list"},
		"null":           {map[string]any{"days": nil}, nil, "days: is <nil>: want a whole number"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := paramInfo().Resolve(tt.given)
			if tt.err != "" {
				if err == nil || !strings.Contains(err.Error(), tt.err) || strings.Contains(err.Error(), "secret") {
					t.Fatalf("error %v, want %q", err, tt.err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(tt.want, got); d != "" {
				t.Error(d)
			}
		})
	}
}

// TestParamsSurviveStorage: what a run stores means the same when it is read back.
func TestParamsSurviveStorage(t *testing.T) {
	want, err := paramInfo().Resolve(map[string]any{"ports": "80,443", "days": 7})
	if err != nil {
		t.Fatal(err)
	}
	raw, err := json.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	var stored map[string]any
	if err := json.Unmarshal(raw, &stored); err != nil {
		t.Fatal(err)
	}
	got, err := paramInfo().Resolve(stored)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	if got.Int("days") != 7 || got.Bool("hard") || got.Text("key") != "" || len(got.Ints("ports")) != 2 ||
		got.Texts("names")[0] != "a" || got.Int("ports") != 0 {
		t.Errorf("accessors read %v", got)
	}
}
