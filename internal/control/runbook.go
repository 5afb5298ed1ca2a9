package control

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// ErrStarts means that a control's change is started and ends by itself: there
// is nothing to write at once.
var ErrStarts = errors.New("the change is started, not written")

// Runbook is the document of SSM Automation that a plan starts, as it was looked
// at when the plan was made. It is part of the plan's hash: another version,
// content or parameter is another plan.
// Source: Systems Manager API reference, StartAutomationExecution.
type Runbook struct {
	Document   string              `json:"document"`     // its name, or the ARN of one that is shared
	Version    string              `json:"version"`      // a number, never $LATEST or $DEFAULT
	Content    string              `json:"content_hash"` // hex SHA-256 of the document's content
	Parameters map[string][]string `json:"parameters,omitempty"`
}

// String is the runbook as people read it in plans.
func (b Runbook) String() string {
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(b.Parameters)) {
		parts = append(parts, visible(name)+"="+visible(strings.Join(b.Parameters[name], ",")))
	}
	text := "runbook " + visible(b.Document) + " version " + visible(b.Version)
	if len(parts) > 0 {
		text += ": " + strings.Join(parts, " ")
	}
	return text
}

func (b Runbook) check() error {
	switch {
	case b.Document == "" || b.Content == "":
		return fmt.Errorf("a runbook %q needs a document and the hash of its content", b.Document)
	case b.Version == "" || strings.HasPrefix(b.Version, "$"):
		return fmt.Errorf("runbook %s has version %q: name the one that was looked at", b.Document, b.Version)
	}
	return nil
}

// Execution is a runbook that was started.
type Execution struct {
	ID      string    `json:"id"` // as SSM Automation knows it
	Started time.Time `json:"started"`
}

// Starts tells that the control's change is started and goes on without us.
func (c Control) Starts() bool { return c.state.starts() }

// Start begins the plan's change in place of Apply. An error means unknown, as
// there; who asks again with the same Env.Run gets the same execution.
func (c Control) Start(ctx context.Context, env Env, p Plan) (Execution, error) {
	switch {
	case !c.Starts():
		return Execution{}, fmt.Errorf("start %s: its change is written", c.ID)
	case !p.ready:
		return Execution{}, fmt.Errorf("start %s: %w", c.ID, ErrStale)
	case p.Runbook == nil:
		return Execution{}, fmt.Errorf("start %s: its plan names no runbook", c.ID)
	case env.Run == "":
		return Execution{}, fmt.Errorf("start %s: nobody says for which run", c.ID)
	}
	return c.state.start(ctx, env, *p.Runbook, look{p.from, p.facts}, look{p.to, p.facts})
}

// checkStart finds a mechanism that would do nothing, two things, or never end.
func (c Control) checkStart() error {
	if c.state.starts() && c.Settle.Within <= 0 {
		return fmt.Errorf("control %q: what is started needs Settle.Within, after which it counts as failed", c.ID)
	}
	return c.state.complete()
}
