package rehearse

import (
	"cmp"
	"slices"
	"strings"
)

// Report counts rows. It grows with the controls and rules that findings meet, not with the findings.
type Report struct {
	Config   string  `json:"config_hash"`
	Current  string  `json:"current_hash,omitempty"` // of the present configuration; absent where none was given
	Findings int     `json:"findings"`
	Differ   int     `json:"differ"`  // for which the two differ
	Wider    int     `json:"wider"`   // for which Salve would do more by itself
	Skipped  int     `json:"skipped"` // messages that hold no finding this release reads
	Counts   []Count `json:"counts"`

	at map[group]*Count
}

// Count is how many findings of a control meet the same end for the same reason.
type Count struct {
	Control   string  `json:"control,omitempty"` // absent where a finding names none that there is
	Verdict   Verdict `json:"verdict"`
	Reason    string  `json:"reason"`
	Was       Verdict `json:"was,omitempty"`
	WasReason string  `json:"was_reason,omitempty"`
	Findings  int     `json:"findings"`
	Accounts  int     `json:"accounts"`
	Because   string  `json:"because"`

	in map[string]bool
}

// Differs tells that the present configuration says something else.
func (c Count) Differs() bool { return c.Was != "" && (c.Was != c.Verdict || c.WasReason != c.Reason) }

// Wider tells that Salve would do more by itself than under the present configuration.
func (c Count) Wider() bool { return Row{Verdict: c.Verdict, Was: c.Was}.Wider() }

type group struct {
	control, reason, wasReason, why string
	verdict, was                    Verdict
}

// Add counts a row.
func (r *Report) Add(row Row) {
	r.Findings++
	if row.Differs {
		r.Differ++
	}
	if row.Wider() {
		r.Wider++
	}
	key := group{row.Control, row.Reason, row.WasReason, row.why, row.Verdict, row.Was}
	if r.at == nil {
		r.at = map[group]*Count{}
	}
	c := r.at[key]
	if c == nil {
		c = &Count{
			Control: row.Control, Verdict: row.Verdict, Reason: row.Reason, Was: row.Was, WasReason: row.WasReason,
			Because: row.why, in: map[string]bool{},
		}
		if row.why == row.Reason { // of a finding that is not believed, each for its own cause
			c.Because = row.Because
		}
		r.at[key] = c
	}
	c.Findings++
	c.in[row.Account] = true
}

// Close puts the counts in order: what differs first, then by control, then what happens most.
func (r *Report) Close() {
	r.Counts = []Count{}
	for _, c := range r.at {
		c.Accounts = len(c.in)
		r.Counts = append(r.Counts, *c)
	}
	slices.SortFunc(r.Counts, func(x, y Count) int {
		return cmp.Or(compareBool(y.Differs(), x.Differs()), strings.Compare(x.Control, y.Control),
			cmp.Compare(y.Verdict.rank(), x.Verdict.rank()), cmp.Compare(y.Findings, x.Findings),
			strings.Compare(x.Reason, y.Reason), strings.Compare(x.Because, y.Because),
			strings.Compare(x.WasReason, y.WasReason), strings.Compare(string(x.Was), string(y.Was)))
	})
}

// Of is how many findings meet a verdict.
func (r *Report) Of(v Verdict) int {
	n := 0
	for _, c := range r.at {
		if c.Verdict == v {
			n += c.Findings
		}
	}
	return n
}

func compareBool(x, y bool) int {
	number := map[bool]int{true: 1}
	return cmp.Compare(number[x], number[y])
}
