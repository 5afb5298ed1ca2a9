package work

import (
	"context"
	"errors"

	"github.com/salve-security/salve/internal/audit"
	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/finding"
	"github.com/salve-security/salve/internal/gate"
	"github.com/salve-security/salve/internal/names"
	"github.com/salve-security/salve/internal/run"
)

// unattributed is who asked when a custom action carries no name of a person.
const unattributed = "unattributed"

// Found is a finding on whose copy in an event the gate has decided that something is to be done or said.
type Found struct {
	event  finding.Event
	f      finding.Finding
	c      control.Control
	in     gate.Input // what the gate was asked
	d      gate.Decision
	button string // id of the custom action that was clicked; empty where none was
}

// key is the work that the finding is about.
func (f *Found) key() run.Key {
	return run.Key{Account: f.f.Account, Scope: finding.Scope(f.f), Control: f.f.Control, Resource: f.f.Resource.ID}
}

// Finding takes a finding through identity, gate and claim, and its run to an
// outcome. Nil means that nothing is left to tell its finding.
func (w *Worker) Finding(ctx context.Context, event finding.Event, raw finding.Raw) (*run.Run, error) {
	found, err := w.Judge(ctx, event, raw)
	if err != nil || found == nil {
		return nil, err
	}
	return w.Act(ctx, found)
}

// Judge takes a finding through identity and gate. Nil means that nothing is to be done or said.
func (w *Worker) Judge(ctx context.Context, event finding.Event, raw finding.Raw) (*Found, error) {
	f, err := event.Identify(raw, w.Standards)
	if err == nil {
		err = event.From(w.ActionArn)
	}
	if err != nil {
		w.Audit(ctx, audit.Line{Time: w.Now(), Event: audit.Refused, Reason: err.Error()})
		if unproven, possible := event.Unproven(raw, w.Standards); possible {
			return nil, w.disbelieved(ctx, event, unproven, err)
		}
		return nil, nil
	}
	if event.Echoes(f) {
		return nil, nil // our own note is no reason to begin what nobody asked for
	}
	in, c, d, err := w.decide(ctx, event, f)
	if err != nil {
		return nil, err
	}
	button, _ := names.ActionOf(event.Action, w.ActionArn)
	return w.wanted(ctx, &Found{event: event, f: f, c: c, in: in, d: d, button: button}), nil
}

// wanted leaves out what nothing is to be done or said about. Who asked for it in vain is noted.
func (w *Worker) wanted(ctx context.Context, found *Found) *Found {
	switch found.d.Verdict {
	case gate.Act, gate.Preview, gate.Ask:
		return found
	case gate.Defer:
		return found // a run waits for its time: nobody has to report or to click again
	case gate.Refuse:
		if found.d.Note {
			return found
		}
		w.refused(ctx, found.f, string(found.d.Reason))
		return nil
	case gate.Ignore:
		fallthrough
	default: // never act on a verdict we do not know
		return nil
	}
}

// Act does what the gate has decided.
func (w *Worker) Act(ctx context.Context, found *Found) (*run.Run, error) {
	f, c := found.f, found.c
	if found.d.Verdict == gate.Refuse {
		return nil, w.refuse(ctx, found)
	}
	if err := finding.CheckResource(f, c.Resources, c.Pattern); err != nil {
		w.Audit(ctx, audit.Line{
			Time: w.Now(), Event: audit.Refused, Control: f.Control, Account: f.Account, Reason: err.Error(),
		})
		return nil, w.disbelieved(ctx, found.event, f, err)
	}
	if found.button == names.ActionUndo {
		return w.takeBackFor(ctx, found)
	}
	if why, err := w.overtaken(ctx, found); why != nil || err != nil {
		return nil, errors.Join(err, w.unable(ctx, found, why))
	}
	params, err := w.params(ctx, c, nil, f.Params)
	if err == nil && found.d.Reason != gate.UnknownTags { // of an account without the role they are read later
		params, err = w.raised(ctx, c, target(f), found.in.Snapshots.Tags, params)
	}
	if err != nil {
		return nil, err
	}
	return w.claim(ctx, w.findingRun(found, params))
}
