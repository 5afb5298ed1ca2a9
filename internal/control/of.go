package control

import (
	"context"
	"fmt"
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
	// Write brings the resource from one state to the other. Undo uses it too.
	Write func(ctx context.Context, env Env, from, to S) error
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

func (t typed[S]) write(ctx context.Context, env Env, from, to look) error {
	a, err := fromTree[S](from.whole())
	if err != nil {
		return err
	}
	b, err := fromTree[S](to.whole())
	if err != nil {
		return err
	}
	if env, err = t.of.about(env); err != nil {
		return err
	}
	if err := t.of.Write(ctx, env, a, b); err != nil {
		return fmt.Errorf("write %s: %w", t.of.ID, err)
	}
	return nil
}
