package assess

import (
	"context"
	"crypto/rand"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/salve-security/salve/internal/around"
	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/run"
)

// sealSize is that of a key for marks of secrets.
const sealSize = 32

// Request is what a session is asked for that plans all work of a control in an account: the rights to read, and those
// alone. It is narrowed to no resource, so that one serves them all, and to no Region.
func Request(c control.Control, account, partition, runID, actor string) control.SessionRequest {
	return control.SessionRequest{
		Target: control.Target{Account: account, Partition: partition}, RunID: runID, Source: actor,
		Role: control.RoleRemediation, Actions: c.Reads(),
	}
}

// session is one control in one account.
type session struct {
	a       *Assessment
	control control.Control
	account string
	id      string

	opened bool
	cfg    aws.Config
	err    error
	seals  *control.Seals
}

// open opens it once; what fails fails for all of its work.
func (s *session) open(ctx context.Context) (aws.Config, error) {
	if s.opened {
		return s.cfg, s.err
	}
	s.opened, s.id = true, run.NewID(s.a.Now())
	cfg, err := s.a.Sessions.Open(ctx, Request(s.control, s.account, s.a.Partition, s.id, s.a.Actor))
	s.cfg, s.err = ReadOnly(cfg), err
	if err == nil && s.control.HasSecrets() {
		key := make([]byte, sealSize) // of no run: marks of an assessment are compared with nothing
		_, s.err = rand.Read(key)
		s.seals = control.NewSeals(key)
	}
	return s.cfg, s.err
}

// plan reads a resource and says what would change.
func (s *session) plan(ctx context.Context, u Unit) (control.Plan, error) {
	cfg, err := s.open(ctx)
	if err != nil {
		return control.Plan{}, err
	}
	chosen, err := s.control.Choose(control.Given{
		Configuration: s.a.Config.Parameters(s.control.ID), Judged: u.Params,
	})
	if err == nil {
		chosen, err = s.raised(ctx, u, chosen)
	}
	if err != nil {
		return control.Plan{}, err
	}
	cfg = cfg.Copy()
	cfg.Region = u.Region
	return s.control.Plan(ctx, control.Env{
		Config: cfg, Target: u.target(), Params: chosen.Params, Raised: control.Raised(chosen.Sources), Now: s.a.Now(),
		Run: s.id, Seals: s.seals,
	})
}

// raised puts what the class of the resource's data sets over the other values, as the engine does. Only where some
// class sets anything for the control its tags are read, in a session of their own.
func (s *session) raised(ctx context.Context, u Unit, chosen control.Choice) (control.Choice, error) {
	config := s.a.Config
	if len(config.Raisers(s.control.ID)) == 0 {
		return chosen, nil
	}
	tags, err := s.a.tags()(ctx, u.target(), s.id)
	if err != nil {
		return chosen, err
	}
	if tags == nil {
		return chosen, fault.New(fault.Refused, "The tags of the resource could not be read, and the class of its data "+
			"decides about parameters.")
	}
	class, params := config.Raised(s.control.ID, tags)
	return s.control.Raise(chosen, class, params)
}

// tags reads those of a resource.
func (a *Assessment) tags() func(context.Context, control.Target, string) (map[string]string, error) {
	if a.Tags != nil {
		return a.Tags
	}
	return (&around.Finder{Sessions: reading{a.Sessions}, Now: a.Now}).Tags
}

// reading opens sessions that send nothing which could change anything.
type reading struct{ Sessions }

// Open opens one.
func (r reading) Open(ctx context.Context, req control.SessionRequest) (aws.Config, error) {
	cfg, err := r.Sessions.Open(ctx, req)
	return ReadOnly(cfg), err
}
