package control_test

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"regexp"
	"testing"

	"pgregory.net/rapid"

	"github.com/salve-security/salve/internal/control"
)

// shelf is the state of a made-up resource: it must be locked, may hold no
// secret goods, and keeps a log for at least a week.
type shelf struct {
	Locked *bool
	Goods  map[string]good
	Days   int64
}

type good struct {
	Secret bool
	Count  int
}

var errLost = errors.New("answer lost")

// store is the one shelf there is, with what a test wants to go wrong.
type store struct {
	now      shelf
	readErr  error
	wantErr  error
	writes   int
	onWrite  func(from, to shelf) (shelf, error) // what a write does; nil does what it should
	restless bool
}

func (s *store) control() control.Control {
	return control.Of[shelf]{
		Info: control.Info{
			ID: "Shelf.1", Title: "Shelves should be locked", Resources: []string{"Shelf"}, Effect: "None.",
			Fails: control.Fails{When: "Always.", Custom: true}, State: "shelf",
			Severity: control.SeverityLow, Impact: control.ImpactNone,
			Pattern: regexp.MustCompile(`^shelf/(.+)$`), Actions: []string{"shelf:Lock"}, WholeAccount: true,
			OneWay: map[string]string{"Goods/burnt*": "ashes"},
		},
		Read: s.read, Want: s.want, Write: s.write,
	}.Control()
}

func (s *store) read(context.Context, control.Env) (shelf, error) {
	s.now.Goods = maps.Clone(s.now.Goods)
	return s.now, s.readErr
}

func (s *store) want(now shelf, _ control.Env) (shelf, error) {
	locked := true
	now.Locked = &locked
	for name, g := range now.Goods {
		if g.Secret {
			delete(now.Goods, name)
		}
	}
	now.Goods["guard"] = good{Count: 1}
	now.Days = max(now.Days, 7)
	if s.restless {
		now.Days++
	}
	return now, s.wantErr
}

func (s *store) write(_ context.Context, _ control.Env, from, to shelf) error {
	s.writes++
	if s.onWrite == nil {
		s.now = to
		return nil
	}
	var err error
	s.now, err = s.onWrite(from, to)
	return err
}

func env() control.Env {
	return control.Env{Target: control.Target{
		Account: "222222222222", Region: "eu-west-1", Partition: "aws", Resource: "shelf/one",
	}}
}

// shelves draws any state, compliant or not.
func shelves() *rapid.Generator[shelf] {
	return rapid.Custom(func(t *rapid.T) shelf {
		names := rapid.SampledFrom([]string{"guard", "a/b", "", "burnt", "~", "c"})
		kinds := rapid.Custom(func(t *rapid.T) good {
			return good{Secret: rapid.Bool().Draw(t, "secret"), Count: rapid.Int().Draw(t, "count")}
		})
		goods := rapid.MapOfN(names, kinds, 0, 5).Draw(t, "goods")
		return shelf{
			Locked: rapid.Ptr(rapid.Bool(), true).Draw(t, "locked"), Goods: goods, Days: rapid.Int64().Draw(t, "days"),
		}
	})
}

// same compares states as the model does: no goods are no goods, nil or not.
func same(a, b shelf) bool {
	x, _ := json.Marshal(a)
	y, _ := json.Marshal(b)
	if len(a.Goods) == 0 && len(b.Goods) == 0 {
		a.Goods, b.Goods = nil, nil
		x, _ = json.Marshal(a)
		y, _ = json.Marshal(b)
	}
	return string(x) == string(y)
}

// fail is what both *testing.T and *rapid.T can do.
type fail interface {
	Helper()
	Fatal(args ...any)
}

// keep is what comes back of a plan from the ledger.
func keep(t fail, p control.Plan) control.Plan {
	t.Helper()
	raw, err := json.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	var back control.Plan
	if err := json.Unmarshal(raw, &back); err != nil {
		t.Fatal(err)
	}
	return back
}

// ok fails the test on an error and hands the value on.
func ok[T any](t fail) func(T, error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func done(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
