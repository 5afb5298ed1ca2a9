package assess

import (
	"cmp"
	"crypto/sha256"
	"strings"
	"time"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/finding"
	"github.com/salve-security/salve/internal/plain"
)

// maxName bounds what a stranger may have chosen: the name of an account, of a resource.
const maxName = 400

// Unit is a piece of work: one control on one resource of one account, however many findings report it.
type Unit struct {
	Number    int                 `json:"n"`
	Control   string              `json:"control"`
	Account   string              `json:"account"`
	Name      string              `json:"name,omitempty"` // of the account
	Region    string              `json:"region"`         // of the resource
	Scope     string              `json:"scope"`
	Partition string              `json:"partition"`
	Resource  string              `json:"resource"`
	Type      string              `json:"type,omitempty"`
	Severity  string              `json:"severity,omitempty"`
	Status    string              `json:"compliance"`
	Standards []string            `json:"standards,omitempty"` // of the finding that came first
	FirstSeen time.Time           `json:"first_seen,omitzero"`
	Params    map[string][]string `json:"params"` // what it was judged by; null where it does not say
}

// unitOf is the work that a finding reports.
func unitOf(f finding.Finding) Unit {
	u := Unit{
		Control: f.Control, Account: f.Account, Name: plain.Short(f.AccountName, maxName), Region: f.Resource.Region,
		Scope: finding.Scope(f), Partition: f.Partition, Resource: f.Resource.ID, Type: f.Resource.Type,
		Status: f.Compliance, Standards: f.Standards, Params: f.Params,
		FirstSeen: f.FirstSeen,
	}
	if finding.KnownSeverity(f.Severity) {
		u.Severity = f.Severity
	}
	return u
}

// key is what makes two findings report the same work.
func (u Unit) key() (out [16]byte) {
	sum := sha256.Sum256([]byte(strings.Join([]string{u.Account, u.Scope, u.Control, u.Resource}, "\x00")))
	copy(out[:], sum[:])
	return out
}

// target is the resource of the work.
func (u Unit) target() control.Target {
	return control.Target{Account: u.Account, Region: u.Region, Partition: u.Partition, Resource: u.Resource}
}

// finding is one that reports the work now, as the gate reads it: whatever a person or an earlier run answered, the
// question is what would happen.
func (u Unit) finding() finding.Finding {
	return finding.Finding{
		Source: finding.FromControl, Account: u.Account, Region: u.Region, Partition: u.Partition, Control: u.Control,
		Standards: u.Standards, Severity: u.Severity, Compliance: u.Status, Workflow: finding.New,
		RecordState: finding.Active, Params: u.Params, FirstSeen: u.FirstSeen,
		Resource: finding.Resource{ID: u.Resource, Type: u.Type, Region: u.Region, Partition: u.Partition},
	}
}

// severities are the labels from grave to harmless; what has none comes last.
func severities() []string { return []string{"CRITICAL", "HIGH", "MEDIUM", "LOW", "INFORMATIONAL", ""} }

// rank is the place of a label among severities.
func rank(severity string) uint8 {
	for i, label := range severities() {
		if label == severity {
			return uint8(i) //nolint:gosec // there are six
		}
	}
	return uint8(len(severities()) - 1) //nolint:gosec // there are six
}

// worse is the graver of two labels.
func worse(x, y string) string {
	if rank(y) < rank(x) {
		return y
	}
	return cmp.Or(x, y)
}
