package memory

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"github.com/salve-security/salve/internal/run"
)

// evaluation is what AWS Config is to be asked in an account and Region, or until when it is not.
type evaluation struct {
	run.Evaluation
	due, off int64 // 0 where nothing waits, or nothing is off
}

func placeOf(e run.Evaluation) string { return e.Account + "#" + e.Region }

// AskAgain notes rules that AWS Config is to be asked about in an account and Region.
func (l *Ledger) AskAgain(ctx context.Context, e run.Evaluation, now time.Time) error {
	return l.act(ctx, "AskAgain", func() error {
		known := l.evaluations[placeOf(e)]
		switch {
		case known == nil:
			known = &evaluation{Evaluation: run.Evaluation{Account: e.Account, Region: e.Region}}
		case known.off > now.Unix(), len(known.Rules) >= run.MaxRules:
			return nil
		}
		known.off, known.due, known.Partition = 0, cmp.Or(known.due, e.Due.Unix()), e.Partition
		known.Rules = append(known.Rules, e.Rules...)
		known.Sort()
		l.evaluations[placeOf(e)] = known
		return nil
	})
}

// Evaluations returns what AWS Config is to be asked by now, each to one caller.
func (l *Ledger) Evaluations(ctx context.Context, now, until time.Time, limit int32) ([]run.Evaluation, error) {
	return call(ctx, l, "Evaluations", func() ([]run.Evaluation, error) {
		var due []*evaluation
		for _, e := range l.evaluations {
			if e.due > 0 && e.due <= now.Unix() {
				due = append(due, e)
			}
		}
		slices.SortFunc(due, func(x, y *evaluation) int {
			return cmp.Or(cmp.Compare(x.due, y.due), strings.Compare(placeOf(x.Evaluation), placeOf(y.Evaluation)))
		})
		var out []run.Evaluation
		for _, e := range due[:min(len(due), int(limit))] {
			e.due = until.Unix()
			given := e.Evaluation
			given.Rules, given.Due = slices.Clone(e.Rules), until
			out = append(out, given)
		}
		return out, nil
	})
}

// Evaluated takes off what was asked. The rest is due at next.
func (l *Ledger) Evaluated(ctx context.Context, e run.Evaluation, done []run.Rule, next time.Time) error {
	return l.act(ctx, "Evaluated", func() error {
		known := l.evaluations[placeOf(e)]
		if known == nil || known.due == 0 {
			return nil
		}
		known.Rules = slices.DeleteFunc(known.Rules, func(r run.Rule) bool { return slices.Contains(done, r) })
		if known.due, known.Tries = next.Unix(), e.Tries; len(known.Rules) == 0 {
			delete(l.evaluations, placeOf(e))
		}
		return nil
	})
}

// NotEvaluated forgets what AWS Config was to be asked, and notes nothing more until off.
func (l *Ledger) NotEvaluated(ctx context.Context, e run.Evaluation, off time.Time) error {
	return l.act(ctx, "NotEvaluated", func() error {
		l.evaluations[placeOf(e)] = &evaluation{
			Evaluation: run.Evaluation{Account: e.Account, Region: e.Region}, off: off.Unix(),
		}
		return nil
	})
}
