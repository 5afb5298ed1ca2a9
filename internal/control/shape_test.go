package control

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

type span struct {
	From, To int
}

type base struct{ Inherited string }

// bag has a field of every kind that decides how changes are cut.
type bag struct {
	base
	Flag   *bool
	Rules  map[string]span
	Groups map[string]map[string]string
	Record struct {
		Name  string
		Items map[string]string
	}
	Option  *span
	Renamed map[string]string `json:"other,omitempty"`
	Free    any
	At      time.Time `json:"at,omitzero"`
	Hidden  string    `json:"-"`
}

func TestDiffCutsByShape(t *testing.T) {
	tests := map[string]struct {
		from, to string
		want     []string
	}{
		"first entry of a collection": {`{}`, `{"Rules":{"a":{"From":1,"To":2}}}`, []string{"Rules/a"}},
		"last entry of a collection":  {`{"Rules":{"a":{"From":1,"To":2}}}`, `{}`, []string{"Rules/a"}},
		"inside an entry": {
			`{"Rules":{"a":{"From":1,"To":2}}}`, `{"Rules":{"a":{"From":1,"To":3}}}`, []string{"Rules/a/To"},
		},
		"collection of collections": {`{}`, `{"Groups":{"g":{"x":"1","y":"2"}}}`, []string{"Groups/g/x", "Groups/g/y"}},
		"record": {
			`{}`, `{"Record":{"Name":"n","Items":{"i":"1"}}}`, []string{"Record/Items/i", "Record/Name"},
		},
		"option comes as a whole":   {`{}`, `{"Option":{"From":1,"To":2}}`, []string{"Option"}},
		"option changes in part":    {`{"Option":{"From":1,"To":2}}`, `{"Option":{"From":1,"To":3}}`, []string{"Option/To"}},
		"field with another name":   {`{}`, `{"other":{"k":"v"}}`, []string{"other/k"}},
		"field of anything":         {`{}`, `{"Free":{"k":"v"}}`, []string{"Free"}},
		"field with its own JSON":   {`{}`, `{"at":"2026-01-01T00:00:00Z"}`, []string{"at"}},
		"embedded field":            {`{}`, `{"Inherited":"x"}`, []string{"Inherited"}},
		"field unknown to the type": {`{}`, `{"Hidden":{"k":"v"}}`, []string{"Hidden"}},
		"nothing":                   {`{"Flag":true}`, `{"Flag":true,"Rules":{}}`, nil},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			from, errFrom := decodeTree([]byte(tc.from))
			to, errTo := decodeTree([]byte(tc.to))
			if errFrom != nil || errTo != nil {
				t.Fatal(errFrom, errTo)
			}
			var got []string
			for _, ch := range diff(from, to, shapeOf[bag](), nil) {
				got = append(got, ch.Path)
			}
			if d := cmp.Diff(tc.want, got); d != "" {
				t.Errorf("paths (-want +got):\n%s", d)
			}
		})
	}
}

func TestFromTreeFillsMaps(t *testing.T) {
	type inner struct{ Tags map[string]string }
	type outer struct {
		Rules map[string]inner
		Most  *inner
		None  *inner
	}
	tree, err := decodeTree([]byte(`{"Rules":{"a":{"Tags":{}}},"Most":{"Tags":{"k":"v"}}}`))
	if err != nil {
		t.Fatal(err)
	}
	got, err := fromTree[outer](with(tree, "Rules/b", map[string]any{"Tags": map[string]any{"k": "v"}}))
	if err != nil {
		t.Fatal(err)
	}
	full := map[string]string{"k": "v"}
	if d := cmp.Diff(outer{Rules: map[string]inner{"b": {full}}, Most: &inner{full}}, got); d != "" {
		t.Errorf("state (-want +got):\n%s", d)
	}
	empty, err := fromTree[outer](nil)
	if err != nil || empty.Rules == nil {
		t.Errorf("a state without rules: %+v, %v; want a map to write to", empty, err)
	}
	holding, err := fromTree[map[string]inner](map[string]any{"a": map[string]any{"Other": true}})
	if err != nil || holding["a"].Tags == nil {
		t.Errorf("an entry without tags: %+v, %v; want a map to write to", holding, err)
	}
}

func TestChangeInStorage(t *testing.T) {
	tests := map[string]struct{ stored, want string }{
		"large number":  {`{"path":"a","from":9007199254740993,"to":null}`, "~ a: 9007199254740993 → none"},
		"empty is none": {`{"path":"a","from":"","to":true}`, "~ a: none → true"},
		"absent":        {`{"path":"a","to":{"k":"v"}}`, `+ a {"k":"v"}`},
		"float":         {`{"path":"a","from":1.50,"to":2.0}`, "~ a: 1.5 → 2"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			var ch Change
			if err := json.Unmarshal([]byte(tc.stored), &ch); err != nil {
				t.Fatal(err)
			}
			if ch.String() != tc.want {
				t.Errorf("got %q, want %q", ch, tc.want)
			}
		})
	}
	var ch Change
	for _, broken := range []string{`[]`, `{"path":1}`, `{`} {
		if err := ch.UnmarshalJSON([]byte(broken)); err == nil {
			t.Errorf("%s became a change", broken)
		}
	}
}

func TestOurs(t *testing.T) {
	raw := func(s string) json.RawMessage { return json.RawMessage(s) }
	tests := map[string]struct {
		change Change
		now    any
		want   bool
	}{
		"as written":            {Change{To: true}, true, true},
		"as AWS put it":         {Change{To: "A", Got: raw(`"a"`)}, "a", true},
		"absent, as AWS put it": {Change{To: "A", Got: raw(`null`)}, nil, true},
		"neither":               {Change{To: "A", Got: raw(`"a"`)}, "b", false},
		"nothing got":           {Change{To: "A"}, nil, false},
		"unreadable":            {Change{To: "A", Got: raw(`{`)}, "a", false},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			if got := tc.change.ours(tc.now); got != tc.want {
				t.Errorf("ours(%v) = %v, want %v", tc.now, got, tc.want)
			}
		})
	}
}

func TestStaysIsStable(t *testing.T) {
	globs := map[string]string{"Users/*": "first", "*/bob": "second", "[": "never"}
	for range 50 {
		if got := stays("Users/bob", globs); got != "second" { // "*" sorts before "U"
			t.Fatalf("the reason was %q this time", got)
		}
	}
	if got := stays("Users/bob/Key", globs); got != "" {
		t.Errorf("a glob reached deeper than it says: %q", got)
	}
}
