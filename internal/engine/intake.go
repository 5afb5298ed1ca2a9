package engine

import (
	"context"
	"errors"
	"maps"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/finding"
	"github.com/salve-security/salve/internal/gate"
	"github.com/salve-security/salve/internal/hub"
	"github.com/salve-security/salve/internal/ledger"
	"github.com/salve-security/salve/internal/notify"
	"github.com/salve-security/salve/internal/run"
)

// Message is one message of a queue.
type Message struct{ ID, Body string }

// Configured returns the configuration that holds now.
type Configured func(ctx context.Context) (gate.Config, error)

// unattributed is who asked when a custom action carries no name of a person.
const unattributed = "unattributed"

// inParallel is how many messages of a batch are worked on at a time.
const inParallel = 5

// Handle works on a batch and returns the ids of the messages that have to
// come again. Findings of the whole batch are updated together at its end.
func (e *Engine) Handle(ctx context.Context, batch []Message) []string {
	var mu sync.Mutex
	var failed []string
	var done []*run.Run
	var g errgroup.Group
	g.SetLimit(inParallel)
	for _, m := range batch {
		g.Go(func() error {
			runs, err := e.message(ctx, m)
			mu.Lock()
			defer mu.Unlock()
			done = append(done, runs...)
			if err != nil {
				failed = append(failed, m.ID)
				e.Audit(ctx, Line{Time: e.Now(), Event: MessageFailed, Error: err.Error()})
			}
			return nil
		})
	}
	_ = g.Wait() // every error is in failed
	if err := e.settle(ctx, done); err != nil {
		// The runs are recorded: the sweep finds and settles them.
		e.Audit(ctx, Line{Time: e.Now(), Event: NotSettled, Error: err.Error()})
	}
	return failed
}

// message handles one message and returns the runs it brought to an outcome.
func (e *Engine) message(ctx context.Context, m Message) ([]*run.Run, error) {
	event, err := finding.Decode([]byte(m.Body))
	if err != nil {
		e.Audit(ctx, Line{Time: e.Now(), Event: Rejected, Error: err.Error()})
		return nil, e.Reject(ctx, m.Body, err.Error())
	}
	switch event.Kind {
	case finding.Sweep:
		return nil, e.Sweep(ctx)
	case finding.Check:
		return nil, e.Resume(ctx, event.Run)
	case finding.Imported, finding.CustomAction:
	case finding.Unknown:
		fallthrough
	default:
		e.Audit(ctx, Line{Time: e.Now(), Event: Dropped})
		return nil, nil
	}
	var runs []*run.Run
	var errs []error
	for _, raw := range event.Findings {
		r, err := e.one(ctx, event, raw)
		if r != nil {
			runs = append(runs, r)
		}
		errs = append(errs, err)
	}
	return runs, errors.Join(errs...)
}

// one takes a finding through identity, gate and claim, and its run to an
// outcome. Nil means that nothing is left to tell its finding.
func (e *Engine) one(ctx context.Context, event finding.Event, raw finding.Raw) (*run.Run, error) {
	f, err := event.Identify(raw, e.Standards)
	if err != nil {
		e.Audit(ctx, Line{Time: e.Now(), Event: Refused, Reason: err.Error()})
		return nil, nil
	}
	c, known := e.Controls.Get(f.Control)
	d, err := e.decide(ctx, event, f, c, known)
	if err != nil {
		return nil, err
	}
	switch d.Verdict {
	case gate.Act, gate.Preview, gate.Ask:
	case gate.Refuse:
		return nil, e.refuse(ctx, f, d)
	case gate.Defer, gate.Ignore:
		fallthrough
	default: // never act on a verdict we do not know
		return nil, nil
	}
	if err := finding.CheckResource(f, c.Resource, c.Pattern); err != nil {
		e.Audit(ctx, Line{Time: e.Now(), Event: Refused, Control: f.Control, Account: f.Account, Reason: err.Error()})
		return nil, nil
	}
	r := e.findingRun(c, event, f, d)
	if r.Params, err = e.params(ctx, c, nil); err != nil {
		return nil, err
	}
	return e.claim(ctx, r)
}

func (e *Engine) decide(ctx context.Context, event finding.Event, f finding.Finding, c control.Control, known bool) (
	gate.Decision, error,
) {
	config, err := e.Configured(ctx)
	if err != nil {
		return gate.Decision{}, err
	}
	in := gate.Input{
		Config: config, Finding: f, Trigger: gate.Imported, Now: e.Now(), Action: event.Action, ActionArn: e.ActionArn,
		Control: gate.Control{
			ID: f.Control, Standards: f.Standards, Impact: c.Impact, HasPlaybook: known,
		},
	}
	if _, err := c.Resolve(config.Parameters(f.Control)); known && err != nil {
		in.Control.Problem = err.Error()
	}
	if event.Kind == finding.CustomAction {
		in.Trigger = gate.Click
	}
	return gate.Decide(in), nil
}

