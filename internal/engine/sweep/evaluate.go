package sweep

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/salve-security/salve/internal/audit"
	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/notice"
	"github.com/salve-security/salve/internal/run"
)

const (
	// evaluateLimit bounds one sweep's share: each is three calls.
	evaluateLimit = 10
	// evaluateEvery keeps calls for an account and Region apart, and the process that died from the next one.
	evaluateEvery = 10 * time.Minute
	// evaluateTries is how often AWS Config may say that it is busy: for some five hours in all.
	evaluateTries = 5
	// evaluateOff is how long nobody asks where AWS says no, and evaluateTold how long people do not hear it again.
	evaluateOff  = 24 * time.Hour
	evaluateTold = 30 * 24 * time.Hour
)

// Evaluations knows what AWS Config is to be asked to evaluate again. internal/ledger implements it.
type Evaluations interface {
	Evaluations(ctx context.Context, now, until time.Time, limit int32) ([]run.Evaluation, error)
	Evaluated(ctx context.Context, e run.Evaluation, done []run.Rule, next time.Time) error
	NotEvaluated(ctx context.Context, e run.Evaluation, off time.Time) error
}

// Evaluate asks AWS Config in a member account. internal/evaluate implements it.
type Evaluate func(ctx context.Context, e run.Evaluation, id string, fails func(string) (control.Fails, bool)) (
	run.Evaluated, error,
)

// evaluate has AWS Config evaluate again what was fixed a while ago.
func (s *Sweeper) evaluate(ctx context.Context) error {
	now := s.Now()
	due, err := s.Evaluations.Evaluations(ctx, now, now.Add(evaluateEvery), evaluateLimit)
	errs := []error{err}
	for _, e := range due {
		if ctx.Err() == nil { // the rest is due in ten minutes as well
			errs = append(errs, s.evaluateOne(ctx, e))
		}
	}
	return errors.Join(errs...)
}

func (s *Sweeper) evaluateOne(ctx context.Context, e run.Evaluation) error {
	now := s.Now()
	config, err := s.People.Configured(ctx)
	if err != nil {
		return err // it is due again soon
	}
	if !config.EvaluatesAgain() {
		return s.Evaluations.Evaluated(ctx, e, e.Rules, now)
	}
	answer, err := s.Evaluate(ctx, e, run.NewID(now), s.fails)
	switch class := fault.Of(err); {
	case class == fault.Retry && e.Tries < evaluateTries:
		next := now.Add(evaluateEvery << e.Tries)
		e.Tries++
		return s.Evaluations.Evaluated(ctx, e, slices.Collect(maps.Keys(answer.Not)), next)
	case class == fault.Retry:
		s.evaluation(ctx, audit.NotEvaluated, e, e.Rules, err)
		return s.Evaluations.Evaluated(ctx, e, e.Rules, now)
	case err != nil:
		s.evaluation(ctx, audit.NotEvaluated, e, e.Rules, err)
		s.tellOfDenial(ctx, e, err)
		return s.Evaluations.NotEvaluated(ctx, e, now.Add(evaluateOff))
	}
	for r, why := range answer.Not {
		s.evaluation(ctx, audit.NotEvaluated, e, []run.Rule{r}, errors.New(why))
	}
	if len(answer.Asked) > 0 {
		s.evaluation(ctx, audit.Evaluated, e, answer.Asked, nil)
	}
	e.Tries = 0
	return s.Evaluations.Evaluated(ctx, e, slices.Concat(answer.Asked, slices.Collect(maps.Keys(answer.Not))),
		now.Add(evaluateEvery))
}

// fails is by which rule a control fails.
func (s *Sweeper) fails(id string) (control.Fails, bool) {
	c, known := s.People.Controls.Get(id)
	return c.Fails, known
}

// evaluation notes what AWS Config was asked, or why not.
func (s *Sweeper) evaluation(ctx context.Context, event string, e run.Evaluation, rules []run.Rule, why error) {
	line := audit.Line{Time: s.Now(), Event: event, Account: e.Account, Region: e.Region}
	if why != nil {
		line.Error = why.Error()
	}
	var controls, names []string
	for _, r := range rules {
		controls, names = append(controls, r.Control), append(names, r.Name)
	}
	slices.Sort(controls)
	line.Reason = fmt.Sprintf("%s, for %s", strings.Join(slices.Compact(names), ", "),
		strings.Join(slices.Compact(controls), ", "))
	s.Audit(ctx, line)
}

// tellOfDenial tells people once that an account does not let AWS Config be asked: every fix is confirmed there all the
// same, as late as Security Hub looks by itself.
func (s *Sweeper) tellOfDenial(ctx context.Context, e run.Evaluation, why error) {
	if fault.Of(why) != fault.Denied {
		return // of an account without the role they hear otherwise, and the rest is no matter of theirs
	}
	s.People.OnceUntil(ctx, "not-evaluated#"+e.Account, s.Now().Add(evaluateTold), notice.Notice{
		Kind: notice.NotEvaluated, Account: e.Account, Region: e.Region, When: s.Now(), Why: fault.Cause(why),
		ToDo: "Deploy deploy/member.yaml with EvaluateAgain=Allowed there, or take stays_fixed.evaluate_again out of the " +
			"configuration. Fixes are not concerned: Security Hub looks again by itself within a day.",
	})
}
