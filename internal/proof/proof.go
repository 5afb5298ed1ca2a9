package proof

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"time"

	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/names"
)

// Folder is where reports are committed, below docs.
const Folder = "proof"

// Proof is a report that counts.
type Proof struct {
	Report
	File string // its name in the folder
}

// Proofs are all reports that are committed, the oldest first.
type Proofs []Proof

// Read reads those of a folder. One that is no proof is an error, for nothing may stand there that looks like one.
func Read(folder fs.FS) (Proofs, error) {
	names, err := fs.Glob(folder, "*.json")
	if err != nil {
		return nil, fmt.Errorf("list the reports: %w", err)
	}
	var all Proofs
	for _, name := range names {
		raw, err := fs.ReadFile(folder, name)
		if err != nil {
			return nil, fmt.Errorf("read report %s: %w", name, err)
		}
		r, err := read(raw)
		if err == nil {
			err = r.counts()
		}
		if err != nil {
			return nil, fault.New(fault.Invalid, "docs/%s/%s is no proof: %w", Folder, name, err)
		}
		all = append(all, Proof{Report: r, File: name})
	}
	slices.SortStableFunc(all, func(a, b Proof) int { return strings.Compare(a.Day, b.Day) })
	return all, nil
}

// read takes nothing that a report has not.
func read(raw []byte) (r Report, err error) {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields()
	if err := d.Decode(&r); err != nil {
		return r, fmt.Errorf("it is no report: %w", err)
	}
	if accountID().Match(raw) {
		return r, fault.New(fault.Invalid, "it has the id of an account")
	}
	return r, nil
}

// counts refuses what proves nothing of AWS.
func (r Report) counts() error {
	_, day := time.Parse(time.DateOnly, r.Day)
	switch {
	case r.Version != Version:
		return fault.New(fault.Invalid, "its version is %d", r.Version)
	case r.Emulated:
		return fault.New(fault.Invalid, "it is of a lab: emulators prove nothing of AWS")
	case !r.OK || !r.Passed():
		return fault.New(fault.Invalid, "not every step went well")
	case r.Program == "", nameless(r.Program) && nameless(r.Revision): // a release is known by its version alone
		return fault.New(fault.Invalid, "it does not say of which version or revision it is: nobody could get it")
	case day != nil || r.Region == "" || r.Partition != names.PartitionOf(r.Region):
		return fault.New(fault.Invalid, "it does not say when, where or with which version")
	}
	return whole(r.Controls)
}

// nameless tells that the build tool did not know what it built.
func nameless(version string) bool {
	return version == "" || version == "unknown" || version == "(devel)"
}

// whole refuses controls that did not go all of the way, or went it without what holds a run.
func whole(all []Control) error {
	for _, c := range all {
		var steps []string
		for _, s := range c.Steps {
			steps = append(steps, s.Step)
		}
		if !slices.Equal(steps, Steps()) {
			return fault.New(fault.Invalid, "%s went through %s, not through %s", c.Control, strings.Join(steps, ", "),
				strings.Join(Steps(), ", "))
		}
		if len(c.Packed) == 0 { // STS says it of every session that has a policy
			return fault.New(fault.Invalid, "%s ran without the policy of a session", c.Control)
		}
	}
	return nil
}

// Sentence is what pages say.
func (p Proofs) Sentence() string {
	if len(p) == 0 {
		return "Proven on AWS: never"
	}
	last := p[len(p)-1]
	n := fmt.Sprintf("%d controls", len(last.Controls))
	if len(last.Controls) == 1 {
		n = "1 control"
	}
	return "Proven on AWS: " + last.Day + ", " + last.Program + ", " + n
}

// Of is the last proof of a control; false where there is none.
func (p Proofs) Of(control string) (Proof, bool) {
	for _, one := range slices.Backward(p) {
		if slices.ContainsFunc(one.Controls, func(c Control) bool { return c.Control == control }) {
			return one, true
		}
	}
	return Proof{}, false
}

// The marks around the sentence in pages that are written by hand.
const (
	begin = "<!-- proof: make generate writes it -->"
	end   = "<!-- end of proof -->"
)

// Inscribe writes the sentence between the marks of a page, wherever they are.
func (p Proofs) Inscribe(page string) (string, error) {
	parts := strings.Split(page, begin)
	if len(parts) == 1 {
		return "", fault.New(fault.Invalid, "the page has no place for what is proven on AWS: %s %s", begin, end)
	}
	for i, part := range parts[1:] {
		_, after, closed := strings.Cut(part, end)
		if !closed {
			return "", fault.New(fault.Invalid, "the page has no %s", end)
		}
		parts[i+1] = p.Sentence() + end + after
	}
	return strings.Join(parts, begin), nil
}
