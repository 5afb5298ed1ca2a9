package assess

import (
	"cmp"
	"iter"
	"slices"
	"strings"
)

// Row is a piece of work with what would become of it, as programs and people get it.
type Row struct {
	Control   string   `json:"control"`
	Severity  string   `json:"severity,omitempty"`
	Account   string   `json:"account"`
	Name      string   `json:"account_name,omitempty"`
	Region    string   `json:"region"`
	Resource  string   `json:"resource"`
	Standards []string `json:"standards,omitempty"`
	Findings  int      `json:"findings"`
	Outcome   Class    `json:"outcome"`
	Reason    string   `json:"reason,omitempty"`
	Impact    string   `json:"impact,omitempty"`
	Changes   []string `json:"changes,omitempty"`
	Count     int      `json:"change_count"`
	InForce   string   `json:"in_force,omitempty"`
	Because   string   `json:"because,omitempty"`
}

// Report reads what a journal knows. What it could not read is an error of Err.
type Report struct {
	journal *Journal
	order   []int32 // units that count, the gravest first
	err     error
}

// Report is what is known by now.
func (j *Journal) Report() *Report {
	return j.report(func(int) bool { return true })
}

// Report is what is known by now of what is asked about.
func (a *Assessment) Report() *Report { return a.Journal.report(a.within()) }

func (j *Journal) report(within func(n int) bool) *Report {
	x, r := &j.known, &Report{journal: j}
	for n := range x.units {
		if x.units[n].findings > 0 && within(n) {
			r.order = append(r.order, int32(n)) //nolint:gosec // findings of an organization fit
		}
	}
	gravest := map[uint32]uint8{} // of each control: what belongs together stays together
	for _, n := range r.order {
		e := x.units[n]
		if known, ok := gravest[e.control]; !ok || e.severity < known {
			gravest[e.control] = e.severity
		}
	}
	slices.SortStableFunc(r.order, func(n, m int32) int {
		e, f := x.units[n], x.units[m]
		return cmp.Or(cmp.Compare(gravest[e.control], gravest[f.control]),
			strings.Compare(x.names[e.control], x.names[f.control]),
			strings.Compare(x.names[e.account], x.names[f.account]))
	})
	return r
}

// Err is what went wrong while rows were read.
func (r *Report) Err() error { return r.err }

// Rows are all of them, the gravest first, each read when its turn comes.
func (r *Report) Rows() iter.Seq[Row] { return r.rows(r.order) }

func (r *Report) rows(of []int32) iter.Seq[Row] {
	return func(yield func(Row) bool) {
		for _, n := range of {
			row, err := r.row(n)
			if err != nil {
				r.err = cmp.Or(r.err, err)
				return
			}
			if !yield(row) {
				return
			}
		}
	}
}

func (r *Report) row(n int32) (Row, error) {
	e := r.journal.known.units[n]
	l, err := r.journal.read(e.at)
	if err != nil {
		return Row{}, err
	}
	u := l.Unit
	out := Row{
		Control: u.Control, Severity: u.Severity, Account: u.Account, Name: u.Name, Region: u.Region,
		Resource: u.Resource, Standards: r.journal.known.keys(e.failed | e.unsure), Findings: int(e.findings),
		Outcome: Unlooked, Reason: "Nobody has looked yet.",
	}
	if e.answered == 0 {
		return out, nil
	}
	if l, err = r.journal.read(e.answered); err != nil {
		return Row{}, err
	}
	a := l.Answer
	out.Outcome, out.Reason, out.Impact, out.Changes, out.Count = a.Class, a.Reason, string(a.Impact), a.Changes, a.Count
	out.InForce, out.Because = a.InForce, a.Because
	return out, nil
}
