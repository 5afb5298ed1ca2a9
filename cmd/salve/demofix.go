package main

import (
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/service/securityhub/types"

	"github.com/salve-security/salve/internal/run"
)

// playFix: nobody does anything.
func (d *demo) playFix() error {
	p, err := d.bucket(d.member, "quarterly-reports")
	if err != nil {
		return err
	}
	id, err := d.report(p, "")
	if err != nil {
		return err
	}
	d.tell("Security Hub reports S3.8 for %s in %s: its blocks of public access are %s.", p.arn, p.account, p.before)
	if _, err := d.mail("Salve fixed S3.8", p.arn); err != nil {
		return err
	}
	if d.first, err = d.run(p); err != nil {
		return err
	}
	d.tell("Salve's function, seconds later: %s", d.first.Status)
	d.indented(margin, d.first.Changes())
	if err := p.changed(allOn); err != nil {
		return err
	}
	_, err = d.says(id, types.WorkflowStatusResolved)
	d.tell("AWS says: %s. Security Hub says: %s.", p.after, types.WorkflowStatusResolved)
	return err
}

// playClick: in this account S3.8 does not act by itself.
func (d *demo) playClick() error {
	p, err := d.bucket(d.other, "price-lists")
	if err != nil {
		return err
	}
	id, err := d.report(p, "")
	if err != nil {
		return err
	}
	if err := d.click(id); err != nil {
		return err
	}
	d.tell("In %s nothing acts by itself: a person clicks Remediate on the finding of %s.", p.account, p.name)
	note, err := d.says(id, types.WorkflowStatusResolved)
	if err != nil {
		return err
	}
	if err := p.changed(allOn); err != nil {
		return err
	}
	r, err := d.run(p)
	if err != nil {
		return err
	}
	if r.Trigger != run.TriggerClick {
		return fmt.Errorf("the run says that it was asked for by %s", r.Trigger)
	}
	d.tell("AWS says: %s. The finding is %s, its note says:\n  %s", p.after, types.WorkflowStatusResolved, note)
	return nil
}

// run is the last run on a resource.
func (d *demo) run(p *prop) (*run.Run, error) {
	page, err := d.h.ledger().History(d.ctx, run.Query{Resource: p.arn, Control: p.control, Limit: 1})
	if err != nil {
		return nil, err
	}
	if len(page.Runs) == 0 {
		return nil, errors.New("the ledger holds no run on " + p.name)
	}
	return page.Runs[0], nil
}
