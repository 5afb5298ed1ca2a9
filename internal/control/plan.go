package control

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// ErrStale means that a plan holds no states to write: it was read back from
// storage and has to be planned or continued afresh first.
var ErrStale = errors.New("plan was not made in this process")

// ErrRestless means that a control's Want is not idempotent: a mistake in the control.
var ErrRestless = errors.New("wants to change what it wanted itself")

// ErrForeign means that a stored plan is of another control or another resource.
var ErrForeign = errors.New("plan belongs to another control or resource")

// DriftError says that somebody else changed a path since Salve saw or wrote it.
type DriftError struct {
	Path   string // the changed path
	Now    string // its value now, as people read it
	Value  any    // the same, as the state has it
	Unsure bool   // Salve itself may have written the value, and nobody can tell
}

// Error names the path and the value found there.
func (e *DriftError) Error() string {
	if e.Unsure {
		return fmt.Sprintf("%s is %s now, and a run that was interrupted cannot tell whether somebody else changed it",
			name(e.Path), e.Now)
	}
	return fmt.Sprintf("%s was changed by somebody else: it is %s now", name(e.Path), e.Now)
}

// Mark returns the changes of a plan whose write the error ended, with those as
// theirs that are not as planned because of what the error found.
func (e *DriftError) Mark(changes []Change) []Change {
	out := slices.Clone(changes)
	for i, ch := range out {
		if ch.Path == e.Path || strings.HasPrefix(ch.Path, e.Path+"/") || strings.HasPrefix(e.Path, ch.Path+"/") {
			out[i].Theirs = ch.Moved() && !ch.Made()
		}
	}
	return out
}

// Plan is what a run would change. Hash covers control, target, parameters and changes, so
// an approval of one plan can never be used for another.
type Plan struct {
	Control string   `json:"control"`
	Target  Target   `json:"target"`
	Hash    string   `json:"hash"`
	Changes []Change `json:"changes"`
	Undo    bool     `json:"undo,omitempty"` // the plan takes an earlier run back
	// Runbook is what carries the changes out; nil where Salve writes them itself.
	Runbook *Runbook `json:"runbook,omitempty"`
	// Params are the values it goes by that are not the control's defaults, as texts.
	Params map[string]string `json:"params,omitempty"`
	// Raised are those that a class of data has raised, with the names of the classes.
	Raised map[string]string `json:"raised,omitempty"`
	// Mentions are what the control leaves alone and people should know of, a
	// sentence each. Nobody decides on them: they are no part of the hash.
	Mentions []string `json:"mentions,omitempty"`

	from, to any // the written parts
	facts    any // what the control knew besides
	ready    bool
}

// Empty tells that there is nothing to change.
func (p Plan) Empty() bool { return len(p.Changes) == 0 }

// Pending tells that the states the plan was made from still differ: there is
// something left to write.
func (p Plan) Pending() bool { return p.ready && !equal(p.from, p.to) }

// BeforeHash and AfterHash identify the states on both sides of the plan.
func (p Plan) BeforeHash() (string, error) { return digest(p.from) }

// AfterHash identifies the state the plan leads to.
func (p Plan) AfterHash() (string, error) { return digest(p.to) }

// OneWay tells that the plan takes something away which undo could not restore.
// What it only adds and undo leaves, a log bucket for instance, is no loss.
func (p Plan) OneWay() bool { return slices.ContainsFunc(p.Changes, Change.loses) }

// Plan reads the resource and returns what would have to change; nothing is
// written. A control that would change its own result again is refused: its
// fixes would never count as done.
func (c Control) Plan(ctx context.Context, env Env) (Plan, error) {
	now, err := c.state.read(ctx, env)
	if err != nil {
		return Plan{}, err
	}
	to, err := c.state.want(now, env)
	if err != nil {
		return Plan{}, err
	}
	again, err := c.state.want(now.with(to), env)
	if err != nil {
		return Plan{}, fmt.Errorf("decide on its own result: %w", err)
	}
	if more := diff(to, again, c.state.shape(), nil); len(more) > 0 {
		return Plan{}, fmt.Errorf("control %s: %w: %s", c.ID, ErrRestless, more[0])
	}
	p, err := c.plan(ctx, env, now, to, diff(now.written, to, c.state.shape(), c.OneWay), false)
	if err == nil {
		p.Mentions, err = c.state.mentions(now)
	}
	return p, err
}

func (c Control) plan(
	ctx context.Context, env Env, now look, to any, changes []Change, undo bool,
) (Plan, error) {
	p := Plan{
		Control: c.ID, Target: env.Target, Changes: changes, Undo: undo,
		from: now.written, to: to, facts: now.facts, ready: true,
	}
	if !undo { // what is put back follows from the run, whatever it went by
		p.Params, p.Raised = c.Chosen(env.Params, env.Raised), env.Raised
	}
	if c.Starts() && len(changes) > 0 {
		env.Undo = undo
		book, err := c.state.runbook(ctx, env, now, now.with(to))
		if err != nil {
			return Plan{}, err
		}
		p.Runbook = &book
	}
	hash, err := p.hash()
	if err != nil {
		return Plan{}, err
	}
	p.Hash = hash
	return p, nil
}

// hash covers what was decided, not what the writes then led to.
func (p Plan) hash() (string, error) {
	decided := make([]Change, 0, len(p.Changes))
	for _, ch := range p.Changes {
		ch.Got, ch.Missed, ch.Unsure, ch.Theirs = nil, false, false, false
		decided = append(decided, ch)
	}
	return digest(struct {
		Control string            `json:"control"`
		Target  Target            `json:"target"`
		Changes []Change          `json:"changes"`
		Undo    bool              `json:"undo"`
		Runbook *Runbook          `json:"runbook,omitempty"`
		Params  map[string]string `json:"params,omitempty"`
		Raised  map[string]string `json:"raised,omitempty"`
	}{p.Control, p.Target, decided, p.Undo, p.Runbook, p.Params, p.Raised})
}
