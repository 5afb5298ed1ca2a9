// Package rehearse says of recorded findings what a configuration would have Salve do, and what another one would. It
// asks the engine's own gate and nobody else: no AWS, no ledger. What would have to be looked up is told beforehand, or
// not known, which the gate takes for a reason not to act.
package rehearse

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/engine/work"
	"github.com/salve-security/salve/internal/finding"
	"github.com/salve-security/salve/internal/gate"
	"github.com/salve-security/salve/internal/names"
	"github.com/salve-security/salve/internal/plain"
)

// Stage is what a rehearsal takes place in.
type Stage struct {
	Controls  control.Registry
	Standards finding.Standards
	Map       work.Map
	Around    Surroundings
	Hub       string    // account that events have to come from; empty: where each says it was delivered
	At        time.Time // what exceptions and windows go by
}

// Rehearsal goes through findings under a configuration and, where there is one, beside the present one.
type Rehearsal struct {
	stage   Stage
	then    gate.Config
	now     *gate.Config
	Skipped int // messages without a finding that this release reads
}

// New rehearses a configuration; now is the one to compare it with, nil for none.
func New(stage Stage, then gate.Config, now *gate.Config) *Rehearsal {
	return &Rehearsal{stage: stage, then: then, now: now}
}

// Row is what would become of one finding.
type Row struct {
	Place    string  `json:"place"`   // file and line
	Finding  string  `json:"finding"` // its id, as it says
	Control  string  `json:"control,omitempty"`
	Severity string  `json:"severity,omitempty"`
	Account  string  `json:"account"`
	Region   string  `json:"region"`
	Resource string  `json:"resource"`
	Trigger  string  `json:"trigger"` // imported, or the id of the button that was clicked
	Verdict  Verdict `json:"verdict"`
	Reason   string  `json:"reason"`
	Because  string  `json:"because"`
	// What the present configuration says, where it was given.
	Was       Verdict `json:"was,omitempty"`
	WasReason string  `json:"was_reason,omitempty"`
	Differs   bool    `json:"differs"`

	why string // Because, without what is this finding's alone
}

// Wider tells that Salve would do more by itself than under the present configuration.
func (r Row) Wider() bool { return r.Was != "" && r.Verdict.rank() > r.Was.rank() }

// Each goes through the findings of an entry, in their order.
func (r *Rehearsal) Each(ctx context.Context, e Entry, each func(Row) error) error {
	event, err := e.event(r.stage)
	if err != nil {
		return err
	}
	if event.Kind != finding.Imported && event.Kind != finding.CustomAction {
		r.Skipped++
		return nil
	}
	for _, raw := range event.Findings {
		row, err := r.row(ctx, event, raw)
		if err != nil {
			return fmt.Errorf("%s: %w", e.Place, err)
		}
		row.Place = e.Place
		if err := each(row); err != nil {
			return err
		}
	}
	return nil
}

func (r *Rehearsal) row(ctx context.Context, event finding.Event, raw finding.Raw) (Row, error) {
	then, err := r.stage.weigh(ctx, r.then, event, raw)
	if err != nil {
		return Row{}, err
	}
	row := Row{
		Finding: raw.ID, Control: then.control, Severity: raw.Severity.Label, Account: raw.AwsAccountID,
		Region: raw.Region, Trigger: string(finding.Imported),
		Verdict: then.verdict, Reason: then.reason, Because: then.because, why: then.why,
	}
	if len(raw.Resources) > 0 {
		row.Resource = raw.Resources[0].ID
	}
	if event.Kind == finding.CustomAction {
		row.Trigger = event.Action[strings.LastIndex(event.Action, "/")+1:]
	}
	if r.now == nil {
		return row, nil
	}
	now, err := r.stage.weigh(ctx, *r.now, event, raw)
	if err != nil {
		return Row{}, err
	}
	row.Was, row.WasReason = now.verdict, now.reason
	row.Differs = now.verdict != then.verdict || now.reason != then.reason
	return row, nil
}

// answer is what is said of a finding under one configuration.
type answer struct {
	verdict                       Verdict
	control, reason, because, why string
}

// echoes is the reason of a report that Salve's own note has caused.
const echoes = "own_note"

// weigh asks the engine's gate with everything that it would look up taken from the stage.
func (s Stage) weigh(ctx context.Context, c gate.Config, event finding.Event, raw finding.Raw) (answer, error) {
	w := &work.Worker{
		Controls: s.Controls, Map: s.Map, Standards: s.Standards, Around: s.Around, Stops: noStops{},
		Configured: func(context.Context) (gate.Config, error) { return c, nil },
		ActionArn:  s.action(event), Now: func() time.Time { return s.At },
	}
	weighed, err := w.Weigh(ctx, event, raw)
	var forged *finding.Identity
	switch {
	case errors.As(err, &forged):
		claimed, _ := s.Standards.Canonical(raw.Compliance.SecurityControlID)
		text := "Salve does not act on this finding: " + plain.Short(forged.Error(), longest) + "."
		return answer{Refuse, claimed, string(forged.Reason), text, string(forged.Reason)}, nil
	case err != nil:
		return answer{}, err
	}
	a := answer{control: weighed.Finding.Control}
	a.verdict, a.reason, a.why = say(weighed)
	switch weighed.Decision.Reason { //nolint:exhaustive // the others are what they are
	case gate.UnknownOUs, gate.UnknownTags, gate.UnknownAccountTags: // nobody has looked
		a.why = "A rule asks for units or tags that the rehearsal was not told of, which counts as no."
	}
	a.because = a.why + detail(weighed)
	return a, nil
}

// Say is what the gate has said of a finding: the verdict, its reason, and that in a sentence.
func Say(w work.Weighed) (v Verdict, reason, because string) {
	v, reason, because = say(w)
	return v, reason, because + detail(w)
}

func say(w work.Weighed) (v Verdict, reason, why string) {
	if w.Echo {
		return Ignore, echoes, "The report only repeats a note of Salve's own."
	}
	if why = w.Decision.Because(); why == "" {
		why = w.Decision.Reason.Sentence()
	}
	return verdictOf(w.Decision, w.Control), string(w.Decision.Reason), why
}

// detail is who stands behind a decision, in words of theirs.
func detail(w work.Weighed) string {
	if w.Decision.Detail == "" {
		return ""
	}
	return " (" + plain.Short(w.Decision.Detail, longest) + ")"
}

// longest is how much of a text of others is repeated.
const longest = 300

// action is the custom action that the hub of an event would have: the one that was told, or the one that the event
// says it was delivered to.
func (s Stage) action(event finding.Event) string {
	hub := s.Hub
	if hub == "" {
		hub = event.Account
	}
	return "arn:" + names.PartitionOf(event.Region) + ":securityhub:" + event.Region + ":" + hub + ":action/custom/" +
		names.ActionRemediate
}

// noStops are the stops of a rehearsal: they stand beside the document, and outlive none.
type noStops struct{}

// Overlay is empty.
func (noStops) Overlay(context.Context) (gate.Overlay, error) { return gate.Overlay{}, nil }
