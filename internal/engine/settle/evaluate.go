package settle

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/salve-security/salve/internal/audit"
	"github.com/salve-security/salve/internal/gate"
	"github.com/salve-security/salve/internal/run"
)

// EvaluateAfter is how long AWS Config has to record a fix before it is asked to evaluate: it evaluates what it has
// recorded, and whatever is fixed meanwhile goes with the same call.
const EvaluateAfter = 10 * time.Minute

// Evaluations notes what AWS Config is to be asked to evaluate again. internal/ledger implements it.
type Evaluations interface {
	AskAgain(ctx context.Context, e run.Evaluation, now time.Time) error
}

// Configured returns the configuration that holds now.
type Configured func(ctx context.Context) (gate.Config, error)

// evaluate notes the rules behind the findings of runs that were proven. No run depends on it: without it Security Hub
// says PASSED hours later.
func (s *Settler) evaluate(ctx context.Context, runs []*run.Run) {
	places := ruled(runs)
	if len(places) == 0 {
		return
	}
	config, err := s.Configured(ctx)
	if err != nil || !config.EvaluatesAgain() {
		return // what holds now is no news of this run
	}
	for _, key := range slices.Sorted(maps.Keys(places)) {
		e := places[key]
		e.Sort()
		e.Due = s.Now().Add(EvaluateAfter)
		if err := s.Evaluations.AskAgain(ctx, *e, s.Now()); err != nil {
			s.Audit(ctx, audit.Line{
				Time: s.Now(), Event: audit.NotEvaluated, Account: e.Account, Region: e.Region, Error: err.Error(),
			})
		}
	}
}

// ruled are the rules behind what was fixed, by account and Region.
func ruled(runs []*run.Run) map[string]*run.Evaluation {
	places := map[string]*run.Evaluation{}
	for _, r := range runs {
		if r.State != run.StateClosed || r.Status != run.StatusVerified || r.Undoes != "" {
			continue
		}
		for _, f := range r.Findings {
			if f.Rule == "" {
				continue
			}
			key := r.Key.Account + "#" + f.RuleIn
			if places[key] == nil {
				places[key] = &run.Evaluation{Account: r.Key.Account, Region: f.RuleIn, Partition: r.Part}
			}
			places[key].Rules = append(places[key].Rules, run.Rule{Control: r.Key.Control, Name: f.Rule})
		}
	}
	return places
}
