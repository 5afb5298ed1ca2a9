package main

import (
	"slices"
	"strings"

	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/gate"
)

// booked names a runbook and the resource that it should be started for.
type booked struct {
	Document string `arg:"" name:"runbook" help:"The runbook's name, as salve runbooks list prints it."`
	Resource string `arg:"" help:"The resource as its findings name it, mostly an ARN."`
	Account  string `placeholder:"ID" help:"The member account the resource is in; default is its ARN's."`
	Region   string `placeholder:"REGION" help:"The resource's Region; default is its ARN's, else the hub's."`

	Param map[string]string `mapsep:"none" placeholder:"NAME=VALUE" help:"A parameter of the control; may be repeated."`
}

// target is the control that starts the runbook, on the resource.
func (b booked) target(a *app) (target, error) {
	t := target{Resource: b.Resource, Account: b.Account, Region: b.Region, Param: b.Param}
	ids, err := a.names.starts(b.Document, gate.Config{})
	if err == nil && len(ids) == 0 {
		config, failed := a.stored()
		if failed != nil {
			return t, failed
		}
		ids, err = a.names.starts(b.Document, config)
	}
	switch {
	case err != nil:
		return t, err
	case len(ids) == 0:
		return t, fault.New(fault.Invalid, "no control starts a runbook %q: see salve runbooks list, with --configured for "+
			"those of the configuration", b.Document)
	case len(ids) > 1:
		return t, fault.New(fault.Invalid, "several controls start runbook %s (%s): name one in salve plan or salve apply",
			b.Document, strings.Join(ids, ", "))
	}
	t.Control = ids[0]
	return t, nil
}

// starts are the controls whose fix is the runbook.
func (c catalogue) starts(document string, config gate.Config) ([]string, error) {
	var ids []string
	for _, known := range c.controls.All() {
		switch at := slices.IndexFunc(known.Runbooks, func(name string) bool { return strings.EqualFold(name, document) }); {
		case at == 0:
			ids = append(ids, known.ID)
		case at > 0:
			return nil, fault.New(fault.Invalid, "runbook %s takes back what %s did: it is started by salve undo RUN",
				known.Runbooks[at], known.ID)
		}
	}
	for _, m := range mappings(config) {
		if strings.EqualFold(m.Document, document) {
			ids = append(ids, m.Controls...)
		}
	}
	return ids, nil
}

type runbooksPlan struct{ booked }

// Run prints the plan; its session in the member cannot start anything.
func (c *runbooksPlan) Run(a *app) error {
	t, err := c.target(a)
	if err != nil {
		return err
	}
	return a.preview(t)
}

type runbooksRun struct {
	booked
	Yes        bool `help:"Really start it."`
	NoFindings bool `help:"Leave the findings in Security Hub as they are."`
	Despite    bool `name:"despite-exception" help:"Act although an exception protects the resource; it is audited."`
	Frozen     bool `name:"despite-freeze" help:"Act although changes are frozen; it is audited."`
	patience
}

// Run starts the runbook and follows it, or shows the plan without --yes.
func (c *runbooksRun) Run(a *app) error {
	t, err := c.target(a)
	if err != nil {
		return err
	}
	apply := applyCmd{
		target: t, Yes: c.Yes, NoFindings: c.NoFindings, Despite: c.Despite, Frozen: c.Frozen, patience: c.patience,
	}
	return apply.Run(a)
}
