// Package assess looks first: it asks Security Hub for what is open, plans each piece of work with sessions that can
// only read, and says what would change, who would notice, what is refused and what needs a person. It keeps what it
// knows in a journal on disk, so that its memory does not grow with findings and a process that died is gone on with.
package assess

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/securityhub"
	"github.com/aws/aws-sdk-go-v2/service/securityhub/types"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/finding"
	"github.com/salve-security/salve/internal/gate"
)

// Query is what an assessment is about; empty lists narrow nothing.
type Query struct {
	Controls  []string `json:"controls,omitempty"` // ids, or patterns such as S3.*
	Standards []string `json:"standards,omitempty"`
	Accounts  []string `json:"accounts,omitempty"`
	OUs       []string `json:"ous,omitempty"`
}

// Standard is one that a score is about.
type Standard struct {
	Key, Name string
	ID        string // as Compliance.AssociatedStandards has it
	Controls  []string
}

// Findings is the call that lists findings.
type Findings interface {
	GetFindings(context.Context, *securityhub.GetFindingsInput, ...func(*securityhub.Options)) (
		*securityhub.GetFindingsOutput, error)
}

// Sessions opens sessions in member accounts. internal/member implements it.
type Sessions interface {
	Open(ctx context.Context, r control.SessionRequest) (aws.Config, error)
}

// Assessment is one, with all that it asks.
type Assessment struct {
	Journal   *Journal
	Findings  Findings
	Sessions  Sessions
	Identify  func(types.AwsSecurityFinding) (finding.Finding, error)
	Standards []Standard
	Regions   []string // that findings may come from
	Partition string
	Actor     string // who asks, for the CloudTrail of members

	Controls control.Registry
	// Playbook is what carries a control out where the hub is asked, false where nothing does.
	Playbook func(id string) (control.Control, bool)
	Config   gate.Config // in force; the zero value where there is no hub
	Stops    []gate.Stop
	Rings    gate.Overlay // how far controls have come through the rings
	Hub      bool         // there is one, with a configuration
	// Calendars is what AWS says of change calendars; nil: nothing.
	Calendars func(ctx context.Context, names []string) (map[string]gate.CalendarState, error)
	// Placed is what is known of an account; nil: nothing.
	Placed func(ctx context.Context, account string) (gate.Placed, error)
	// Tags are those of a resource, nil where nobody may know; nil: they are read in its account.
	Tags func(ctx context.Context, t control.Target, runID string) (map[string]string, error)

	// Within tells that work is among what is asked about; nil: all of it is. The rest counts for scores, as it is.
	Within func(Unit) bool
	inside []bool // of the units of the journal, as far as they were asked about

	Now     func() time.Time
	Sleep   func(ctx context.Context, d time.Duration) error
	Workers int // sessions that are at work at a time
	Said    func(Progress)
}

// Progress is how far it is.
type Progress struct {
	Findings int // listed
	Work     int // pieces of work among them
	Answered int
	Of       int // that were to be planned; 0 while findings are listed
}

// Run lists what is not listed yet, and plans what is not planned yet. What it did stands in the journal, also where it
// ends with an error.
func (a *Assessment) Run(ctx context.Context) error {
	if err := a.list(ctx); err != nil {
		return err
	}
	return a.planAll(ctx)
}
