package run

import (
	"cmp"
	"slices"
	"time"
)

// Rule is a rule of AWS Config behind a fix, as a finding names it: a hint until AWS Config says whose it is.
type Rule struct {
	Control string
	Name    string
}

// Evaluation is what AWS Config is to be asked to evaluate again in an account and Region, for all fixes there.
type Evaluation struct {
	Account, Region, Partition string

	Rules []Rule    // sorted by name; at most MaxRules
	Tries int       // how often AWS has put it off
	Due   time.Time // while it is looked for
}

// Evaluated is what became of rules: those that AWS Config evaluates now, and by rule why it was not asked about
// others, nor ever should be. Those in neither are worth another call.
type Evaluated struct {
	Asked []Rule
	Not   map[Rule]string
}

// MaxRules is how many rules of an account and Region wait at most. Security Hub has some 400 in all.
const MaxRules = 500

// Sort brings the rules into an order that is always the same, each once.
func (e *Evaluation) Sort() {
	slices.SortFunc(e.Rules, func(x, y Rule) int {
		return cmp.Or(cmp.Compare(x.Name, y.Name), cmp.Compare(x.Control, y.Control))
	})
	e.Rules = slices.Compact(e.Rules)
}
