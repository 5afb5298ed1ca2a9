package main

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"time"

	"github.com/salve-security/salve/internal/audit"
	"github.com/salve-security/salve/internal/engine"
	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/finding"
	"github.com/salve-security/salve/internal/run"
	"github.com/salve-security/salve/internal/wire"
)

type handleCmd struct {
	Event fileName `arg:"" help:"File with the event as EventBridge delivers it, JSON; - reads what is piped in."`
}

// Run handles the event in this process and prints what the audit log gets.
func (c *handleCmd) Run(a *app) error {
	const most = 1 << 20 // four times what EventBridge delivers
	body, err := c.Event.read(most)
	if err != nil {
		return fmt.Errorf("the event: %w", err)
	}
	event, err := finding.Decode(body)
	if err != nil {
		return fault.Wrap(fault.Invalid, err)
	}
	if event.ID == "" {
		if body, err = named(body); err != nil {
			return err
		}
	}
	h, err := a.hub()
	if err != nil {
		return err
	}
	if err := a.proven(h, audit.Line{Reason: "handle"}); err != nil {
		return err
	}
	var lines auditLines
	batch := run.NewID(time.Now())
	ports := wire.Ports(a.names.known(), h.cfg, h.settings, batch, lines.and(a.audit(h)))
	ports.Batch = batch // as in the function
	done := a.progress("Handling " + string(c.Event))
	failed := engine.New(ports).Handle(a.ctx, []engine.Message{{ID: "cli", Body: string(body)}})
	done()
	if len(lines.list) == 0 && len(failed) == 0 && a.dealtWith(h, event) {
		return nil
	}
	if err := a.handled(lines.list); err != nil || len(failed) == 0 {
		return err
	}
	return exit(exitError) // its line says why
}

// named gives an event an id: it is what a redelivery is known by.
func named(body []byte) ([]byte, error) {
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(body, &fields); err != nil {
		return nil, fault.New(fault.Invalid, "read the event: %w", err)
	}
	fields["id"] = json.RawMessage(fmt.Sprintf("%q", "cli-"+run.NewID(time.Now())))
	body, err := json.Marshal(fields)
	if err != nil {
		return nil, fmt.Errorf("give the event an id: %w", err)
	}
	return body, nil
}

// auditLines keeps audit lines; messages are handled side by side.
type auditLines struct {
	mu   sync.Mutex
	list []audit.Line
}

func (l *auditLines) and(next audit.Log) audit.Log {
	return func(ctx context.Context, line audit.Line) {
		l.mu.Lock()
		l.list = append(l.list, line)
		l.mu.Unlock()
		next(ctx, line)
	}
}

// handled prints what happened and turns it into an exit code.
func (a *app) handled(lines []audit.Line) error {
	if lines == nil {
		lines = []audit.Line{}
	}
	if err := a.data(lines, func() { a.lines(lines) }); err != nil {
		return err
	}
	worst := exit(exitDone)
	for _, line := range lines {
		// What failed outweighs what still waits.
		if code := lineExit(line); worst == exitDone || code == exitNotFixed {
			worst = code
		}
	}
	if worst == exitDone {
		return nil
	}
	return worst
}

// dealtWith tells, and says, that a run has dealt with the event before. Runs keep
// the last event that brought each finding.
func (a *app) dealtWith(h hub, event finding.Event) bool {
	if event.ID == "" || a.format != formatTable {
		return false
	}
	for _, raw := range event.Findings {
		f, err := event.Identify(raw, a.names.standards)
		if err != nil {
			continue
		}
		page, err := h.ledger().History(a.ctx, run.Query{
			Accounts: []string{f.Account}, Resource: f.Resource.ID, Control: f.Control, Limit: lastRuns,
		})
		if err != nil {
			return false // it is only a word more
		}
		for _, r := range page.Runs {
			if r.Findings[f.Key()].Event == event.ID {
				a.say("dealt with already, by run %s: nothing to do", r.ID)
				return true
			}
		}
	}
	return false
}

// lastRuns is how many runs of a resource are looked at for an event.
const lastRuns = 50

func lineExit(line audit.Line) exit {
	switch line.Event {
	case audit.Refused, audit.Rejected, audit.Disputed, audit.NotSynced, audit.NotSettled:
		return exitNotFixed
	}
	code := statusExit(run.Status(line.Status))
	if code == exitPending {
		return exitDone // the mode plan asks for no more
	}
	return code
}

func (a *app) lines(lines []audit.Line) {
	if len(lines) == 0 {
		a.say("nothing to do: no finding in it may be acted on now (salve controls list, salve enable)")
	}
	for _, line := range lines {
		switch {
		case line.Run == "" && line.Control == "":
			a.say("%s %s", line.Event, reason(line))
		case line.Run == "":
			a.say("%s  %s  %s  %s %s", line.Event, line.Control, line.Account, line.Resource, reason(line))
		default:
			a.say("%s  %s  %s  %s  run %s %s", a.status(run.Status(line.Status)), line.Control, line.Account,
				line.Resource, line.Run, reason(line))
			a.changes(line.Changes)
		}
	}
}

func reason(line audit.Line) string {
	switch {
	case line.Reason != "":
		return "because: " + line.Reason
	case line.Error != "":
		return "because: " + line.Error
	}
	return ""
}
