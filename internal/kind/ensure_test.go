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

// An error ends it before the next step. Where only the answer was lost, who comes back makes nothing twice.
func TestEnsureAfterAnError(t *testing.T) {
	to := map[string]string{"a": "topic", "b": "topic"}
	for name, tc := range map[string]struct {
		prepare func(*yard)
		want    error
		made    []string // in all, after it was done again
	}{
		"refused": {
			func(y *yard) { y.make = func(string) error { return errRefused } }, errRefused,
			[]string{"a topic", "a topic", "b topic"},
		},
		"made, answer lost": {
			func(y *yard) { y.make = func(name string) error { y.there[name] = true; return errLost } }, errLost,
			[]string{"a topic", "b topic"},
		},
		"nobody can look": {func(y *yard) { y.looked = errLost }, errLost, []string{"a topic", "b topic"}},
	} {
		t.Run(name, func(t *testing.T) {
			y := &yard{there: map[string]bool{}}
			tc.prepare(y)
			if err := y.ensure().Write(t.Context(), env(), nil, to); !errors.Is(err, tc.want) || len(y.made) > 1 {
				t.Errorf("%v after %v, want %v", err, y.made, tc.want)
			}
			y.make, y.looked = nil, nil
			done(t, y.ensure().Write(t.Context(), env(), nil, to))
			if d := cmp.Diff(tc.made, y.made); d != "" {
				t.Errorf("made (-want +got):\n%s", d)
			}
		})
	}
}
