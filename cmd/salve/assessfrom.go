package main

import (
	"errors"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/organizations"
	"github.com/aws/aws-sdk-go-v2/service/securityhub"
	sh "github.com/aws/aws-sdk-go-v2/service/securityhub/types"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/salve-security/salve/internal/around"
	"github.com/salve-security/salve/internal/assess"
	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/finding"
	"github.com/salve-security/salve/internal/gate"
	"github.com/salve-security/salve/internal/member"
	"github.com/salve-security/salve/internal/version"
)

// assessment is one as this shell can make it: through the hub if there is one, else by a role that is named, else of
// this account alone.
func (a *app) assessment(c *assessCmd) (*assess.Assessment, assess.Head, error) {
	cfg, err := a.configuration()
	if err != nil {
		return nil, assess.Head{}, err
	}
	me, err := a.login(cfg, sts.NewFromConfig(cfg))
	if err != nil {
		return nil, assess.Head{}, err
	}
	s := a.looker(cfg, aws.ToString(me.Arn))
	head := assess.Head{
		Query: c.query(), Release: version.String(), Account: aws.ToString(me.Account), Region: cfg.Region, Began: a.now(),
	}
	if head.As, head.Config, err = a.enterBy(s, c, cfg, head.Account); err != nil {
		return nil, head, err
	}
	s.Playbook = a.playbookOf(s.Config)
	head.Of, err = a.narrowed(c, cfg, head)
	return s, head, err
}

// looker is an assessment that asks Security Hub with somebody's own credentials, and does not know yet how to enter
// members.
func (a *app) looker(cfg aws.Config, me string) *assess.Assessment {
	return &assess.Assessment{
		Findings: securityhub.NewFromConfig(cfg), Partition: arnPartition(me), Regions: hub{cfg: cfg}.regions(),
		Actor: member.SourceIdentity(me[strings.LastIndexAny(me, ":/")+1:]), Controls: a.names.controls,
		Standards: a.names.scored(), Now: a.now, Sleep: a.sleep, Workers: assessedAtOnce,
		Said: func(assess.Progress) {},
		Identify: func(f sh.AwsSecurityFinding) (finding.Finding, error) {
			return identify(f, a.names.standards)
		},
	}
}

// playbookOf finds what carries a control out under a configuration.
func (a *app) playbookOf(config gate.Config) func(id string) (control.Control, bool) {
	return func(id string) (control.Control, bool) { return a.names.playbookIn(config, id) }
}

// enterBy says how members are entered, and what configuration is in force.
func (a *app) enterBy(s *assess.Assessment, c *assessCmd, cfg aws.Config, own string) (as, config string, err error) {
	if c.AccessRole != "" {
		s.Sessions = assess.Oneself{Own: cfg, Account: own, Members: member.Opener{Hub: cfg, Role: c.AccessRole}}
		return "by the role " + c.AccessRole, "", nil
	}
	h, stored, err := a.hubIfAny()
	switch {
	case err != nil:
		return "", "", err
	case h == nil:
		s.Sessions = assess.Oneself{Own: cfg, Account: own}
		return byOneself, "", nil
	}
	if s.Config, err = stored.Config(); err != nil {
		return "", "", err
	}
	finder := &around.Finder{
		Charts: h.ledger(), SSM: ssm.NewFromConfig(cfg), Sessions: a.sessions(*h), Now: a.now,
	}
	s.Calendars = finder.Calendars
	s.Sessions, s.Hub, s.Stops, s.Placed = a.sessions(*h), true, stored.Stops, finder.Placed
	s.Rings = stored.Over(nil, nil)
	config, err = goesBy(s.Config, s.Stops)
	return throughHub, config, err
}

// throughHub is how an assessment says that it enters members as the hub does.
const throughHub = "through the hub"

// byOneself is how an assessment says that it enters nobody.
const byOneself = "as oneself, this account alone"

// hubIfAny is the hub that these credentials are of; nil where there is none. One that is there and cannot be asked is
// an error: without its configuration an assessment would say something else.
func (a *app) hubIfAny() (*hub, gate.Settings, error) {
	const without = "; to look without a hub, name a role to enter members with: --access-role"
	h, err := a.hub()
	if err != nil {
		return nil, gate.Settings{}, fault.New(fault.Of(err), "%s%s", sentence(err), without)
	}
	stored, err := h.ledger().Settings(a.ctx)
	var missing *types.ResourceNotFoundException
	if errors.As(err, &missing) {
		return nil, gate.Settings{}, nil
	}
	if err == nil {
		err = a.asFunction(h)
	}
	if err != nil {
		return nil, gate.Settings{}, fault.New(fault.Of(err), "the hub cannot be asked: %s%s", sentence(err), without)
	}
	return &h, stored, nil
}

// narrowed are the accounts that findings are asked for; none for all that are seen.
func (a *app) narrowed(c *assessCmd, cfg aws.Config, head assess.Head) ([]string, error) {
	of := slices.Clone(head.Query.Accounts)
	if len(c.OU) > 0 {
		below, err := assess.AccountsBelow(a.ctx, organizations.NewFromConfig(cfg), c.OU)
		if err != nil {
			return nil, err
		}
		if len(of) > 0 {
			below = slices.DeleteFunc(below, func(id string) bool { return !slices.Contains(of, id) })
		}
		if len(below) == 0 {
			return nil, fault.New(fault.Invalid, "no account is in %s and among those that were asked about",
				strings.Join(c.OU, ", "))
		}
		of = below
	}
	if head.As != byOneself {
		return of, nil
	}
	others := slices.DeleteFunc(slices.Clone(of), func(id string) bool { return id == head.Account })
	if len(others) > 0 {
		return nil, fault.New(fault.Invalid, "there is no hub in account %s, Region %s: name a role to enter %s with: "+
			"--access-role", head.Account, head.Region, others[0])
	}
	return []string{head.Account}, nil
}

// scored are the standards that scores are computed of.
func (c catalogue) scored() []assess.Standard {
	var out []assess.Standard
	for _, key := range c.standards.Keys() {
		s, _ := c.standards.Standard(key)
		one := assess.Standard{Key: s.Key, Name: s.Name, ID: s.StandardsID}
		for _, entry := range s.Controls {
			if !slices.Contains(one.Controls, entry.Control) {
				one.Controls = append(one.Controls, entry.Control)
			}
		}
		out = append(out, one)
	}
	return out
}
