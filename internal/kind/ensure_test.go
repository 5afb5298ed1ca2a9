package kind_test

import (
	"context"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/kind"
)

// yard is where topics are made. made is what happened, in order.
type yard struct {
	there  map[string]bool
	made   []string
	looks  int
	make   func(name string) error // nil makes it
	looked error
}

func (y *yard) ensure() kind.Ensure[string] {
	return kind.Ensure[string]{
		There: func(_ context.Context, _ control.Env, name string, _ string) (bool, error) {
			y.looks++
			return y.there[name], y.looked
		},
		Make: func(_ context.Context, _ control.Env, name string, what string) error {
			y.made = append(y.made, name+" "+what)
			if y.make != nil {
				return y.make(name)
			}
			y.there[name] = true
			return nil
		},
	}
}

func TestEnsure(t *testing.T) {
	y := &yard{there: map[string]bool{"b": true}}
	to := map[string]string{"c": "topic", "a": "bucket", "b": "key", "was": "log"}
	for range 2 { // a run that comes back
		done(t, y.ensure().Write(t.Context(), env(), map[string]string{"was": "log"}, to))
	}
	if d := cmp.Diff([]string{"a bucket", "c topic"}, y.made); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}

// It never takes away, and does not look where nothing is new.
func TestEnsureIsOneWay(t *testing.T) {
	y := &yard{there: map[string]bool{}}
	done(t, y.ensure().Write(t.Context(), env(), map[string]string{"a": "x"}, nil))
	done(t, y.ensure().Write(t.Context(), env(), map[string]string{"a": "x"}, map[string]string{"a": "y"}))
	if len(y.made) > 0 || y.looks > 0 {
		t.Errorf("made %v after %d looks", y.made, y.looks)
	}
}

// A call that failed has done its work all the same, or somebody else has, or nobody.
func TestEnsureAfterAnError(t *testing.T) {
	lost := func(y *yard) { y.make = func(name string) error { y.there[name] = true; return errLost } }
	for name, tc := range map[string]struct {
		prepare func(*yard)
		want    error
	}{
		"made, answer lost": {lost, nil},
		"refused":           {func(y *yard) { y.make = func(string) error { return errRefused } }, errRefused},
		"refused, and nobody can look": {func(y *yard) {
			y.make = func(string) error { y.looked = errLost; return errRefused }
		}, errRefused},
		"nobody can look": {func(y *yard) { y.looked = errLost }, errLost},
	} {
		t.Run(name, func(t *testing.T) {
			y := &yard{there: map[string]bool{}}
			tc.prepare(y)
			err := y.ensure().Write(t.Context(), env(), nil, map[string]string{"a": "topic", "b": "topic"})
			if !errors.Is(err, tc.want) {
				t.Errorf("%v, want %v", err, tc.want)
			}
			if err != nil && len(y.made) > 1 {
				t.Errorf("went on after an error: %v", y.made)
			}
		})
	}
}
