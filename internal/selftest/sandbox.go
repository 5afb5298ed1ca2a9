package selftest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/proof"
	"github.com/salve-security/salve/internal/rollout"
)

// Sandbox is an account in which Salve is tested: what is missing of Salve is deployed, controls are seeded, fixed and
// taken back, and what was made goes. What a test makes it writes down there before, so that the next run understands
// what one left that was killed, goes on with it, and leaves nothing.
type Sandbox struct {
	Diary      Diary
	Deployment Deployment
	// Like refuses an account that is no sandbox.
	Like func(ctx context.Context) error
	// Fits refuses a place in which no hub may be, before one is made there: earlier is what a test has left, or nil.
	Fits func(ctx context.Context, earlier *Journal) error
	// Open is the engine, once all of Salve is there.
	Open  func(ctx context.Context, made Made) (Engine, error)
	Test  Test // but for its engine and its names
	By    string
	Token string // of this run, as no other has it: in the names of what it makes, and the batch of its runs
	Keep  bool
}

// Outlook is what a test would find and do.
type Outlook struct {
	Earlier *Journal // what an earlier one has left; nil for nothing
	Left    []string // the same for people
	Made    Made
	Items   []rollout.Item
}

// Outcome is what a test did.
type Outcome struct {
	Made     Made
	Steps    []proof.Step
	Controls []proof.Control
	Left     []string // what may be there still
}

// Plan says what a test would do, and changes nothing.
func (s Sandbox) Plan(ctx context.Context) (Outlook, error) {
	earlier, made, err := s.look(ctx)
	out := Outlook{Earlier: earlier, Made: made}
	if earlier != nil {
		out.Left = earlier.left(s.Deployment)
	}
	if err == nil {
		out.Items, err = s.Deployment.plan(ctx, made)
	}
	return out, err
}

// look reads what an earlier test has left, and what is missing.
func (s Sandbox) look(ctx context.Context) (*Journal, Made, error) {
	earlier, err := s.Diary.Read(ctx)
	if err != nil {
		return nil, Made{}, err
	}
	was := Made{}
	if earlier != nil {
		was = earlier.Made
	}
	// Also where nothing of Salve is to be made: seeds are, and they are open to the world for a moment.
	if err := s.Like(ctx); err != nil {
		return nil, Made{}, err
	}
	made, err := s.Deployment.missing(ctx, was)
	if err == nil && made.Hub {
		err = s.Fits(ctx, earlier)
	}
	return earlier, made, err
}

// Run does all of it. What it could not take away is named, and the next run goes on from there.
func (s Sandbox) Run(ctx context.Context) (Outcome, error) {
	earlier, made, err := s.look(ctx)
	if err != nil {
		return Outcome{}, err
	}
	if earlier != nil {
		s.Test.Said("", fmt.Sprintf("a test that %s began at %s has left something: it is gone on with", earlier.By,
			earlier.Began))
	}
	j := s.next(earlier, made)
	out := Outcome{Made: made}
	out.Controls, err = s.all(ctx, earlier, j, &out.Steps)
	if err != nil || s.Keep {
		out.Left = j.left(s.Deployment)
	}
	return out, err
}

// next is the journal of this run, which goes on with that of an earlier one.
func (s Sandbox) next(earlier *Journal, made Made) Journal {
	now := s.Test.Now().UTC().Format(time.RFC3339)
	j := Journal{Version: 1, Token: s.Token, By: s.By, Began: now, First: now, Stamp: s.Token, Made: made}
	if earlier != nil {
		j.First, j.Batches = earlier.First, slices.Clone(earlier.Batches)
	}
	j.Batches = append(j.Batches, s.Token)
	return j
}

// all are the steps, in their order.
func (s Sandbox) all(ctx context.Context, earlier *Journal, j Journal, steps *[]proof.Step) ([]proof.Control, error) {
	if err := s.begin(ctx, earlier, j); err != nil {
		return nil, err
	}
	if err := s.deploy(ctx, j.Made, steps); err != nil {
		return nil, err
	}
	engine, err := s.Open(ctx, j.Made)
	if err != nil {
		return nil, err
	}
	t := s.Test
	t.Engine, t.Stamp, t.Keep = engine, j.Stamp, s.Keep
	t.Mine = func() error { return s.mine(ctx) }
	controls, err := t.Run(ctx)
	if err != nil || s.Keep {
		return controls, err
	}
	return controls, s.step(steps, "take back", func() error { return s.away(ctx, j) })
}

