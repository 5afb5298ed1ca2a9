package main

import (
	"errors"
	"regexp"
	"slices"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/engine"
	"github.com/salve-security/salve/internal/engine/work"
	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/finding"
)

// target names a control and the resource it should look at, or a finding that does.
type target struct {
	Control  string `arg:"" name:"control-or-finding" help:"${help_about}"`
	Resource string `arg:"" optional:"" help:"The resource as its findings name it, mostly an ARN; not with a finding."`
	Account  string `placeholder:"ID" help:"The member account the resource is in; default is its ARN's."`
	Region   string `placeholder:"REGION" help:"The resource's Region; default is its ARN's, else the hub's."`

	Param map[string]string `mapsep:"none" placeholder:"NAME=VALUE" help:"A parameter of the control; may be repeated."`

	judged control.Judged // what a finding says that the control was judged by; nil where none names the target
}

// accounts refuses what is no account.
func accounts(ids ...string) error {
	for _, id := range ids {
		if !regexp.MustCompile(`^[0-9]{12}$`).MatchString(id) {
			return fault.New(fault.Invalid, "account %q is not 12 digits", id)
		}
	}
	return nil
}

// given refuses what is no account, where one is given.
func given(account string) error {
	if account == "" {
		return nil
	}
	return accounts(account)
}

// finding tells that the target is named by a finding.
func (t target) finding() bool { return t.Resource == "" && findingID(t.Control) }

// check tells what is wrong before anybody is asked for credentials.
func (t target) check(names catalogue) error {
	switch {
	case t.finding():
		return given(t.Account)
	case t.Resource == "":
		return fault.New(fault.Invalid, "no resource is named: write a control and a resource, or the id of a finding")
	}
	id, listed := names.id(t.Control)
	if !listed {
		_, err := names.playbook(t.Control)
		return err
	}
	c, _ := names.controls.Get(id) // one without a playbook may have a runbook in the configuration
	for name := range t.Param {
		if !slices.ContainsFunc(c.Params, func(p control.Param) bool { return p.Name == name }) {
			return fault.New(fault.Invalid, "control %s has no parameter %q: see salve controls show %s", id, name, id)
		}
	}
	if account := t.account(); account == "" {
		return fault.New(fault.Invalid, "--account is missing: %s does not say in which account it is", t.Resource)
	} else if err := accounts(account); err != nil {
		return err
	}
	if t.Region != "" && located(t.Resource).Region != t.Region {
		if err := oneRegion(t.Region); err != nil {
			return err
		}
	}
	_, err := t.place("")
	return err
}

func (t target) request(names catalogue, h hub) (work.Request, error) {
	id, listed := names.id(t.Control)
	if !listed {
		_, err := names.playbook(t.Control)
		return work.Request{}, err
	}
	at, err := t.place(h.cfg.Region)
	if err != nil {
		return work.Request{}, err
	}
	params := make(map[string]any, len(t.Param))
	for name, value := range t.Param {
		params[name] = value
	}
	f := finding.Finding{Control: id, Resource: finding.Resource{ID: at.Resource, Region: at.Region}}
	return work.Request{
		Control: id, Scope: finding.Scope(f), Actor: h.actor, ActorID: h.id, Params: params, Target: at, Judged: t.judged,
	}, nil
}

// asked checks what was typed, and returns what is needed to do it.
func (a *app) asked(t target) (hub, *engine.Engine, work.Request, error) {
	if err := t.check(a.names); err != nil {
		return hub{}, nil, work.Request{}, err
	}
	h, err := a.hub()
	if err != nil {
		return hub{}, nil, work.Request{}, err
	}
	if t, err = a.found(h, t); err != nil {
		return hub{}, nil, work.Request{}, err
	}
	e, err := a.engine(h)
	if err != nil {
		return hub{}, nil, work.Request{}, err
	}
	req, err := t.request(a.names, h)
	if err != nil {
		return h, e, req, err
	}
	c, _ := a.names.controls.Get(req.Control) // a runbook of the configuration decides nobody's rights: see request
	return h, e, req, notOneself(c, req.Target, h.me, h.role)
}

// found looks a finding up, where one names the target.
func (a *app) found(h hub, t target) (target, error) {
	if !t.finding() {
		return t, nil
	}
	id := t.Control
	f, err := a.theFinding(h, id)
	if err != nil {
		return t, err
	}
	if t, err = t.named(f, id); err != nil {
		return t, err
	}
	return t, t.check(a.names)
}

type applyCmd struct {
	target
	Yes        bool `help:"Really change the resource."`
	NoFindings bool `help:"Leave the findings in Security Hub as they are."`
	Despite    bool `name:"despite-exception" help:"Act although an exception protects the resource; it is audited."`
	Frozen     bool `name:"despite-freeze" help:"Act although changes are frozen; it is audited."`
	patience
}

// Run fixes the resource, or shows the plan without --yes.
func (c *applyCmd) Run(a *app) error {
	if !c.Yes {
		err := a.preview(c.target)
		if errors.Is(err, exit(exitPending)) {
			a.warn("nothing was changed: add --yes")
		}
		return err
	}
	h, e, req, err := a.asked(c.target)
	if err != nil {
		return err
	}
	if req.Despite, req.DespiteFreeze = c.Despite, c.Frozen; !c.NoFindings {
		req.Findings = a.openFindings(h, req)
	}
	if err := a.proven(h, applies(req)); err != nil {
		return err
	}
	done := a.progress("Fixing " + req.Control)
	r, err := e.Apply(a.ctx, req)
	done()
	if err != nil {
		return err
	}
	return a.finish(e, r, c.patience)
}
