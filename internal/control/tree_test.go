package control

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// keys include what a path has to escape and what it must not confuse.
func keys() *rapid.Generator[string] {
	hard := []string{"", "a", "b", "a/b", "~", "~0", "~1", "~01", "/", ".", "é"}
	return rapid.OneOf(rapid.SampledFrom(hard), rapid.String())
}

// values draws any JSON value down to a depth.
func values(depth int) *rapid.Generator[any] {
	scalars := rapid.OneOf(
		rapid.Just[any](nil), rapid.Bool().AsAny(), rapid.String().AsAny(), rapid.Int64().AsAny(),
		rapid.Float64Range(-1e300, 1e300).AsAny(),
	)
	if depth == 0 {
		return scalars
	}
	below := values(depth - 1)
	return rapid.OneOf(scalars, rapid.MapOfN(keys(), below, 0, 4).AsAny(), rapid.SliceOfN(below, 0, 3).AsAny())
}

// trees draws normal trees as states have them: a record at the root.
func trees() *rapid.Generator[any] {
	return rapid.Custom(func(t *rapid.T) any {
		tree, err := toTree(rapid.MapOfN(keys(), values(2), 0, 4).Draw(t, "raw"))
		if err != nil {
			t.Fatal(err)
		}
		return tree
	})
}

// paths draws a path, mostly one that the tree has.
func paths(t *rapid.T, tree any) string {
	path := ""
	for range rapid.IntRange(1, 3).Draw(t, "depth") {
		m, _ := tree.(map[string]any)
		have := []string{""}
		for k := range m {
			have = append(have, k)
		}
		key := rapid.OneOf(rapid.SampledFrom(have), keys()).Draw(t, "key")
		path, tree = joinPath(path, key), m[key]
	}
	return path
}

func TestPathProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		tree := trees().Draw(t, "tree")
		path := paths(t, tree)
		if same := with(tree, path, at(tree, path)); !equal(tree, same) {
			t.Errorf("putting back what is at %q gave %v", path, same)
		}
		v := trees().Draw(t, "value")
		changed := with(tree, path, v)
		if got := at(changed, path); !equal(got, v) {
			t.Errorf("at %q is %v after putting %v", path, got, v)
		}
		if n := normal(changed); !equal(changed, n) {
			t.Errorf("putting %v at %q gave a tree that is not normal: %v", v, path, changed)
		}
	})
}

func TestPathOfKeys(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := rapid.SliceOfN(keys(), 1, 4).Draw(t, "keys")
		path := ""
		for _, k := range want {
			path = joinPath(path, k)
		}
		if d := cmp.Diff(want, splitPath(path)); d != "" {
			t.Errorf("path %q (-want +got):\n%s", path, d)
		}
	})
}

func TestDiffLeadsFromOneToTheOther(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		from, to := trees().Draw(t, "from"), trees().Draw(t, "to")
		now := from
		for _, ch := range diff(from, to, shape{open: true}, nil) {
			if got := at(from, ch.Path); !equal(got, ch.From) {
				t.Errorf("%q is %v, the change says %v", ch.Path, got, ch.From)
			}
			now = with(now, ch.Path, ch.To)
		}
		if !equal(now, to) {
			t.Errorf("the changes lead to %v", now)
		}
	})
}

func TestNormalForm(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		tree := trees().Draw(t, "tree")
		raw, err := json.Marshal(tree)
		if err != nil {
			t.Fatal(err)
		}
		stored, err := decodeTree(raw)
		if err != nil || !equal(tree, stored) || !equal(tree, normal(tree)) {
			t.Errorf("not stable: stored %v, again %v, %v", stored, normal(tree), err)
		}
	})
}

func TestEqual(t *testing.T) {
	tests := map[string]struct {
		a, b string
		want bool
	}{
		"null and absent":          {`{"a":null}`, `{}`, true},
		"empty text and absent":    {`{"a":""}`, `{}`, true},
		"empty map and absent":     {`{"a":{}}`, `{}`, true},
		"empty list and absent":    {`{"a":[]}`, `{}`, true},
		"nested emptiness":         {`{"a":{"b":{"c":[]}}}`, `null`, true},
		"false is not absent":      {`{"a":false}`, `{}`, false},
		"zero is not absent":       {`{"a":0}`, `{}`, false},
		"order of keys":            {`{"a":1,"b":2}`, `{"b":2,"a":1}`, true},
		"order of a list counts":   {`[1,2]`, `[2,1]`, false},
		"one and its float":        {`1`, `1.0`, true},
		"one and its exponent":     {`100`, `1e2`, true},
		"a number is not its text": {`1`, `"1"`, false},
		"large whole numbers":      {`9007199254740993`, `9007199254740992`, false},
		"beyond int64":             {`18446744073709551615`, `18446744073709551614`, false},
		"beyond float64":           {`1e999`, `1e998`, false},
		"zero and its negative":    {`0`, `-0.0`, true},
		"a hole in a list":         {`["",1]`, `[null,1]`, true},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			a, errA := decodeTree([]byte(tc.a))
			b, errB := decodeTree([]byte(tc.b))
			if errA != nil || errB != nil {
				t.Fatal(errA, errB)
			}
			if got := equal(a, b); got != tc.want {
				t.Errorf("%s equal %s: %v, want %v", tc.a, tc.b, got, tc.want)
			}
		})
	}
}

func TestTreeErrors(t *testing.T) {
	if _, err := toTree(make(chan int)); err == nil {
		t.Error("a channel became a state")
	}
	if _, err := decodeTree([]byte(`{`)); err == nil {
		t.Error("half a document became a state")
	}
	if _, err := fromTree[int]("text"); err == nil {
		t.Error("a text became a number")
	}
	if _, err := fromTree[int](make(chan int)); err == nil {
		t.Error("a channel became a number")
	}
	if _, err := digest(make(chan int)); err == nil {
		t.Error("a channel has a hash")
	}
}
