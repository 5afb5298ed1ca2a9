package kind_test

import (
	"context"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/kind"
)

// rules are put as a whole; an account may have none.
type rules struct{ Policy *policy }

type policy struct {
	Length  int32
	Symbols bool
	Days    int32
}

// account has rules, of which a put resets what it leaves out.
type account struct {
	service
	policy *policy
	puts   int
}

func (a *account) read(context.Context, control.Env) (rules, error) { return rules{a.policy}, nil }

func (a *account) put(_ context.Context, _ control.Env, to rules) error {
	a.puts++
	return a.write(func() { a.policy = to.Policy })
}

// control asks for passwords of some length.
func (a *account) control() control.Control {
	return control.Of[rules]{
		Info: info("IAM.15"), Read: a.read, Write: kind.Whole[rules]{Read: a.read, Put: a.put}.Write,
		Want: func(now rules, _ control.Env) (rules, error) {
			to := policy{}
			if now.Policy != nil {
				to = *now.Policy
			}
			to.Length = max(to.Length, 14)
			return rules{&to}, nil
		},
	}.Control()
}

func (a *account) observe() any {
	if a.policy == nil {
		return nil
	}
	return *a.policy
}

func TestWhole(t *testing.T) {
	open := func() *scene {
		a := &account{policy: &policy{Length: 8, Days: 30}}
		return &scene{
			service: &a.service, control: a.control(), observe: a.observe,
			disturb: func() { a.policy = &policy{Length: 20, Days: 30} },
			beside:  func() { p := *a.policy; p.Symbols = true; a.policy = &p },
		}
	}
	if d := cmp.Diff("  ~ Policy.Length: 8 → 14\n", trial(t, open)); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}

// Without rules before there are none after the undo; with some that others made meanwhile, nothing is written.
func TestWholeOfNothing(t *testing.T) {
	a := &account{}
	c := a.control()
	plan := ok[control.Plan](t)(c.Plan(t.Context(), env()))
	done(t, c.Apply(t.Context(), env(), plan))
	undo := ok[control.Plan](t)(c.PlanUndo(t.Context(), env(), plan.Changes))
	done(t, c.Apply(t.Context(), env(), undo))
	if a.policy != nil || a.puts != 2 {
		t.Errorf("%v after %d puts", a.policy, a.puts)
	}
	a.policy = &policy{Length: 6}
	if err := c.Apply(t.Context(), env(), plan); fault.Of(err) != fault.Drifted || a.puts != 2 {
		t.Errorf("class %q: %v after %d puts", fault.Of(err), err, a.puts)
	}
}

// Somebody is quicker than the write: what is done already is not put again, and another value is not put over.
func TestWholeOfOthers(t *testing.T) {
	for length, class := range map[int32]fault.Class{14: fault.None, 30: fault.Drifted} {
		a := &account{policy: &policy{Length: 8}}
		c := a.control()
		plan := ok[control.Plan](t)(c.Plan(t.Context(), env()))
		a.policy = &policy{Length: length}
		if err := c.Apply(t.Context(), env(), plan); fault.Of(err) != class || a.puts > 0 {
			t.Errorf("%d set by others: class %q after %d puts: %v", length, fault.Of(err), a.puts, err)
		}
	}
}

func TestWholeCannotReadAgain(t *testing.T) {
	w := kind.Whole[rules]{Read: func(context.Context, control.Env) (rules, error) { return rules{}, errLost }}
	if err := w.Write(t.Context(), env(), rules{}, rules{&policy{}}); !errors.Is(err, errLost) {
		t.Errorf("%v", err)
	}
}
