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
	// Ready tells that it could be started when it was looked at. It is never stored: who takes up a plan of an earlier
	// process looks again.
	Ready bool `json:"-"`
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
	Ended   time.Time `json:"ended,omitzero"` // when a look first saw that it is over; zero before
	// What the last look showed that said anything; all of it is clean and cut.
	Status  string `json:"status,omitempty"`  // as SSM Automation calls it
	Failure string `json:"failure,omitempty"` // why it failed
	Steps   []Step `json:"steps,omitempty"`   // as SSM Automation lists them
	Cut     bool   `json:"cut,omitempty"`     // it had more steps
}

// Progress is how far an execution has come; the zero Progress says nothing.
type Progress struct {
	Status  string // as SSM Automation calls it, "InProgress"; empty where nothing is known
	Over    bool   // it does not go on by itself nor by anybody's doing
	Failed  bool   // it is over and did not do all it should
	Refused bool   // it failed because a person said no
	Step    string // the step that failed, else the one it is at
	Message string // why it failed, in the words of SSM Automation: hostile as any text from outside
	// Proven says that it is over and that an output of it proves the end state, which nothing else can show.
	Proven bool
	// Waits says what somebody has to do before it goes on, "somebody to approve step Ask"; empty where nobody has to.
	Waits string
	Steps []Step // that have begun
	Cut   bool   // there are more
}

// Known tells that the progress says anything.
func (p Progress) Known() bool { return p.Status != "" }

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
	env.Undo = p.Undo
	return c.state.start(ctx, env, *p.Runbook, look{p.from, p.facts}, look{p.to, p.facts})
}

// Progress looks at what was started, and at nothing else. It says nothing where the control does not know.
func (c Control) Progress(ctx context.Context, env Env, e Execution) (Progress, error) {
	return c.state.progress(ctx, env, e)
}

// checkStart finds a mechanism that would do nothing, two things, or never end.
func (c Control) checkStart() error {
	if c.state.starts() && c.Settle.Within <= 0 {
		return fmt.Errorf("control %q: what is started needs Settle.Within, after which it counts as failed", c.ID)
	}
	if c.Removes && !c.state.starts() {
		return fmt.Errorf("control %q: only what is started can say that it, and nobody else, removed its resource", c.ID)
	}
	return c.state.complete()
}
