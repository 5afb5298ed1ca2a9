package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/arn"
	ddb "github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/aws/aws-sdk-go-v2/service/organizations"
	"github.com/aws/aws-sdk-go-v2/service/securityhub"
	"github.com/aws/aws-sdk-go-v2/service/ssm"

	"github.com/salve-security/salve/deploy"
	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/names"
	"github.com/salve-security/salve/internal/rollout"
	"github.com/salve-security/salve/internal/run"
	"github.com/salve-security/salve/internal/selftest"
	"github.com/salve-security/salve/internal/stack"
)

// scene is a test of an account, with the parts of salve deploy.
type scene struct {
	selftest.Sandbox
	c     *selftestCmd
	d     *deployer
	cfg   aws.Config // of the sandbox
	notes []string   // what a person should know
}

// scene connects to the hub and to the sandbox, which mostly are one account.
func (c *selftestCmd) scene(a *app, cfg aws.Config, seeds []selftest.Seed) (*scene, error) {
	d, err := a.deployer(deployFlags{})
	if err != nil {
		return nil, err
	}
	me, err := arn.Parse(d.me)
	if err != nil {
		return nil, fmt.Errorf("who asks: %w", err)
	}
	if me.Resource == "root" && cfg.BaseEndpoint == nil {
		return nil, fault.New(fault.Refused, "these are credentials of the root user, which AWS lets become no role: sign "+
			"in as a role or a user that may do everything in the sandbox")
	}
	s := &scene{c: c, d: d, cfg: cfg}
	deployment, err := s.deployment(operators(me))
	if err != nil {
		return nil, err
	}
	token := run.NewID(a.now())
	s.Sandbox = selftest.Sandbox{
		Diary: selftest.Notes{Client: ssm.NewFromConfig(cfg)}, Deployment: deployment, Like: s.like, Fits: s.fits, Open: s.open,
		By: d.me, Token: token, Keep: c.Keep,
		Test: selftest.Test{Seeds: seeds, All: selftest.Seeds(), Config: cfg, Now: a.now, Said: func(id, step string) {
			a.warn("%s", strings.TrimPrefix(id+": "+step, ": "))
		}},
	}
	return s, nil
}

// operators are the patterns of who asks, for the hub that a test makes: it lets in nobody else.
func operators(me arn.ARN) string {
	name, ok := strings.CutPrefix(me.Resource, "assumed-role/")
	if !ok {
		return me.String()
	}
	name, _, _ = strings.Cut(name, "/")
	role := "arn:" + me.Partition + ":iam::" + me.AccountID + ":role/"
	return role + name + "," + role + "*/" + name // its path is not said
}

// deployment is what a test may make, and how it is looked at.
func (s *scene) deployment(operators string) (selftest.Deployment, error) {
	d := s.d
	was, err := d.driver(d.own, d.place.Account).Look(d.a.ctx, d.place.HubStack())
	if err != nil {
		return selftest.Deployment{}, err
	}
	secret := ""
	if !was.Whole() { // one that is there keeps its own
		secret = rand.Text()
	}
	parameters := selftest.Parameters(operators, secret)
	for name, value := range s.c.Parameter {
		parameters[name] = value
	}
	h := d.wished(deploy.Hub(), parameters)
	h.Code, err = s.c.code(was.Parameters["Architecture"])
	return selftest.Deployment{
		Account: s.c.Account, Hub: h, Driver: d.driver(s.cfg, s.c.Account), Members: s.members, Works: s.works, Role: s.role,
		Rest: s.rest,
	}, err
}

// members are the sandbox alone.
func (s *scene) members(context.Context) (rollout.Members, error) {
	m, err := s.d.leavers(memberFlags{})
	if err != nil {
		return m, err
	}
	m.Template = deploy.Member()
	driver := s.d.driver(s.cfg, s.c.Account)
	m.Accounts = []rollout.Account{{
		ID: s.c.Account, Driver: func(context.Context) (stack.Driver, error) { return driver, nil },
	}}
	if m.Hub.Whole() { // one that is half gone asks for nothing
		m.ExternalID, err = s.d.externalID(m.Hub)
	}
	return m, err
}

