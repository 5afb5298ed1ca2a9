// Package audit holds the one line that documents the end of a step of a run.
package audit

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/finding"
	"github.com/salve-security/salve/internal/plain"
	"github.com/salve-security/salve/internal/report"
)

// version is the version of docs/schema/audit-v1.json. Fields may be added to a version, never changed or removed.
const version = 1

// Line is an audit line. Where it says what a report of a run says, it has the same names.
type Line struct {
	Time     time.Time `json:"time"`
	Asked    time.Time `json:"asked,omitzero"` // when the event happened
	Event    string    `json:"event"`          // Finished, Deferred and so on
	Run      string    `json:"run_id,omitempty"`
	Control  string    `json:"control,omitempty"`
	Account  string    `json:"account,omitempty"`
	Region   string    `json:"region,omitempty"`
	Resource string    `json:"resource,omitempty"`
	Trigger  string    `json:"trigger,omitempty"`
	Actor    string    `json:"actor,omitempty"`
	// ApprovedBy are those who said yes to the plan, DeniedBy those who said no.
	ApprovedBy []string `json:"approved_by,omitempty"`
	DeniedBy   []string `json:"denied_by,omitempty"`

	Status   string           `json:"status,omitempty"`
	Outcome  string           `json:"-"` // in the words of internal/outcome, where that says more than the status
	Reason   string           `json:"reason,omitempty"`
	Changes  []control.Change `json:"changes,omitempty"`
	PlanHash string           `json:"plan_hash,omitempty"`
	// Parameters are those of the plan that are not the defaults, or that a class of data has raised; Sources say who set
	// them.
	Parameters map[string]string         `json:"parameters,omitempty"`
	Sources    map[string]control.Source `json:"parameter_sources,omitempty"`
	Before     string                    `json:"before_hash,omitempty"`
	After      string                    `json:"after_hash,omitempty"`
	Calls      []string                  `json:"calls,omitempty"`
	Findings   []finding.Key             `json:"findings,omitempty"`
	Error      string                    `json:"error,omitempty"`

	Runbook   *control.Runbook  `json:"runbook,omitempty"`   // what the plan starts
	Execution *report.Execution `json:"execution,omitempty"` // what was started, without its steps
}

// maxText is how many characters of an error or a reason a line repeats: what AWS or a resource says may be of any
// length, and CloudWatch Logs cuts lines above 256 KB.
const maxText = 4000

// MarshalJSON writes the version first, changes as reports have them, times in UTC, and characters that do not show as
// their escapes: values of strangers stand in a line as they are, and people print logs on terminals.
func (l Line) MarshalJSON() ([]byte, error) {
	type fields Line
	l.Time, l.Asked = l.Time.UTC(), l.Asked.UTC()
	l.Error, l.Reason = plain.Cut(l.Error, maxText), plain.Cut(l.Reason, maxText)
	raw, err := json.Marshal(struct {
		Version int `json:"version"`
		fields
		Changes []report.Change `json:"changes,omitempty"`
	}{version, fields(l), report.Changes(l.Changes)})
	if err != nil {
		return nil, fmt.Errorf("encode audit line: %w", err)
	}
	return plain.JSON(raw), nil
}

// Log writes a line where it is kept.
type Log func(ctx context.Context, line Line)
