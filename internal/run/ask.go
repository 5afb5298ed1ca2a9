package run

import "slices"

// Ask is what somebody wanted who came upon a run that was open already.
type Ask struct {
	Trigger Trigger `json:"trigger"`
	Actor   string  `json:"actor"`
	Mode    string  `json:"mode"` // as the gate decided for him
}

// triggers and modes are in the order of their strength; what is not listed is the weakest.
func triggers() []Trigger { return []Trigger{TriggerImported, TriggerClick, TriggerOperator} }
func modes() []string     { return []string{ModePlan, ModeAsk, ModeAct} }

// Stronger tells whether the run would be carried out for somebody else than now.
func (r *Run) Stronger(a Ask) bool {
	return slices.Index(triggers(), a.Trigger) > slices.Index(triggers(), r.Trigger)
}

// Waited tells that a person waits for the run: its checks must not stand behind
// thousands of imported findings.
func (r *Run) Waited() bool { return r.Trigger != TriggerImported || r.Reply != nil }

// Wish is what the run brings to one that it joins, and whether it brings anything:
// an event of Security Hub asks for nothing, an operator is told himself, for he may want the opposite, and who wants
// to take something back does.
func (r *Run) Wish() (Ask, bool) {
	if r.Trigger != TriggerClick || r.Undoes != "" {
		return Ask{}, false
	}
	return Ask{Trigger: r.Trigger, Actor: r.Actor, Mode: r.Mode}, true
}

// Grow takes over what others added to the stored form of an open run, and tells
// whether they did. What a look-up said since of a finding stays.
func (r *Run) Grow(stored *Run) bool {
	more := len(stored.Findings) != len(r.Findings) || len(stored.Asks) != len(r.Asks)
	for key, f := range stored.Findings {
		if seen, ok := r.Findings[key]; ok && !r.Looked.IsZero() {
			f.Resolved, f.New, f.Checked, f.Wrote = seen.Resolved, seen.New, seen.Checked, seen.Wrote
			stored.Findings[key] = f
		}
	}
	r.Findings, r.Asks = stored.Findings, stored.Asks
	r.Raise(r.Asks)
	return more
}

// Raise makes the run one for whoever asked the most of it: a person who joins
// a run that Security Hub began wants to hear of its end.
func (r *Run) Raise(asks []Ask) {
	for _, a := range asks {
		if r.Stronger(a) {
			r.Trigger, r.Actor, r.Quiet = a.Trigger, a.Actor, false
		}
		if slices.Index(modes(), a.Mode) > slices.Index(modes(), r.Mode) {
			r.Mode = a.Mode
		}
	}
}