// works tells whether the hub has a table that can be read.
func (s *scene) works(ctx context.Context) (bool, error) {
	_, err := s.d.ledger().Settings(ctx)
	var none *ddb.ResourceNotFoundException
	if errors.As(err, &none) {
		return false, nil
	}
	return err == nil, err
}

// role tells whether the sandbox has the role of members, however it came there.
func (s *scene) role(ctx context.Context) (bool, error) {
	name := s.d.settings.Home.Name(names.MemberRole)
	_, err := iam.NewFromConfig(s.cfg).GetRole(ctx, &iam.GetRoleInput{RoleName: &name})
	var none *types.NoSuchEntityException
	if errors.As(err, &none) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("look for role %s: %w", name, err)
	}
	return true, nil
}

// like refuses what is no sandbox.
func (s *scene) like(ctx context.Context) error {
	looks := selftest.Looks{
		Organization: organizations.NewFromConfig(s.cfg), SecurityHub: securityhub.NewFromConfig(s.cfg),
	}
	return looks.Sandbox(ctx, s.c.Account)
}

// fits refuses a place in which no hub may be.
func (s *scene) fits(ctx context.Context, earlier *selftest.Journal) error {
	if earlier != nil && earlier.Hub { // it was looked at when it was begun, and what is there now is its own
		return nil
	}
	checks := s.d.checks()
	checks.Test = true
	var err error
	s.notes, err = checks.Look(ctx)
	return err
}

// rest refuses to take a hub away that has runs of others, whose undo would be gone, or whose policies people took.
func (s *scene) rest(ctx context.Context, j selftest.Journal) error {
	if _, err := s.d.place.Attached(ctx, iam.NewFromConfig(s.d.own)); err != nil {
		return err
	}
	first, err := time.Parse(time.RFC3339, j.First)
	if err != nil {
		return fmt.Errorf("when the first test began: %w", err)
	}
	page, err := s.d.ledger().History(ctx, run.Query{ // clocks differ
		Since: first.Add(-time.Hour), Until: s.d.a.now().Add(time.Hour),
	})
	var none *ddb.ResourceNotFoundException
	if errors.As(err, &none) { // of a hub that is half gone
		return nil
	}
	if err != nil {
		return err
	}
	for _, r := range page.Runs {
		if !slices.Contains(j.Batches, run.Batch(r.ID)) {
			return fault.New(fault.Refused, "the hub that a test made has a run that is no test's, %s, and its undo would be "+
				"gone with it: keep the hub (salve deploy hub --parameter DeletionProtection=true --yes), or remove it with "+
				"salve destroy", r.ID)
		}
	}
	if len(page.Skipped) > 0 {
		return fault.New(fault.Refused, "the hub that a test made has runs that cannot be read: look at salve history")
	}
	return nil
}

// A role that was just made is not known everywhere at once.
const (
	mostEntries = 24
	entryWait   = 5 * time.Second
)

// open is the engine, as soon as it may enter the sandbox.
func (s *scene) open(ctx context.Context, made selftest.Made) (selftest.Engine, error) {
	h := s.d.hub
	h.batch = s.Token
	if made.Hub {
		m, err := s.members(ctx)
		if err != nil {
			return nil, err
		}
		h.settings.ExternalID = m.ExternalID
	}
	at := control.Target{Account: s.c.Account, Region: s.cfg.Region, Partition: s.d.place.Partition}
	for n := 1; ; n++ {
		p, err := s.d.a.prover(h, at)
		if err == nil {
			err = p.enters(ctx)
		}
		class := fault.Of(err)
		if err == nil {
			return p, nil
		}
		if n == mostEntries || len(made.Parts()) == 0 || class != fault.Denied && class != fault.NotOnboarded {
			return nil, err
		}
		if err := s.d.a.sleep(ctx, entryWait); err != nil {
			return nil, err
		}
	}
}
