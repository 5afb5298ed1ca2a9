package main

import (
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/securityhub/types"

	"github.com/salve-security/salve/internal/run"
)

// playApproval: the plan is told and nothing is touched.
func (d *demo) playApproval() error {
	p, err := d.group()
	if err != nil {
		return err
	}
	id, err := d.report(p, "")
	if err != nil {
		return err
	}
	d.tell("EC2.2 wants the default security group empty. Salve asks first.")
	mail, err := d.mail("Salve needs approval for EC2.2", p.arn)
	if err != nil {
		return err
	}
	note, err := d.says(id, types.WorkflowStatusNotified)
	if err != nil {
		return err
	}
	r, err := d.run(p)
	if err != nil {
		return err
	}
	command := lineOf(mail, "salve apply ")
	if r.Status != run.StatusAwaitingApproval || !strings.Contains(command, p.arn) {
		return fmt.Errorf("the run is %s, and the email does not say how to approve:\n%s", r.Status, mail)
	}
	d.indented(margin, r.Changes())
	d.tell("The email says how to approve:\n  %s", command)
	d.tell("The finding is %s: %s", types.WorkflowStatusNotified, note)
	if err := p.changed(p.before); err != nil {
		return err
	}
	d.tell("Nobody approves. AWS says: %s %s, as before.", p.what, p.after)
	return nil
}

// lineOf is the line of a text that begins so, without what is before it.
func lineOf(text, begins string) string {
	for line := range strings.SplitSeq(text, "\n") {
		if line = strings.TrimSpace(line); strings.HasPrefix(line, begins) {
			return line
		}
	}
	return ""
}
