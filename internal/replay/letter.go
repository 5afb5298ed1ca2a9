// Package replay brings back what the engine could not work on or did not act on, through the same gates as at first.
package replay

import (
	"context"
	"errors"
	"time"

	"github.com/salve-security/salve/internal/deadletter"
	"github.com/salve-security/salve/internal/engine/work"
	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/finding"
	"github.com/salve-security/salve/internal/plain"
	"github.com/salve-security/salve/internal/rehearse"
)

// Row is a dead letter, what the gate says to it today, and what became of it.
type Row struct {
	Letter   string           `json:"letter"` // its id in the queue
	Sent     time.Time        `json:"sent"`
	Why      string           `json:"why"`  // it is there
	Kind     string           `json:"kind"` // of event; unreadable for none
	Finding  string           `json:"finding,omitempty"`
	Findings int              `json:"findings,omitempty"` // in it; the fields tell of the first
	Run      string           `json:"run_id,omitempty"`   // that it asks to look at
	Control  string           `json:"control,omitempty"`
	Account  string           `json:"account,omitempty"`
	Region   string           `json:"region,omitempty"`
	Resource string           `json:"resource,omitempty"`
	Verdict  rehearse.Verdict `json:"verdict,omitempty"`
	Reason   string           `json:"reason,omitempty"`
	Because  string           `json:"because,omitempty"`
	State    State            `json:"state"`
	Became   string           `json:"became,omitempty"` // how its run stands, or why it stays
}

// State is what became of a letter.
type State string

// The states.
const (
	Waiting  State = "waiting"  // it would be replayed
	Stays    State = "stays"    // it stays in the queue
	Replayed State = "replayed" // it went through the gates and is out of the queue
)

// unreadable is the kind of what is no event.
const unreadable = "unreadable"

// longest is how much of a text of others is repeated.
const longest = 300

// opened is a letter that was read.
type opened struct {
	deadletter.Letter
	event finding.Event
	row   Row
}

// open reads a letter. What cannot be read stays, and so does what is not for Salve: nobody knows what it is.
func open(l deadletter.Letter) opened {
	o := opened{Letter: l, row: Row{Letter: l.ID, Sent: l.Sent, Why: l.Why, State: Waiting}}
	event, err := finding.Decode([]byte(l.Body))
	if err != nil {
		o.row.Kind, o.row.State, o.row.Became = unreadable, Stays, "it cannot be read: "+plain.Short(err.Error(), longest)
		return o
	}
	o.event, o.row.Kind, o.row.Run, o.row.Findings = event, string(event.Kind), event.Run, len(event.Findings)
	switch event.Kind {
	case finding.Imported, finding.CustomAction:
		raw := event.Findings[0]
		o.row.Finding, o.row.Account, o.row.Region = raw.ID, raw.AwsAccountID, raw.Region
		if len(raw.Resources) > 0 {
			o.row.Resource = raw.Resources[0].ID
		}
	case finding.Check:
		o.row.Because = "The run is looked at again."
	case finding.Sweep:
		o.row.Because = "A sweep comes every minute: there is nothing to bring back."
	case finding.Unknown:
		fallthrough
	default:
		o.row.State, o.row.Became = Stays, "it is no message for Salve"
	}
	return o
}

// weigh says what the gate says today to the first finding of a letter. Why nobody can tell is said in its place.
func (o *opened) weigh(ctx context.Context, e Engine) {
	if len(o.event.Findings) == 0 {
		return
	}
	weighed, there, err := e.WeighNow(ctx, o.event, o.event.Findings[0])
	o.row.Control = weighed.Finding.Control
	var forged *finding.Identity
	switch {
	case errors.As(err, &forged):
		o.row.Verdict, o.row.Reason = rehearse.Refuse, string(forged.Reason)
		o.row.Because = "Salve does not act on this finding: " + plain.Short(forged.Error(), longest) + "."
	case err != nil:
		o.row.Because = "What the gate says is not known: " + fault.Cause(err)
	case !there:
		o.row.Verdict, o.row.Reason = rehearse.Ignore, "gone"
		o.row.Because = "Security Hub no longer has the finding."
	default:
		o.row.Verdict, o.row.Reason, o.row.Because = rehearse.Say(weighed)
	}
}

// Engine is what letters go through. internal/engine has it.
type Engine interface {
	WeighNow(ctx context.Context, event finding.Event, raw finding.Raw) (work.Weighed, bool, error)
}
