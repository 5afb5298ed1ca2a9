package policydoc_test

import (
	"encoding/json"
	"maps"
	"strings"

	"github.com/salve-security/salve/internal/policydoc"
)

// tester is what tests of all kinds can do.
type tester interface {
	Helper()
	Fatal(args ...any)
	Fatalf(format string, args ...any)
}

func read(t tester, text string) policydoc.Document {
	t.Helper()
	d, err := policydoc.Read(text)
	if err != nil {
		t.Fatal(text, err)
	}
	return d
}

func textOf(t tester, d policydoc.Document) string {
	t.Helper()
	text, err := d.Text()
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// with is a state with one statement more, or another by its name; "" takes it away.
func with(s policydoc.State, key, statement string) policydoc.State {
	s = maps.Clone(s)
	s[key] = json.RawMessage(statement)
	if statement == "" {
		delete(s, key)
	}
	return s
}

// kept is what comes back of a value that was stored.
func kept[V any](t tester, v V) V {
	t.Helper()
	raw, err := json.Marshal(v)
	var back V
	if err == nil {
		err = json.Unmarshal(raw, &back)
	}
	if err != nil {
		t.Fatal(err)
	}
	return back
}

// asTree is a state that went through numbers and maps, as that of a control does.
func asTree(t tester, s policydoc.State) policydoc.State {
	t.Helper()
	tree := map[string]any{}
	for key, raw := range s {
		var v any
		if err := json.Unmarshal(raw, &v); err != nil {
			t.Fatal(err)
		}
		tree[key] = v
	}
	back := policydoc.State{}
	for key, v := range kept(t, tree) {
		raw, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		back[key] = raw
	}
	return back
}

// done fails the test on an error and hands the value on.
func done[V any](t tester) func(V, error) V {
	return func(v V, err error) V {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// equal compares states by what their statements say.
func equal(a, b policydoc.State) bool {
	return maps.Equal(says(a), says(b))
}

// says is the statements of a state in one way of writing.
func says(s policydoc.State) map[string]string {
	out := map[string]string{}
	for key, raw := range s {
		var v any
		// No float holds this number.
		if json.Unmarshal([]byte(strings.ReplaceAll(string(raw), "1e400", "7")), &v) != nil {
			out[key] = string(raw)
			continue
		}
		text, err := json.Marshal(v)
		if err != nil {
			return nil
		}
		out[key] = string(text)
	}
	return out
}
