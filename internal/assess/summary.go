package assess

import (
	"cmp"
	"slices"
	"time"

	"github.com/salve-security/salve/internal/control"
)

// maxReasons bounds how many different reasons are kept: some name a resource.
const maxReasons = 200

// Count is how many pieces of work have which outcome.
type Count struct {
	Work       int `json:"work"`
	Findings   int `json:"findings"`
	Automatic  int `json:"automatic"`
	Approval   int `json:"approval"`
	Refused    int `json:"refused"`
	Compliant  int `json:"compliant"`
	Gone       int `json:"gone"`
	Unlooked   int `json:"unlooked"`
	NoPlaybook int `json:"no_playbook"`
	Interrupts int `json:"interrupts"` // of what would change: what people notice
}

// add counts a row.
func (c *Count) add(row Row) {
	c.Work++
	c.Findings += row.Findings
	for _, one := range []struct {
		class Class
		n     *int
	}{
		{Automatic, &c.Automatic},
		{Approval, &c.Approval},
		{Refused, &c.Refused},
		{Compliant, &c.Compliant},
		{Gone, &c.Gone},
		{Unlooked, &c.Unlooked},
		{NoPlaybook, &c.NoPlaybook},
	} {
		if row.Outcome == one.class {
			*one.n++
		}
	}
	if row.Outcome.Changes() && row.Impact != "" && row.Impact != string(control.ImpactNone) {
		c.Interrupts++
	}
}

// Changes is how many would change, at once or after approval.
func (c Count) Changes() int { return c.Automatic + c.Approval }

// ControlCount is what would become of the work of a control.
type ControlCount struct {
	Control  string `json:"control"`
	Title    string `json:"title,omitempty"`
	Severity string `json:"severity,omitempty"`
	Impact   string `json:"impact,omitempty"`
	Effect   string `json:"effect,omitempty"` // whom it interrupts, and how
	Count    Count  `json:"counts"`
}

// AccountCount is what would become of the work in an account.
type AccountCount struct {
	Account string `json:"account"`
	Name    string `json:"name,omitempty"`
	Count   Count  `json:"counts"`
}

// Because is how often a reason was given for an outcome.
type Because struct {
	Outcome Class    `json:"outcome"`
	Reason  string   `json:"reason"`
	Work    int      `json:"work"`
	Of      []string `json:"controls"`
}

// Summary is what an assessment says as a whole.
type Summary struct {
	Version     int            `json:"version"`
	Began       time.Time      `json:"began"`
	Release     string         `json:"release"`
	Account     string         `json:"account"`
	Region      string         `json:"region"`
	Query       Query          `json:"query"`
	Hub         bool           `json:"hub"`         // the outcome in force is of its configuration
	Disbelieved int            `json:"disbelieved"` // findings that contradict themselves
	Total       Count          `json:"total"`
	Controls    []ControlCount `json:"controls"`
	Accounts    []AccountCount `json:"accounts"`
	Scores      []Score        `json:"scores"`
	Reasons     []Because      `json:"reasons"`
	LeftOut     []string       `json:"left_out"` // what the scores do not know
	Work        []Row          `json:"work"`     // every piece; left to who writes them one by one
}

// Summarise reads all rows once.
func (a *Assessment) Summarise(r *Report) (Summary, error) {
	head := a.Journal.Head
	out := Summary{
		Version: 1, Began: head.Began, Release: head.Release, Account: head.Account, Region: head.Region,
		Query: head.Query, Hub: a.Hub, Disbelieved: a.Journal.known.disbelieved, Scores: a.scores(),
		Controls: []ControlCount{}, Accounts: []AccountCount{}, Reasons: []Because{}, LeftOut: a.leftOut(),
	}
	controls, accounts, reasons := map[string]int{}, map[string]int{}, map[string]int{}
	for row := range r.Rows() {
		out.Total.add(row)
		n, ok := controls[row.Control]
		if !ok {
			n = len(out.Controls)
			controls[row.Control] = n
			out.Controls = append(out.Controls, a.controlCount(row.Control))
		}
		out.Controls[n].Severity = worse(out.Controls[n].Severity, row.Severity)
		out.Controls[n].Count.add(row)
		if n, ok = accounts[row.Account]; !ok {
			n = len(out.Accounts)
			accounts[row.Account] = n
			out.Accounts = append(out.Accounts, AccountCount{Account: row.Account})
		}
		out.Accounts[n].Name = cmp.Or(row.Name, out.Accounts[n].Name)
		out.Accounts[n].Count.add(row)
		out.because(row, reasons)
	}
	slices.SortFunc(out.Accounts, func(x, y AccountCount) int {
		return cmp.Or(cmp.Compare(y.Count.Work, x.Count.Work), cmp.Compare(x.Account, y.Account))
	})
	slices.SortStableFunc(out.Reasons, func(x, y Because) int {
		return cmp.Or(cmp.Compare(slices.Index(Classes(), x.Outcome), slices.Index(Classes(), y.Outcome)),
			cmp.Compare(y.Work, x.Work))
	})
	return out, r.Err()
}

// controlCount is an empty count of a control, with what the release knows of it.
func (a *Assessment) controlCount(id string) ControlCount {
	out := ControlCount{Control: id}
	if c, ok := a.Playbook(id); ok {
		out.Title, out.Impact, out.Effect = c.Title, string(c.Impact), c.Effect
	}
	return out
}

// because counts the reason of a row; the outcomes that explain themselves need none.
func (s *Summary) because(row Row, known map[string]int) {
	if row.Reason == "" || row.Outcome == NoPlaybook || row.Outcome == Compliant || row.Outcome == Gone {
		return
	}
	key := string(row.Outcome) + " " + row.Reason
	n, ok := known[key]
	if !ok && len(known) >= maxReasons {
		key = string(row.Outcome)
		row.Reason = "Other reasons."
		n, ok = known[key]
	}
	if !ok {
		n = len(s.Reasons)
		known[key] = n
		s.Reasons = append(s.Reasons, Because{Outcome: row.Outcome, Reason: row.Reason})
	}
	one := &s.Reasons[n]
	one.Work++
	if !slices.Contains(one.Of, row.Control) {
		one.Of = append(one.Of, row.Control)
	}
}
