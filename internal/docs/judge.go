package docs

import (
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"

	"github.com/salve-security/salve/internal/judge"
)

// Court is what the judge saw, and what is decided of it.
type Court struct {
	Checks  judge.Checks
	Settled judge.Settled
	Record  judge.Record
}

// ReadCourt reads all of it in the repository.
func ReadCourt(root fs.FS) (c Court, err error) {
	if c.Checks, err = judge.ReadChecks(); err != nil {
		return c, err
	}
	if c.Settled, err = judge.ReadSettled(); err != nil {
		return c, err
	}
	c.Record, err = judge.ReadRecord(root, judge.Path)
	return c, err
}

// ruling is what the judge says of a control.
type ruling struct {
	ID      string
	Proof   proof
	Own     bool
	Judged  bool
	Verdict judge.Verdict
	Checks  []string // that agree
	Text    string
}

// rule is the judge's answer about a control, in the words of a page.
func (c Court) rule(id string, own bool, p proof) ruling {
	asks := c.Checks.Asks[id]
	all, judged := c.Record.Controls[id]
	r := ruling{ID: id, Own: own, Proof: p, Judged: judged, Verdict: judge.VerdictOf(asks, all)}
	switch {
	case r.Verdict == judge.Unasked && own:
		r.Text = "asks nothing that is Salve's own"
	case r.Verdict == judge.Unasked:
		r.Text = "has no check that asks for it"
	case !judged:
		r.Text = "was not asked yet"
	case r.Verdict == judge.Differs:
		r.Text = "differs: " + c.Settled.Differs[id]
	case r.Verdict == judge.Silent:
		r.Text = "says nothing: " + c.Settled.Unseen[id]
	case r.Verdict == judge.Agrees:
		r.Checks, r.Text = c.agreed(asks, all)
	}
	return r
}

// agreed are the checks that agree, and what they say.
func (c Court) agreed(asks map[string]string, all []judge.Seen) (checks []string, text string) {
	found, less := map[string]bool{}, ""
	text = "fails it, passes the fix and fails it again once that is taken back"
	for _, seen := range all {
		for _, check := range seen.Agreeing(asks) {
			found[check] = true
			if why := asks[check]; why != "" {
				less = ", though it " + why
			}
		}
		switch {
		case seen.Vanishes(asks):
			text = "fails it until the fix has taken it away"
		case seen.Stays:
			text = "fails it and passes the fix, which stays"
		}
	}
	return sortedKeys(found), text + less
}

// worsened is a check that fails once a control is fixed and passed before.
type worsened struct{ Check, Control, Of, Cause string }

// courtView is the page of the judge.
type courtView struct {
	Prowler string
	Rows    []ruling
	Agree   int
	Differ  []ruling
	Silent  int
	Unasked int
	Open    int // that were not asked
	Worse   []worsened
	Made    []worsened
	Wrong   []worsened
}

// view is the page about all controls.
func (c Court) view(all []controlView) courtView {
	v := courtView{Prowler: c.Record.Prowler}
	for _, control := range all {
		r := control.Ruling
		v.Rows = append(v.Rows, r)
		switch {
		case r.Verdict == judge.Unasked:
			v.Unasked++
		case !r.Judged:
			v.Open++
		case r.Verdict == judge.Agrees:
			v.Agree++
		case r.Verdict == judge.Silent:
			v.Silent++
		case r.Verdict == judge.Differs:
			v.Differ = append(v.Differ, r)
		}
		v.worse(c, control.ID)
		for _, check := range sortedKeys(c.Checks.Wrong[control.ID]) {
			v.Wrong = append(v.Wrong, worsened{Check: check, Control: control.ID, Cause: c.Checks.Wrong[control.ID][check]})
		}
	}
	slices.SortStableFunc(v.Worse, func(a, b worsened) int { return strings.Compare(a.Check, b.Check) })
	return v
}

// worse adds what a control's fix made worse, once for all ways in which its suites begin, and what it made.
func (v *courtView) worse(c Court, id string) {
	worse, made := map[string]string{}, map[string]bool{}
	for _, seen := range c.Record.Controls[id] {
		maps.Copy(worse, seen.Worse)
		for _, check := range seen.Made {
			made[check] = true
		}
	}
	for _, check := range sortedKeys(worse) {
		v.Worse = append(v.Worse, worsened{check, id, worse[check], c.Settled.Worse[check][id]})
	}
	if len(made) > 0 {
		v.Made = append(v.Made, worsened{Control: id, Cause: c.Settled.Made[id], Check: code(sortedKeys(made))})
	}
}

// Judged is how many controls the judge was asked about, of all that a check asks for.
func (v courtView) Judged() string {
	asked := v.Agree + v.Silent + len(v.Differ)
	return fmt.Sprintf("%d of %d", asked, asked+v.Open)
}

// Where is what a control is proven on, in a few words.
func (r ruling) Where() string {
	where := "never"
	if len(r.Proof.Suites) > 0 {
		where = theLab
		if len(r.Proof.On) > 0 {
			where = strings.Join(r.Proof.On, "; ")
		}
	}
	if len(r.Proof.StandIn) > 0 {
		where += "; unit"
	}
	return where
}

// Mechanism is how the control changes what it changes.
func (r ruling) Mechanism() string {
	if len(r.Proof.Shown) > 0 {
		return r.Proof.Mechanism + ", as " + r.Proof.Shown[0].By
	}
	return r.Proof.Mechanism
}
