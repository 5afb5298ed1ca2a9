// Package playbooks knows the standards Security Hub reports on: which ids their findings carry, in which
// version, and which control stands behind each id. The lists are the YAML files of the packages below it;
// people edit those. Loading reads one JSON file generated from them, which is an order of magnitude faster
// at the start of a function.
package playbooks

import (
	_ "embed" // the generated index
	"encoding/json"
	"fmt"
)

//go:generate go run ../internal/generate/standards

//go:embed standards.gen.json
var index []byte

// Standard is one version of one standard.
type Standard struct {
	Key          string  `json:"key" yaml:"key"` // our name for it, as configuration and commands spell it
	Name         string  `json:"name" yaml:"name"`
	Version      string  `json:"version" yaml:"version"`
	Slug         string  `json:"slug" yaml:"slug"`                   // as it occurs in ids and ARNs of findings
	StandardsID  string  `json:"standards_id" yaml:"standards_id"`   // as in Compliance.AssociatedStandards
	StandardsARN string  `json:"standards_arn" yaml:"standards_arn"` // to enable it; {region} stands for a Region
	GeneratorID  string  `json:"generator_id" yaml:"generator_id"`   // of unconsolidated findings; {id} is the id
	Complete     bool    `json:"complete" yaml:"complete"`           // false: the standard has more controls than the list
	Controls     []Entry `json:"controls" yaml:"controls"`
	Retired      []Entry `json:"retired,omitempty" yaml:"retired"` // no longer reported; old findings carry them
}

// Entry is a control under the name a standard gives it.
type Entry struct {
	ID         string   `json:"id" yaml:"id"`
	Control    string   `json:"control" yaml:"control"`
	Severity   string   `json:"severity" yaml:"severity"`
	Title      string   `json:"title" yaml:"title"`
	Resource   Texts    `json:"resource,omitempty" yaml:"resource"`     // ASFF types its findings may name; see Control
	Alternates []string `json:"alternates,omitempty" yaml:"alternates"` // other ids its findings were seen with

	Mode   Mode              `json:"mode,omitempty" yaml:"mode"`     // recommended; see Recommended
	Params map[string]string `json:"params,omitempty" yaml:"params"` // as flags have them, where not the defaults
	After  []string          `json:"after,omitempty" yaml:"after"`   // controls of the list that have to be met first
}

// Control is a control as all lists together describe it.
type Control struct {
	ID       string // as Security Hub writes it, such as Autoscaling.5
	Title    string
	Severity string
	// Resources are the ASFF types of the resources that its findings may name, none
	// where nobody looked them up. ASFF has no type for some; a finding then says
	// either what AWS Config's type would be called, or Other.
	Resources []string
	Retired   bool         // no standard reports it any more
	Names     []Membership // one for each standard that lists it, in the order of Keys
}

// Membership is the name a standard gives a control.
type Membership struct {
	Standard string // key
	ID       string
	Retired  bool
}

// Standards is the catalogue. It is read-only and safe for concurrent use.
type Standards struct {
	list       []Standard
	byKey      map[string]int // key, slug and standards id in lower case → position in list
	controls   map[string]*Control
	ids        map[string][]string // slug + "/" + id in lower case → controls, canonical
	controlIDs []string            // in the order people expect: by service, then number
}

// Load returns the catalogue that is built into the program.
func Load() (*Standards, error) {
	var list []Standard
	if err := json.Unmarshal(index, &list); err != nil {
		return nil, fmt.Errorf("standards.gen.json is damaged, run go generate ./playbooks: %w", err)
	}
	return New(list)
}