// begin takes away the seeds of an earlier test, and writes down what this one is going to make.
func (s Sandbox) begin(ctx context.Context, earlier *Journal, j Journal) error {
	if earlier != nil {
		// From here on the one that wrote it ends at its next step, should it be at work still.
		claimed := *earlier
		claimed.Token = s.Token
		if err := s.Diary.Write(ctx, claimed); err != nil {
			return err
		}
		if err := s.seeds(ctx, *earlier); err != nil {
			return err
		}
	}
	return s.Diary.Write(ctx, j)
}

// deploy makes what is missing.
func (s Sandbox) deploy(ctx context.Context, made Made, steps *[]proof.Step) error {
	for _, part := range []struct {
		name string
		do   func(context.Context) error
		is   bool
	}{
		{"deploy hub", s.Deployment.deployHub, made.Hub}, {"deploy member", s.Deployment.deployMember, made.Member},
	} {
		if !part.is {
			continue
		}
		if err := s.mine(ctx); err != nil {
			return err
		}
		if err := s.step(steps, part.name, func() error { return part.do(ctx) }); err != nil {
			if taken := s.mine(ctx); fault.Of(taken) == fault.Refused { // by whom it is, most likely, that it failed
				return taken
			}
			return err
		}
	}
	return nil
}

// step does one of the deployment.
func (s Sandbox) step(steps *[]proof.Step, name string, do func() error) error {
	told, err := s.Test.timed("", name, do)
	*steps = append(*steps, told)
	return err
}

// mine refuses to go on where another run has taken over.
func (s Sandbox) mine(ctx context.Context) error {
	j, err := s.Diary.Read(ctx)
	if err != nil {
		return err
	}
	if j == nil || j.Token != s.Token {
		by := "somebody"
		if j != nil {
			by = j.By
		}
		return fault.New(fault.Refused, "%s has begun another test here meanwhile, or a clean: this one ends, and leaves "+
			"what it made to that one", by)
	}
	return nil
}

// seeds takes away the seeds of a test: those that it may have made, by their whole names, and what has prefix and tag.
func (s Sandbox) seeds(ctx context.Context, j Journal) error {
	var failed []error
	for _, seed := range s.Test.known() {
		if j.Stamp == "" {
			break
		}
		if err := seed.Family.Remove(ctx, s.Test.Config, Name(j.Stamp, seed)); err != nil {
			failed = append(failed, fmt.Errorf("remove the %s for %s: %w", seed.Family.Name, seed.Control, err))
		}
	}
	_, more := clean(ctx, s.Test.Config, s.Test.known())
	return errors.Join(append(failed, more...)...)
}

// away takes all away that a test made, what says so last.
func (s Sandbox) away(ctx context.Context, j Journal) error {
	if err := s.mine(ctx); err != nil {
		return err
	}
	if err := s.seeds(ctx, j); err != nil {
		return err
	}
	if err := s.Deployment.leave(ctx, j); err != nil {
		return err
	}
	return s.Diary.Forget(ctx)
}

// Left is what may be there still of a test, for people.
func (s Sandbox) Left(j Journal) []string { return j.left(s.Deployment) }

// Clean takes away what tests have left, and nothing else. It says what that is; with an error, what may be left still.
func (s Sandbox) Clean(ctx context.Context) (left []string, err error) {
	earlier, err := s.Diary.Read(ctx)
	if err != nil {
		return nil, err
	}
	if earlier == nil { // seeds without a journal: somebody deleted it
		removed, failed := clean(ctx, s.Test.Config, s.Test.known())
		return removed, errors.Join(failed...)
	}
	if earlier.Made, err = s.Deployment.still(ctx, earlier.Made); err != nil {
		return nil, err
	}
	left = earlier.left(s.Deployment)
	earlier.Token = s.Token
	if err := s.Diary.Write(ctx, *earlier); err != nil {
		return left, err
	}
	return left, s.away(ctx, *earlier)
}
