package playbooktest

import (
	"crypto/rand"
	"slices"
	"testing"
	"time"

	"github.com/salve-security/salve/internal/control"
)

// Option says what differs from a usual run in what Env gives.
type Option interface {
	set(t *testing.T, c *opening)
}

// opening is the session that is to be opened, and what stands in for AWS there.
type opening struct {
	scene
	actions  []string
	standIns []StandIn
}

type option func(t *testing.T, o *opening)

func (f option) set(t *testing.T, o *opening) {
	t.Helper()
	f(t, o)
}

func (s StandIn) set(_ *testing.T, o *opening) { o.standIns = append(o.standIns, s) }

// Env is what a run of the control gets to work with, for tests beside the suite: a session for the resource in
// the default account and Region, with the rights of a fix and of its undo, at the time of the wall clock. A
// StandIn is an Option too; the first one that answers a call wins.
func Env(t *testing.T, c control.Control, resource string, options ...Option) control.Env {
	t.Helper()
	s := &suite{Suite: Suite{Control: c, Account: DefaultAccount, Region: DefaultRegion}}
	o := &opening{scene: scene{suite: s, t: t, resource: resource, tap: &tap{}, id: rand.Text()}, actions: s.undoActions()}
	for _, option := range options {
		option.set(t, o)
	}
	if s.World == nil {
		s.World = World(t)
	}
	env := o.session(o.actions)
	if len(o.standIns) > 0 {
		answered(t, c.ID)
	}
	for _, s := range o.standIns {
		s.AddTo(&env.Config)
	}
	return env
}

// With sets parameters of the control, as people write them: see control.Info.Resolve.
func With(params map[string]any) Option {
	return option(func(t *testing.T, o *opening) {
		t.Helper()
		var err error
		if o.Params, err = o.Control.Resolve(params); err != nil {
			t.Fatalf("parameters: %v", err)
		}
	})
}

// At is the run's time.
func At(now time.Time) Option {
	return option(func(_ *testing.T, o *opening) { o.Now = now })
}

// In is the account and the Region of the run.
func In(account, region string) Option {
	return option(func(_ *testing.T, o *opening) { o.Account, o.Region = account, region })
}

// On is another AWS than the lab of World.
func On(w AWS) Option {
	return option(func(_ *testing.T, o *opening) { o.World = w })
}

// Allowing are the only actions that the session has.
func Allowing(actions ...string) Option {
	return option(func(_ *testing.T, o *opening) { o.actions = slices.Clone(actions) })
}
