// Package selftest proves Salve in a sandbox: it makes resources that fail a control each, has the real engine fix
// them, look again and take the fix back, and destroys what it made. What it saw is a report without anybody's secrets.
package selftest

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/proof"
)

// Prefix begins the names of all that a test makes, and Tag is on each: by both leftovers are known. What is
// called salve- is Salve's own, which the member's role is denied.
const (
	Prefix = "selftest-of-salve-"
	Tag    = "salve:selftest"
)

// Seed makes a resource that fails a control, and takes it away again.
type Seed struct {
	Control string
	Price   string // what it costs while it is there
	Make    func(ctx context.Context, cfg aws.Config, name string) (resource string, err error)
	Family  Family
}

// Family is a kind of resource: it finds what a test has left, by name and tag, and removes it.
type Family struct {
	Name   string
	Find   func(ctx context.Context, cfg aws.Config) (names []string, err error)
	Remove func(ctx context.Context, cfg aws.Config, name string) error
}

// Seeds are all of them, the families one after the other.
func Seeds() []Seed {
	var all []Seed
	for _, of := range [][]Seed{buckets(), queues(), groups(), tables(), firewalls(), repositories()} {
		all = append(all, of...)
	}
	return all
}

// Engine does what is proven, in the account and Region of the test.
type Engine interface {
	// Fix fixes a resource, and returns the id of its run.
	Fix(ctx context.Context, control, resource string) (run string, err error)
	// Verify tells whether a fix holds, Undo takes it back.
	Verify(ctx context.Context, run string) error
	Undo(ctx context.Context, run string) error
	// Packed are the sizes of the session policies since the last call, in per cent of what STS takes.
	Packed() []int
}

// Test goes through the seeds.
type Test struct {
	Seeds  []Seed
	All    []Seed     // that are known: leftovers of any are removed; nil for Seeds
	Config aws.Config // whose credentials make and destroy
	Engine Engine
	Stamp  string // in the names of what is made
	Now    func() time.Time
	Keep   bool // leave what was made
	Said   func(control, step string)
	// Mine refuses to go on; it is asked before each seed.
	Mine func() error
}

// known are all seeds of which something may be left.
func (t Test) known() []Seed {
	if t.All != nil {
		return t.All
	}
	return t.Seeds
}

// Name is what the resource of a seed is called.
func Name(stamp string, seed Seed) string {
	return Prefix + stamp + "-" + strings.ToLower(strings.ReplaceAll(seed.Control, ".", "-"))
}

// Run does all steps of all seeds. A step that fails ends its own control, and what was made is destroyed all the same.
func (t Test) Run(ctx context.Context) ([]proof.Control, error) {
	var all []proof.Control
	for _, seed := range t.Seeds {
		if ctx.Err() != nil {
			return all, fault.New(fault.Retry, "interrupted before %s", seed.Control)
		}
		if err := t.Mine(); err != nil {
			return all, err
		}
		all = append(all, t.one(ctx, seed))
	}
	if ctx.Err() != nil {
		return all, fault.New(fault.Retry, "interrupted at the last control")
	}
	return all, nil
}

// one goes through the steps of a seed.
func (t Test) one(ctx context.Context, seed Seed) proof.Control {
	told := proof.Control{Control: seed.Control}
	resource, id, name := "", "", Name(t.Stamp, seed)
	steps := []struct {
		name string
		do   func() (err error)
	}{
		{"make", func() (err error) { resource, err = seed.Make(ctx, t.Config, name); return err }},
		{"fix", func() (err error) { id, err = t.Engine.Fix(ctx, seed.Control, resource); return err }},
		{"verify", func() error { return t.Engine.Verify(ctx, id) }},
		{"undo", func() error { return t.Engine.Undo(ctx, id) }},
	}
	for _, s := range steps {
		step, err := t.timed(seed.Control, s.name, s.do)
		if told.Steps = append(told.Steps, step); err != nil {
			break
		}
	}
	told.Packed = t.Engine.Packed()
	if !t.Keep {
		// Also after Ctrl-C: what was made is not left behind.
		step, _ := t.timed(seed.Control, "destroy", func() error {
			return seed.Family.Remove(context.WithoutCancel(ctx), t.Config, name)
		})
		told.Steps = append(told.Steps, step)
	}
	return told
}

// timed does a step, and says how long it took and how it ended.
func (t Test) timed(of, name string, do func() error) (proof.Step, error) {
	t.Said(of, name)
	began := t.Now()
	err := do()
	s := proof.Step{Step: name, Milliseconds: t.Now().Sub(began).Milliseconds(), OK: err == nil}
	if err != nil {
		s.Error = proof.Scrubbed(fault.Cause(err))
	}
	return s, err
}

// clean removes what tests have left of the families of seeds, by name and tag; it says what, and of what it could not
// remove why.
func clean(ctx context.Context, cfg aws.Config, seeds []Seed) (removed []string, failed []error) {
	seen := map[string]bool{}
	for _, seed := range seeds {
		f := seed.Family
		if seen[f.Name] {
			continue
		}
		seen[f.Name] = true
		names, err := f.Find(ctx, cfg)
		if err != nil {
			failed = append(failed, fmt.Errorf("look for %s: %w", f.Name, err))
		}
		for _, name := range names {
			if err := f.Remove(ctx, cfg, name); err != nil {
				failed = append(failed, fmt.Errorf("remove %s %s: %w", f.Name, name, err))
				continue
			}
			removed = append(removed, f.Name+" "+name)
		}
	}
	return removed, failed
}
