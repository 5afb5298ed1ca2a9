// Package finding turns queue messages into events and the findings in them into work whose identity is
// proven. Everything in a finding is written by somebody else: Decode only reads it, Identify believes it
// as far as its fields agree with each other and with the lists of standards, and no further.
package finding

import (
	"time"

	"github.com/salve-security/salve/internal/names"
)

// Finding is a control finding of Security Hub whose identity holds. It is the same whether consolidated
// control findings are on or off.
type Finding struct {
	API          API
	ID           string // as Security Hub knows it, together with ProductArn and Account
	ProductArn   string
	Product      string // hostile text: the name of the product
	Source       Source // what reported it
	Account      string // the member account the resource is in
	Region       string // where the control ran, not where the event was delivered
	Partition    string
	Control      string   // canonical spelling, such as S3.8
	Standard     string   // key of the standard that reports it; empty when consolidated
	Standards    []string // keys of the standards it counts for, as far as they are known to us
	Title        string   // hostile text: clean it before showing it
	Description  string   // hostile text: what the control checks, a sentence or two
	AccountName  string   // hostile text: the name of the account
	Severity     string   // hostile text: members can write it
	Compliance   string
	Workflow     string
	RecordState  string
	Note         string    // hostile text: what a person wrote on it, see Words
	Aside        time.Time // when Salve wrote a note alone on it; zero where the last note is another
	Resource     Resource
	FirstSeen    time.Time // when the problem was first observed; zero where nobody says
	UpdatedAt    time.Time
	Consolidated bool
	Params       map[string][]string // what the control was judged by; nil where it does not say
	ConfigRule   string              // hostile text in the form of a rule of Security Hub's in AWS Config; "" for none

	EventID    string // of the event that carried it
	HubAccount string // where the event was delivered
	HubRegion  string // where Security Hub is to be called
}

// Key is the identity of the finding.
func (f Finding) Key() Key {
	return Key{API: f.API, ID: f.ID, ProductArn: f.ProductArn, Account: f.Account}
}

// State is what the finding says of itself.
func (f Finding) State() State {
	return State{Compliance: f.Compliance, Workflow: f.Workflow, RecordState: f.RecordState}
}

// Now is the finding as Security Hub has it now.
func (f Finding) Now(v View) Finding {
	f.Compliance, f.Workflow, f.RecordState, f.Note = v.Compliance, v.Workflow, v.RecordState, v.Note
	f.Params = v.Params
	if !v.Updated.IsZero() {
		f.UpdatedAt = v.Updated
	}
	return f
}

// Failing tells that the finding says that something is wrong.
func (f Finding) Failing() bool { return f.Source.Failing(f.State()) }

// Passed tells that the finding says that all is well.
func (f Finding) Passed() bool { return f.Source.Passed(f.State()) }

// Resource is what the finding is about.
type Resource struct {
	ID        string // an ARN where the type has one
	Type      string // of ASFF, such as AwsS3Bucket
	Region    string
	Partition string
}

// Values of Compliance.Status.
const (
	Passed       = "PASSED"
	Warning      = "WARNING"
	Failed       = "FAILED"
	NotAvailable = "NOT_AVAILABLE"
)

// Values of Workflow.Status.
const (
	New        = "NEW"
	Notified   = "NOTIFIED"
	Resolved   = "RESOLVED"
	Suppressed = "SUPPRESSED"
)

// Values of RecordState.
const (
	Active   = "ACTIVE"
	Archived = "ARCHIVED"
)

// KnownSeverity tells the values of Severity.Label.
func KnownSeverity(label string) bool {
	switch label {
	case "INFORMATIONAL", "LOW", "MEDIUM", "HIGH", "CRITICAL":
		return true
	}
	return false
}

// Raw is the part of a finding in AWS Security Finding Format that is read. What GetFindings of the SDK
// returns becomes a Raw by way of JSON.
type Raw struct {
	SchemaVersion  string            `json:"SchemaVersion"`
	ID             string            `json:"Id"`
	ProductArn     string            `json:"ProductArn"`
	Region         string            `json:"Region"`
	GeneratorID    string            `json:"GeneratorId"`
	AwsAccountID   string            `json:"AwsAccountId"`
	AwsAccountName string            `json:"AwsAccountName,omitempty"`
	Title          string            `json:"Title"`
	Description    string            `json:"Description,omitempty"`
	ProductName    string            `json:"ProductName,omitempty"`
	FirstSeen      string            `json:"FirstObservedAt,omitempty"`
	CreatedAt      string            `json:"CreatedAt,omitempty"`
	UpdatedAt      string            `json:"UpdatedAt"`
	Severity       RawSeverity       `json:"Severity"`
	Compliance     RawCompliance     `json:"Compliance"`
	Workflow       RawStatus         `json:"Workflow"`
	Note           RawNote           `json:"Note,omitzero"`
	RecordState    string            `json:"RecordState"`
	ProductFields  map[string]string `json:"ProductFields,omitempty"`
	Resources      []RawResource     `json:"Resources"`
}

// RawSeverity is Severity of a finding.
type RawSeverity struct {
	Label string `json:"Label"`
}

// RawCompliance is Compliance of a finding.
type RawCompliance struct {
	Status              string        `json:"Status"`
	SecurityControlID   string        `json:"SecurityControlId"`
	AssociatedStandards []RawStandard `json:"AssociatedStandards,omitempty"`
	Params              []RawParam    `json:"SecurityControlParameters,omitempty"`
}

// RawParam is one of Compliance.SecurityControlParameters.
type RawParam struct {
	Name  string   `json:"Name"`
	Value []string `json:"Value"`
}

// RawStandard is one of Compliance.AssociatedStandards.
type RawStandard struct {
	StandardsID string `json:"StandardsId"`
}

// RawStatus is Workflow of a finding.
type RawStatus struct {
	Status string `json:"Status"`
}

// RawNote is Note of a finding.
type RawNote struct {
	Text      string `json:"Text,omitempty"`
	UpdatedBy string `json:"UpdatedBy,omitempty"`
	UpdatedAt string `json:"UpdatedAt,omitempty"`
}

// aside is when Salve wrote the note without a status; zero where it did not, or the time cannot be read.
func (n RawNote) aside() time.Time {
	if n.UpdatedBy != names.UpdatedByAside {
		return time.Time{}
	}
	at, err := time.Parse(time.RFC3339, n.UpdatedAt)
	if err != nil {
		return time.Time{}
	}
	return at
}

// RawResource is one of Resources; its Details are never read.
type RawResource struct {
	Type      string `json:"Type"`
	ID        string `json:"Id"`
	Partition string `json:"Partition"`
	Region    string `json:"Region"`
}
