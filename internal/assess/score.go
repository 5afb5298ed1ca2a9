package assess

import (
	"math"
	"slices"
)

// Score is Security Hub's score of a standard: of the controls that are enabled and have findings the percentage that
// passed. A control has failed where one of its findings has, and has passed only where all have.
// Source: Security Hub User Guide, "Calculating security scores", "Evaluating compliance status and control status".
type Score struct {
	Standard  string `json:"standard"`
	Name      string `json:"name"`
	Controls  int    `json:"controls"` // that have findings
	Passed    int    `json:"passed"`
	Failed    int    `json:"failed"`
	Unsure    int    `json:"unsure"`    // AWS could not tell, and none has failed
	Now       int    `json:"now"`       // per cent, rounded
	Automatic int    `json:"automatic"` // once what Salve changes by itself is changed
	Approved  int    `json:"approved"`  // once what needs approval is changed as well
}

// state is how it stands with a control in a standard.
type state struct{ failed, auto, approved bool }

// scores are those of all standards that something fails of.
func (a *Assessment) scores() []Score {
	x, out := &a.Journal.known, []Score{}
	within := a.within()
	for _, s := range a.scored() {
		states, asked := a.states(s.Key, within)
		if score := scoreOf(s, states, x.of(s.Key)); score.Controls > 0 && asked {
			out = append(out, score)
		}
	}
	return out
}

// states are the controls of a standard that do not pass everywhere, and whether something that was asked about is
// among them.
func (a *Assessment) states(standard string, within func(n int) bool) (states map[string]state, asked bool) {
	x := &a.Journal.known
	states, asked = map[string]state{}, a.Within == nil
	bit := x.bits([]string{standard})
	for n, e := range x.units {
		if e.findings == 0 || (e.failed|e.unsure)&bit == 0 {
			continue
		}
		asked = asked || within(n)
		id := x.names[e.control]
		st, known := states[id]
		if !known {
			st = state{auto: true, approved: true}
		}
		class := Unlooked
		if e.class != 0 && within(n) {
			class = Classes()[e.class-1]
		}
		st.failed = st.failed || e.failed&bit != 0
		st.auto = st.auto && class.Fixed() && class != Approval
		st.approved = st.approved && class.Fixed()
		states[id] = st
	}
	return states, asked
}

// of is what was found of the controls of a standard without a failure.
func (x *index) of(key string) checked {
	at := slices.IndexFunc(x.checked, func(c checked) bool { return c.Standard == key })
	if at < 0 {
		return checked{}
	}
	return x.checked[at]
}

func scoreOf(s Standard, states map[string]state, c checked) Score {
	out := Score{Standard: s.Key, Name: s.Name}
	auto, approved := 0, 0
	for id, st := range states {
		if st.failed {
			out.Failed++
		} else {
			out.Unsure++
		}
		if slices.Contains(c.Unsure, id) {
			continue // what AWS cannot tell of another resource keeps it from passing
		}
		if st.auto {
			auto++
		}
		if st.approved {
			approved++
		}
	}
	for _, id := range c.Failed {
		if _, known := states[id]; !known {
			states[id] = state{}
			out.Failed++
		}
	}
	for _, id := range append(slices.Clone(c.Passed), c.Unsure...) {
		if _, known := states[id]; known {
			continue
		}
		states[id] = state{}
		if slices.Contains(c.Unsure, id) {
			out.Unsure++
		} else {
			out.Passed++
		}
	}
	out.Controls = len(states)
	out.Now = percent(out.Passed, out.Controls)
	out.Automatic = percent(out.Passed+auto, out.Controls)
	out.Approved = percent(out.Passed+approved, out.Controls)
	return out
}

func percent(n, of int) int {
	if of == 0 {
		return 0
	}
	const whole = 100
	return int(math.Round(whole * float64(n) / float64(of)))
}

// leftOut says what the scores do not know.
func (a *Assessment) leftOut() []string {
	q := a.Journal.Head.Query
	out := []string{
		"A control counts once for all accounts and Regions that were asked about, and suppressed findings do not count, " +
			"as on the page of an administrator of Security Hub.",
		"Security Hub computes its own score once a day: until then it may show another.",
		"The scores to come suppose that every change holds and that nothing new fails.",
		"Standards of which nothing fails are not listed.",
	}
	if len(q.Controls) > 0 && !a.Journal.Head.Others {
		out = append(out, "Only the controls that were asked about count, so these are not the scores that Security Hub "+
			"shows.")
	}
	if a.Within != nil {
		out = append(out, "What is outside of the places that are named counts as it is.")
	}
	if len(q.Accounts)+len(q.OUs) > 0 {
		out = append(out, "Only the accounts that were asked about count.")
	}
	return out
}
