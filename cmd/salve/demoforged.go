package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/securityhub/types"

	"github.com/salve-security/salve/internal/audit"
	"github.com/salve-security/salve/internal/finding"
	labhub "github.com/salve-security/salve/internal/lab/securityhub"
)

// playForged: whoever may write findings in a member can name any bucket.
func (d *demo) playForged() error {
	p, err := d.bucket(d.other, "payroll")
	if err != nil {
		return err
	}
	id, product, err := d.forge(p)
	if err != nil {
		return err
	}
	d.ClearCalls()
	d.tell("Somebody in %s writes a finding that looks like S3.8 and names %s, a bucket of %s. A person is taken in "+
		"and clicks Remediate. The audit log:", d.member, p.arn, p.account)
	if err := d.click(id); err != nil {
		return err
	}
	line, err := d.audited(audit.Refused, product)
	if err != nil {
		return err
	}
	d.tell("  %s", strings.ReplaceAll(line, `","`, `", "`))
	if err := d.noSession(); err != nil {
		return err
	}
	if err := p.changed(p.before); err != nil {
		return err
	}
	note, err := d.says(id, types.WorkflowStatusNew) // whose finding it is decides about its status
	if err == nil && !strings.Contains(note, string(finding.ForeignProduct)) {
		err = fmt.Errorf("the forged finding says %q", note)
	}
	d.tell("No session in any member, nothing read, nothing written. AWS says: %s, as before. Who clicked reads:", p.after)
	d.tell("  %s", note)
	return err
}

// forge writes a finding that is right in all but the product: AWS lets nobody
// write in the name of Security Hub.
func (d *demo) forge(p *prop) (id, product string, err error) {
	spec, err := d.spec(p, "")
	if err != nil {
		return "", "", err
	}
	spec.Account = d.member
	f, err := labhub.SDKFinding(spec)
	if err != nil {
		return "", "", fmt.Errorf("build finding: %w", err)
	}
	product = "arn:aws:securityhub:" + d.Region() + ":" + d.member + ":product/" + d.member + "/default"
	f.ProductArn, p.finding = &product, aws.ToString(f.Id)
	return p.finding, product, d.post(d.Config(d.member, d.Region()), f)
}

// noSession wants that Salve has not been in any member since the journal was cleared.
func (d *demo) noSession() error {
	for _, c := range d.Calls(0) {
		if strings.Contains(c.Principal, d.h.settings.MemberRole) || c.Operation == "AssumeRole" {
			return fmt.Errorf("there was a session: %s %s", c.Principal, c.Operation)
		}
	}
	return nil
}

// audited waits for an audit line of the function and returns it.
func (d *demo) audited(event, about string) (text string, err error) {
	logs := cloudwatchlogs.NewFromConfig(d.h.own)
	err = d.await(func() (bool, error) {
		pages := cloudwatchlogs.NewFilterLogEventsPaginator(logs, &cloudwatchlogs.FilterLogEventsInput{
			LogGroupName: &d.h.settings.AuditLogGroup,
		})
		for pages.HasMorePages() {
			page, err := pages.NextPage(d.ctx)
			if err != nil {
				return false, fmt.Errorf("read the audit log: %w", err)
			}
			for _, e := range page.Events {
				var entry struct{ Audit audit.Line }
				text = strings.TrimSpace(aws.ToString(e.Message))
				if json.Unmarshal([]byte(text), &entry) == nil && entry.Audit.Event == event &&
					strings.HasPrefix(entry.Audit.Reason, string(finding.ForeignProduct)) && strings.Contains(text, about) {
					return true, nil
				}
			}
		}
		return false, nil
	})
	if err != nil {
		return "", errors.Join(fmt.Errorf("the audit log holds no line %q about %s", event, about), err)
	}
	return text, nil
}