// params are the values that hold for a new run: what the person at the
// command line says, over the configuration, over the defaults.
func (e *Engine) params(ctx context.Context, c control.Control, asked map[string]any) (control.Params, error) {
	config, err := e.Configured(ctx)
	if err != nil {
		return nil, err
	}
	set := maps.Clone(config.Parameters(c.ID))
	if set == nil {
		set = map[string]any{}
	}
	maps.Copy(set, asked)
	params, err := c.Resolve(set)
	if err != nil {
		return nil, fault.New(fault.Invalid, "%w", err)
	}
	return params, nil
}

// claim makes the work ours and carries it out.
func (e *Engine) claim(ctx context.Context, r *run.Run) (*run.Run, error) {
	var event string
	for _, f := range r.Findings {
		event = f.Event
	}
	ask := e.ask(event, false)
	if r.Trigger == run.TriggerImported {
		ask.Thrice = thriceWithin // a person who clicks has seen what is going on
	}
	claim, err := e.Claims.Claim(ctx, r, ask)
	if err != nil {
		return nil, err
	}
	switch claim.Verdict {
	case ledger.Claimed:
	case ledger.Busy:
		e.audit(ctx, Deferred, r, errBusy)
		if err := e.Nudge(ctx, r.ID, busyRetry); err != nil {
			e.audit(ctx, NudgeFailed, r, err)
		}
		return nil, nil
	case ledger.Held:
		return nil, e.held(ctx, r, claim.Hold)
	case ledger.Reverted:
		return nil, e.reverted(ctx, r, claim.Hold)
	case ledger.Joined, ledger.Duplicate:
		return nil, nil
	}
	a := &attempt{Engine: e, r: claim.Run}
	switch err := a.remediate(ctx); {
	case errors.Is(err, errDeferred), errors.Is(err, ledger.ErrLost):
		return nil, nil
	case err != nil:
		return nil, err
	}
	return claim.Run, nil
}

var errBusy = errors.New("another run is at work on the resource")

// held tells a person who asked that a hold stands in the way.
func (e *Engine) held(ctx context.Context, r *run.Run, h run.Hold) error {
	e.audit(ctx, Refused, r, errors.New("on hold: "+h.Reason))
	if r.Trigger != run.TriggerClick {
		return nil
	}
	o := hub.Outcome{
		Status: hub.Refused, Control: r.Key.Control, Until: h.Until,
		Reason: gate.OnHold.Sentence() + " The reason: " + h.Reason,
	}
	_, err := e.Hub.Apply(ctx, say(o, r))
	return err
}

// thriceWithin is how long three fixes of one resource count as a tug of war,
// and how long the engine then lets go.
const thriceWithin = 7 * 24 * time.Hour

// reverted tells people that something keeps taking the fix back.
func (e *Engine) reverted(ctx context.Context, r *run.Run, h run.Hold) error {
	r.Trigger = run.TriggerClick // everybody who looks at the finding should know
	if err := e.held(ctx, r, h); err != nil {
		return err
	}
	e.audit(ctx, Reverted, r, nil)
	n := e.notice(r)
	n.Kind, n.Why, n.Until = notify.Reverted, "Salve stops fixing this resource: "+h.Reason+".", h.Until
	n.ToDo = "Find what changes it back, for instance a deployment pipeline; then run salve apply " +
		r.Key.Control + " " + r.Key.Resource + " --account " + r.Key.Account + " --yes"
	return e.Tell(ctx, n)
}

// refuse tells a person who asked why nothing happens.
func (e *Engine) refuse(ctx context.Context, f finding.Finding, d gate.Decision) error {
	e.Audit(ctx, Line{
		Time: e.Now(), Event: Refused, Control: f.Control, Account: f.Account, Region: f.Region,
		Resource: f.Resource.ID, Reason: string(d.Reason), Findings: []string{f.ID},
	})
	if !d.Note {
		return nil
	}
	o := hub.Outcome{Status: hub.Refused, Control: f.Control, Reason: d.Reason.Sentence()}
	if d.Reason == gate.NoPlaybook {
		o.Status = hub.NoPlaybook
	}
	u, ok := o.Update(f.ID, f.ProductArn, f.HubRegion)
	if !ok {
		return nil
	}
	_, err := e.Hub.Apply(ctx, []hub.Update{u})
	return err
}

func (e *Engine) findingRun(c control.Control, event finding.Event, f finding.Finding, d gate.Decision) *run.Run {
	scope := finding.Scope(f)
	t := control.Target{Account: f.Account, Region: f.Resource.Region, Partition: f.Partition, Resource: f.Resource.ID}
	r := e.newRun(run.Key{Account: f.Account, Scope: scope, Control: c.ID, Resource: f.Resource.ID}, t, c)
	r.Trigger, r.Actor, r.Mode, r.Standard = run.TriggerImported, "Security Hub", string(d.Verdict), f.Standard
	r.Asked = event.Time
	if event.Kind == finding.CustomAction {
		r.Trigger, r.Actor = run.TriggerClick, unattributed
	}
	r.Findings[f.ID] = run.Finding{ID: f.ID, ProductArn: f.ProductArn, Region: f.HubRegion, Event: event.ID}
	return r
}
