package control

import (
	"context"
	"errors"
	"fmt"

	"github.com/salve-security/salve/internal/names"
)

// Of is a control on a typed slice S of a resource's state. S holds what the
// control decides on; its JSON form is what plans show. Collections in S are
// maps with natural keys, never lists. What the key of an entry says to people
// already has a JSON name that begins with an underscore: it is stored and
// compared, and not said again.
//
// What Want must know and Write does not change is a fact: a field of S itself
// with the tag `salve:"fact"`. Read fills it; it is never planned, hashed,
// compared or undone, and what Want does to it is ignored. All the rest of S is
// what the control writes.
type Of[S any] struct {
	Info
	// Read returns the state that is; a resource that does not exist is an error
	// which fault classifies as gone.
	Read func(ctx context.Context, env Env) (S, error)
	// Want returns the state that should be. It is pure and idempotent.
	Want func(now S, env Env) (S, error)
	// Mentions are what people should know of the state that the control leaves alone,
	// a sentence each: what another rule would want changed. Nil for nothing.
	Mentions func(now S) []string
	// Write brings the resource from one state to the other. Undo uses it too.
	Write func(ctx context.Context, env Env, from, to S) error
	// Passed are the ARNs of the roles that Write gives to the services of Passes: those that Read has seen, or OwnRole.
	// It is pure; env has no Config that counts.
	Passed func(env Env, from, to S) []string
	// Invoked are the ARNs of the functions that Write has a service call, those that Read has seen: for a control with
	// lambda:InvokeFunction among its Actions. It is pure; env has no Config that counts.
	Invoked func(env Env, from, to S) []string
	// Start stands in place of Write where the change goes on without us: it starts
	// the runbook of the plan once for env.Run, and returns what was started. Runbook
	// says, before anybody is asked, which document, version and parameters that will
	// be; it only reads.
	Start   func(ctx context.Context, env Env, book Runbook, from, to S) (Execution, error)
	Runbook func(ctx context.Context, env Env, from, to S) (Runbook, error)
	// Progress says how far what was started has come. Only a control that starts has it; without it,
	// all that a run ever knows is what it reads of the resource.
	Progress func(ctx context.Context, env Env, e Execution) (Progress, error)
}

// Control returns the declaration as a Control.
func (o Of[S]) Control() Control {
	return Control{Info: o.Info, state: typed[S]{o}}
}

type typed[S any] struct{ of Of[S] }

func (t typed[S]) read(ctx context.Context, env Env) (look, error) {
	env, err := t.of.about(env)
	if err != nil {
		return look{}, err
	}
	if env.Seals == nil && t.shape().secret() {
		return look{}, fmt.Errorf("read %s: %w", t.of.ID, ErrNoSeal)
	}
	s, err := t.of.Read(ctx, env)
	if err != nil {
		return look{}, fmt.Errorf("read %s: %w", t.of.ID, err)
	}
	tree, err := toTree(s)
	return t.shape().split(tree), err
}

func (t typed[S]) shape() shape { return shapeOf[S]() }

func (t typed[S]) want(now look, env Env) (any, error) {
	s, err := fromTree[S](now.whole())
	if err != nil {
		return nil, err
	}
	if env, err = t.of.about(env); err != nil {
		return nil, err
	}
	to, err := t.of.Want(s, env)
	if err != nil {
		return nil, fmt.Errorf("decide %s: %w", t.of.ID, err)
	}
	tree, err := toTree(to)
	return t.shape().split(tree).written, err
}

func (t typed[S]) mentions(now look) ([]string, error) {
	if t.of.Mentions == nil {
		return nil, nil
	}
	s, err := fromTree[S](now.whole())
	if err != nil {
		return nil, err
	}
	return t.of.Mentions(s), nil
}

func (t typed[S]) write(ctx context.Context, env Env, from, to look) error {
	a, b, env, err := t.sides(env, from, to)
	if err != nil {
		return err
	}
	if err := t.of.Write(ctx, env, a, b); err != nil {
		return fmt.Errorf("write %s: %w", t.of.ID, err)
	}
	return nil
}

// sides are both states of a change, and what the control gets to work with.
func (t typed[S]) sides(env Env, from, to look) (a, b S, about Env, err error) {
	if a, err = fromTree[S](from.whole()); err != nil {
		return a, b, env, err
	}
	if b, err = fromTree[S](to.whole()); err != nil {
		return a, b, env, err
	}
	about, err = t.of.about(env)
	return a, b, about, err
}

func (t typed[S]) passing(env Env, from, to look) ([]string, error) {
	a, b, env, err := t.sides(env, from, to)
	if err != nil {
		return nil, err
	}
	return t.of.Passed(env, a, b), nil
}

// passes finds a declaration of one half.
func (t typed[S]) passes(declared bool) error {
	if declared != (t.of.Passed != nil) {
		return fmt.Errorf("control %q needs both Passes and Passed, or none of them", t.of.ID)
	}
	return nil
}

func (t typed[S]) starts() bool { return t.of.Start != nil }

func (t typed[S]) runbook(ctx context.Context, env Env, from, to look) (Runbook, error) {
	a, b, env, err := t.sides(env, from, to)
	if err != nil {
		return Runbook{}, err
	}
	book, err := t.of.Runbook(ctx, env, a, b)
	if err == nil {
		err = book.check()
	}
	if err != nil {
		return Runbook{}, fmt.Errorf("look at the runbook of %s: %w", t.of.ID, err)
	}
	return book, nil
}

func (t typed[S]) start(ctx context.Context, env Env, book Runbook, from, to look) (Execution, error) {
	a, b, env, err := t.sides(env, from, to)
	if err != nil {
		return Execution{}, err
	}
	started, err := t.of.Start(ctx, env, book, a, b)
	if err == nil && started.ID == "" {
		err = errors.New("nothing says what was started")
	}
	if err != nil {
		return Execution{}, fmt.Errorf("start %s: %w", t.of.ID, err)
	}
	return started, nil
}

func (t typed[S]) progress(ctx context.Context, env Env, e Execution) (Progress, error) {
	if t.of.Progress == nil {
		return Progress{}, nil
	}
	env, err := t.of.about(env)
	if err != nil {
		return Progress{}, err
	}
	p, err := t.of.Progress(ctx, env, e)
	if err != nil {
		return Progress{}, fmt.Errorf("look at what %s started: %w", t.of.ID, err)
	}
	return p, nil
}

func (t typed[S]) in(home names.Home) stateful {
	t.of.home = home
	return t
}

// complete finds a mechanism that lacks a part.
func (t typed[S]) complete() error {
	switch o := t.of; {
	case o.Read == nil || o.Want == nil:
		return fmt.Errorf("control %q lacks Read or Want", o.ID)
	case (o.Write == nil) == (o.Start == nil):
		return fmt.Errorf("control %q needs either Write or Start", o.ID)
	case (o.Start == nil) != (o.Runbook == nil):
		return fmt.Errorf("control %q needs both Start and Runbook, or none of them", o.ID)
	case o.Start == nil && o.Progress != nil:
		return fmt.Errorf("control %q starts nothing that could have a Progress", o.ID)
	}
	return nil
}
