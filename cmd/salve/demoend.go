package main

import (
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/securityhub/types"
	"github.com/jedib0t/go-pretty/v6/table"
)

// playMail shows the email as it came.
func (d *demo) playMail() error {
	mail, err := d.mail("Salve fixed S3.8", d.props[0].arn)
	if err != nil {
		return err
	}
	for _, want := range []string{d.first.ID, "BlockPublicAcls: none → true", "salve undo " + d.first.ID + " --yes"} {
		if !strings.Contains(mail, want) {
			return fmt.Errorf("the email does not say %q:\n%s", want, mail)
		}
	}
	d.tell("%s", painted(mail))
	return nil
}

// playEnd reads everything once more and compares it with what was told.
func (d *demo) playEnd() error {
	want := map[string]types.WorkflowStatus{
		"quarterly-reports": types.WorkflowStatusNew, "default group": types.WorkflowStatusNotified,
		"payroll": types.WorkflowStatusNew,
	}
	var rows []table.Row
	var wrong []string
	for _, p := range d.props {
		status, ok := want[p.name]
		if !ok {
			status = types.WorkflowStatusResolved
		}
		now, err := p.read()
		if err != nil {
			return err
		}
		shown, _, err := d.finding(p.finding)
		if err != nil {
			return err
		}
		end := p.after
		if p == d.props[0] {
			end = p.before // it was taken back
		}
		if now != end || shown != status {
			wrong = append(wrong, p.name)
		}
		rows = append(rows, table.Row{p.control, p.account, p.name, p.what, p.before, p.after, now, shown})
	}
	d.table(table.Row{"control", "account", "resource", "as AWS says", "before", "after", "now", "finding"}, rows)
	if len(wrong) > 0 {
		return fmt.Errorf("the table does not end as it was told: %s", strings.Join(wrong, ", "))
	}
	d.say("\nOn emulators; nothing here ran on AWS. Try it by hand:")
	for _, line := range []string{
		`bin/salve lab start --deploy && eval "$(bin/salve lab env)"`, "bin/salve controls show S3.8",
		"bin/salve plan S3.8 arn:aws:s3:::BUCKET --account " + d.member,
	} {
		d.say("  %s", line)
	}
	return nil
}
