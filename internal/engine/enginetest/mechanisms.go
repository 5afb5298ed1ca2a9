package enginetest

import (
	"context"
	"maps"

	"github.com/salve-security/salve/internal/control"
)

// Flags block access to a store in four ways.
type Flags struct{ BlockLists, IgnoreLists, BlockPolicy, BlockStrangers bool }

// Block is flags as people write them.
func Block(lists, ignore, policy, strangers bool) *Flags {
	return &Flags{BlockLists: lists, IgnoreLists: ignore, BlockPolicy: policy, BlockStrangers: strangers}
}

// guard is the flags of a store, each nil where it has none at all, so that undo
// can tell "take them away" from "write four times false".
type guard struct{ BlockLists, IgnoreLists, BlockPolicy, BlockStrangers *bool }

func readGuard(ctx context.Context, env control.Env) (guard, error) {
	f, err := ReadBlock(ctx, env)
	if f == nil || err != nil {
		return guard{}, err
	}
	return guard{&f.BlockLists, &f.IgnoreLists, &f.BlockPolicy, &f.BlockStrangers}, nil
}

func closed(guard, control.Env) (guard, error) {
	on := true
	return guard{&on, &on, &on, &on}, nil
}

func writeGuard(ctx context.Context, env control.Env, _, to guard) error {
	if to == (guard{}) {
		return WriteBlock(ctx, env, nil)
	}
	on := func(flag *bool) bool { return flag != nil && *flag }
	return WriteBlock(ctx, env,
		Block(on(to.BlockLists), on(to.IgnoreLists), on(to.BlockPolicy), on(to.BlockStrangers)))
}

// ReadBlock reads the flags of a store, nil if it has none.
func ReadBlock(ctx context.Context, env control.Env) (*Flags, error) {
	return Read[Flags](ctx, env, "Store", "Block")
}

// WriteBlock writes the flags of a store; nil takes them away.
func WriteBlock(ctx context.Context, env control.Env, f *Flags) error {
	return Write(ctx, env, "Store", "Block", f)
}

// Policy is the policy of a store: what its statements say, by their names.
type Policy map[string]string

func (p Policy) with(name string) Policy {
	out := Policy{name: "Deny"}
	maps.Copy(out, p)
	return out
}

func readPolicy(ctx context.Context, env control.Env) (Policy, error) {
	p, err := Read[Policy](ctx, env, "Store", "Policy")
	if p == nil || err != nil {
		return Policy{}, err
	}
	return *p, nil
}

func writePolicy(ctx context.Context, env control.Env, _, to Policy) error {
	return Write(ctx, env, "Store", "Policy", &to)
}

// everybody is who comes through a door that is open.
const everybody = "0.0.0.0/0"

// doorRules are who may come through a door, by rule.
type doorRules map[string]string

func readDoor(ctx context.Context, env control.Env) (doorRules, error) {
	r, err := Read[doorRules](ctx, env, "Door", "Rules")
	if r == nil || err != nil {
		return doorRules{}, err
	}
	return *r, nil
}

func writeDoor(ctx context.Context, env control.Env, _, to doorRules) error {
	return Write(ctx, env, "Door", "Rules", &to)
}

// openRules are the rules that let everybody through.
type openRules struct{ Open map[string]bool }

func readOpen(ctx context.Context, env control.Env) (openRules, error) {
	all, err := readDoor(ctx, env)
	out := openRules{Open: map[string]bool{}}
	for name, who := range all {
		if who == everybody {
			out.Open[name] = true
		}
	}
	return out, err
}

func noneOpen(openRules, control.Env) (openRules, error) {
	return openRules{Open: map[string]bool{}}, nil
}

func closeOpen(ctx context.Context, env control.Env, from, to openRules) error {
	all, err := readDoor(ctx, env)
	if err != nil {
		return err
	}
	for name := range from.Open {
		delete(all, name)
	}
	for name := range to.Open {
		all[name] = everybody
	}
	return writeDoor(ctx, env, nil, all)
}
