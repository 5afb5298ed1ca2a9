package main

import (
	"path"
	"slices"
	"strings"
	"time"

	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"

	controls "github.com/salve-security/salve/functions/playbooks"
	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/gate"
	"github.com/salve-security/salve/internal/plain"
	"github.com/salve-security/salve/internal/wire"
	"github.com/salve-security/salve/playbooks"
)

// catalogue is what this release knows by name: its playbooks and the standards.
type catalogue struct {
	controls  control.Registry
	standards *playbooks.Standards
	today     func() time.Time // nil: not asked
}

// released is the catalogue of this release.
func released() (c catalogue, err error) {
	if c.standards, err = playbooks.Load(); err != nil {
		return c, err
	}
	c.controls, err = controls.All(c.standards.Listing)
	return c, err
}

// known is the catalogue as an engine wants it.
func (c catalogue) known() wire.Known {
	return wire.Known{Controls: c.controls, Standards: c.standards, Listing: c.standards.Listing}
}

// id is a control's as Security Hub writes it; false for one that neither a
// playbook nor a standard has.
func (c catalogue) id(name string) (string, bool) {
	if known, ok := c.controls.Get(name); ok {
		return known.ID, true
	}
	return c.standards.Canonical(name)
}

// playbook finds a control by its id in any case of letters.
func (c catalogue) playbook(id string) (control.Control, error) {
	known, ok := c.controls.Get(id)
	if !ok {
		return known, fault.New(fault.Invalid, "control %q has no playbook here: %s", id,
			notOne(id, "see salve controls list"))
	}
	return known, nil
}

// playbookIn finds what carries a control out under a configuration: its playbook, or the runbook that is named there.
func (c catalogue) playbookIn(config gate.Config, id string) (control.Control, bool) {
	if m := config.Runbook(id); m != nil {
		found, err := c.known().Mapped(id, *m)
		return found, err == nil
	}
	return c.controls.Get(id)
}

// controlIDs are the ids of the controls with a playbook.
func (c catalogue) controlIDs() []string {
	var ids []string
	for _, known := range c.controls.All() {
		ids = append(ids, known.ID)
	}
	return ids
}

// listed is the id of a control as Security Hub writes it; "" stays "". What is
// neither a playbook here nor in any standard is a slip: nothing would be found.
func (c catalogue) listed(id string) (string, error) {
	if id == "" {
		return "", nil
	}
	if known, ok := c.id(id); ok {
		return known, nil
	}
	all := append(c.standards.ControlIDs(), c.controlIDs()...)
	return "", fault.New(fault.Invalid, "control %q is neither a playbook here nor in any standard: %s",
		id, notOne(id, meant(id, all, "salve controls list shows the playbooks")))
}

// unknownStandard says which standards there are.
func unknownStandard(key string, standards *playbooks.Standards) error {
	return fault.New(fault.Invalid, "standard %q is not known: %s", key,
		meant(key, standards.Keys(), "use one of "+strings.Join(standards.Keys(), ", ")))
}

// regions refuses names and patterns that no Region has: a rule for them would
// never hold, and nobody would notice.
func regions(patterns ...string) error {
	all := allRegions()
	for _, pattern := range patterns {
		if slices.ContainsFunc(all, func(r string) bool { ok, err := path.Match(pattern, r); return ok && err == nil }) {
			continue
		}
		return fault.New(fault.Invalid, "no Region is called %q (one newer than this release is matched with a star, "+
			"such as eu-*): %s", pattern, meant(pattern, all, "write one such as eu-west-1"))
	}
	return nil
}

// oneRegion refuses what no Region is called; there are no patterns of one Region.
func oneRegion(name string) error {
	all := allRegions()
	if slices.Contains(all, name) {
		return nil
	}
	return fault.New(fault.Invalid, "no Region is called %q: %s", name, meant(name, all, "write one such as eu-west-1"))
}

// allRegions are the names of all Regions this release knows, as the SDK lists
// them for buckets, and those that have no constraint there.
func allRegions() []string {
	all := []string{"us-east-1", "eusc-de-east-1"}
	for _, r := range s3types.BucketLocationConstraintEu.Values() {
		if r != s3types.BucketLocationConstraintEu { // an old name of eu-west-1
			all = append(all, string(r))
		}
	}
	slices.Sort(all)
	return all
}

// meant proposes the name that is nearest to a misspelt one, else says otherwise.
// In a short word only one letter may be wrong: S3.99 is not nearly S3.8.
func meant(word string, names []string, otherwise string) string {
	const short = 5
	if name, distance := plain.Nearest(word, names); name != "" && (distance == 1 || len(word) > short) {
		return "did you mean " + name + "?"
	}
	return otherwise
}
