package gate

import (
	"fmt"
	"slices"

	"github.com/salve-security/salve/internal/control"
)

// Mode says what may happen to a control's findings.
type Mode string

// The modes. Without an entry a control is manual.
const (
	Off     Mode = "off"     // nothing, not even by click
	Plan    Mode = "plan"    // show what would change, touch nothing
	Manual  Mode = "manual"  // when a person asks
	Approve Mode = "approve" // by itself, once a person approved
	Auto    Mode = "auto"    // by itself
)

// rank orders the modes by how much they allow; an unknown mode allows nothing.
func (m Mode) rank() int {
	switch m {
	case Plan:
		return 1
	case Manual:
		return 2
	case Approve:
		return 3
	case Auto:
		return 4
	case Off:
		return 0
	}
	return 0
}

// AllowsMore tells that under this mode more may happen than under another one, by itself or by click.
func (m Mode) AllowsMore(than Mode) bool { return m.rank() > than.rank() }

func (m Mode) known() bool { return m == Off || m.rank() > 0 }

// Version is the version of the document this release reads.
const Version = 1

// Config is the configuration document. The zero Config leaves every control manual.
type Config struct {
	Version    int             `json:"version" yaml:"version"`
	Contact    string          `json:"contact,omitempty" yaml:"contact"` // whom people ask who get a notice
	Docs       string          `json:"docs,omitempty" yaml:"docs"`       // where they read on: a link
	Defaults   Defaults        `json:"defaults,omitzero" yaml:"defaults"`
	Controls   map[string]Rule `json:"controls,omitempty" yaml:"controls"` // by control, S3.* or "standard:" and a key
	Exceptions []Exception     `json:"exceptions,omitempty" yaml:"exceptions"`
	ByTag      *ByTag          `json:"exceptions_by_tag,omitempty" yaml:"exceptions_by_tag"`
	Classes    *Classes        `json:"classes,omitempty" yaml:"classes"`
	Windows    []Window        `json:"windows,omitempty" yaml:"windows"`
	Freezes    []Freeze        `json:"freezes,omitempty" yaml:"freezes"`
	Calendars  []Calendar      `json:"calendars,omitempty" yaml:"calendars"`
	Limits     *Limits         `json:"limits,omitempty" yaml:"limits"`
	Rings      *Rings          `json:"rings,omitempty" yaml:"rings"`
	Approvals  *Approvals      `json:"approvals,omitempty" yaml:"approvals"`
	StaysFixed *StaysFixed     `json:"stays_fixed,omitempty" yaml:"stays_fixed"`

	lines map[string]int // of the YAML it was parsed from, by path
	index *index         // nil where it was not prepared
}

// Keys lists the entries in order.
func (c Config) Keys() []string {
	keys := make([]string, 0, len(c.Controls))
	for key := range c.Controls {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}

// Defaults is what holds for controls without an entry.
type Defaults struct {
	Mode Mode `json:"mode,omitempty" yaml:"mode"`
}

// StandardPrefix begins the key of an entry for all controls of a standard.
const StandardPrefix = "standard:"

// Rule is the entry of a control or of a standard.
type Rule struct {
	Mode  Mode    `json:"mode,omitempty" yaml:"mode"`
	Where []Where `json:"where,omitempty" yaml:"where"`   // any of them; none means everywhere
	OffIn []Where `json:"off_in,omitempty" yaml:"off_in"` // off in any of them, whatever Mode and Where say
	// After is how many days others have to fix it, from when it was found, before it acts by itself.
	After Days `json:"after,omitempty" yaml:"after"`
	// BeginsIn is the ring in which it acts first by itself; empty: the first one.
	BeginsIn   string         `json:"begins_in,omitempty" yaml:"begins_in"`
	Parameters map[string]any `json:"parameters,omitempty" yaml:"parameters"`
	// Release names the release of Salve whose controls an entry for several of them is about, where it acts by itself,
	// and Covers are those: a push looks them up, and nobody writes them by hand.
	Release string   `json:"release,omitempty" yaml:"release"`
	Covers  []string `json:"covers,omitempty" yaml:"covers"`
	// Runbook carries the change out in place of Salve's playbook, or where Salve has none.
	Runbook *control.Mapping `json:"runbook,omitempty" yaml:"runbook"`
}

// Where narrows an entry. What is given must all match; within one list, one match is enough.
type Where struct {
	Accounts []string            `json:"accounts,omitempty" yaml:"accounts"`
	OUs      []string            `json:"ous,omitempty" yaml:"ous"`
	Regions  []string            `json:"regions,omitempty" yaml:"regions"` // * stands for anything
	Tags     map[string][]string `json:"tags,omitempty" yaml:"tags"`       // of the resource
	// AccountTags are those that the account has in its organization.
	AccountTags map[string][]string `json:"account_tags,omitempty" yaml:"account_tags"`
	// Resources are ARNs or ids, * standing for anything; severities are those that the finding has.
	Resources  []string `json:"resources,omitempty" yaml:"resources"`
	Severities []string `json:"severities,omitempty" yaml:"severities"`
	// Except is what is left out of it.
	Except []Where `json:"except,omitempty" yaml:"except"`
}

// narrows tells that a place says where it is, apart from what is left out of it.
func (w Where) narrows() bool {
	return len(w.Accounts)+len(w.OUs)+len(w.Regions)+len(w.Tags)+len(w.AccountTags)+len(w.Resources)+
		len(w.Severities) > 0
}

// Exception leaves a resource alone until a day, with a reason and somebody who answers for it.
type Exception struct {
	Control  string `json:"control" yaml:"control"`             // or several with commas, S3.*, or * for all
	Account  string `json:"account,omitempty" yaml:"account"`   // only there; without a resource all of its resources
	Resource string `json:"resource,omitempty" yaml:"resource"` // * stands for anything
	Reason   string `json:"reason" yaml:"reason"`
	Owner    string `json:"owner" yaml:"owner"`
	Ticket   string `json:"ticket,omitempty" yaml:"ticket"`
	Expires  Date   `json:"expires" yaml:"expires"` // the last day, in UTC

	ID string `json:"-" yaml:"-"` // of one that a person made by hand
}

// Problem is one thing wrong with a document.
type Problem struct {
	Line int    // 0 if unknown
	Path string // such as controls.S3.8.mode
	Text string // what is wrong
	Fix  string // what to write instead
}

// Error reads as: line 3, controls.S3.8.mode: … : ….
func (p Problem) Error() string {
	text := p.Path + ": " + p.Text
	if p.Line > 0 {
		text = fmt.Sprintf("line %d, %s", p.Line, text)
	}
	if p.Fix != "" {
		text += ": " + p.Fix
	}
	return text
}
