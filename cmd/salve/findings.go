package main

import (
	"errors"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/securityhub/types"
	"github.com/jedib0t/go-pretty/v6/table"

	"github.com/salve-security/salve/internal/finding"
	"github.com/salve-security/salve/internal/gate"
	"github.com/salve-security/salve/internal/plain"
)

type findingsCmd struct {
	List findingsList `cmd:"" help:"List active findings of Security Hub's controls that did not pass, the newest first."`
}

type findingsList struct {
	Control string   `placeholder:"ID" patterns:"" help:"Only of this control, such as S3.8, or of several: S3.*."`
	Account string   `placeholder:"ID" help:"Only in this account."`
	Status  []string `enum:"NEW,NOTIFIED,RESOLVED,SUPPRESSED" default:"NEW,NOTIFIED" help:"${help_workflow}"`
	Limit   int      `default:"100" help:"How many at most."`
}

// findingReport is a finding as programs get it.
type findingReport struct {
	ID         string `json:"finding"`
	Product    string `json:"product_arn"` // the id alone is anybody's to choose
	Control    string `json:"control,omitempty"`
	Severity   string `json:"severity,omitempty"`
	Account    string `json:"account"`
	Region     string `json:"region"`
	Resource   string `json:"resource"`
	Compliance string `json:"compliance,omitempty"`
	Workflow   string `json:"workflow,omitempty"`
	Note       string `json:"note,omitempty"`
	Updated    string `json:"updated"`            // as Security Hub writes it
	Playbook   string `json:"playbook,omitempty"` // yes, no, runbook, or why Salve does not believe the finding
}

// Run lists the findings.
func (c *findingsList) Run(a *app) error {
	if err := given(c.Account); err != nil {
		return err
	}
	if err := c.known(a); err != nil {
		return err
	}
	h, err := a.hub()
	if err != nil {
		return err
	}
	found, more, err := h.listed(a.ctx, c.filters(), c.Limit)
	if err != nil {
		return err
	}
	if more {
		a.warn("there are more findings than %d: raise --limit, or narrow the list", c.Limit)
	}
	config, err := a.configured(h)
	if err != nil { // what is listed is Security Hub's, and has to be seen all the more where nothing acts
		a.warn("runbooks of the configuration are not counted: %s", sentence(err))
	}
	reports := []findingReport{}
	for _, f := range found {
		if r := reportFinding(f, a.names, config); !pattern(c.Control) || plain.Like(c.Control, r.Control) {
			reports = append(reports, r)
		}
	}
	return a.data(reports, func() {
		var rows []table.Row
		for _, r := range reports {
			rows = append(rows, table.Row{shortID(r.ID), r.Control, r.Severity, r.Account, r.Resource, r.Workflow, r.Playbook})
		}
		a.table(table.Row{"finding", "control", "severity", "account", "resource", "workflow", "playbook"}, rows)
	})
}

// known refuses a control that nobody lists, and a pattern that fits none; what is left is called as Security Hub does.
func (c *findingsList) known(a *app) (err error) {
	c.Control, err = a.names.wanted(c.Control)
	return err
}

func (c *findingsList) filters() types.AwsSecurityFindingFilters {
	return types.AwsSecurityFindingFilters{
		RecordState: equal(finding.Active), ComplianceStatus: equal(finding.Failed, finding.Warning),
		WorkflowStatus: equal(c.Status...), ComplianceSecurityControlId: ofControls(c.Control),
		AwsAccountId: equal(c.Account),
	}
}

// ofControls is a filter for a control, or for what a pattern has in front of its first star.
func ofControls(name string) []types.StringFilter {
	before, _, several := strings.Cut(strings.ReplaceAll(name, "?", "*"), "*")
	if !several {
		return equal(name)
	}
	if before == "" {
		return nil
	}
	return []types.StringFilter{{Value: aws.String(before), Comparison: types.StringFilterComparisonPrefix}}
}

// reportFinding says as well whether Salve believes the finding: anybody in a
// member account can write one that names a control.
func reportFinding(f types.AwsSecurityFinding, names catalogue, config gate.Config) findingReport {
	r := findingReport{
		ID: aws.ToString(f.Id), Product: aws.ToString(f.ProductArn), Account: aws.ToString(f.AwsAccountId),
		Region:  aws.ToString(f.Region),
		Updated: aws.ToString(f.UpdatedAt), Playbook: "no",
	}
	if f.Compliance != nil {
		r.Control, r.Compliance = aws.ToString(f.Compliance.SecurityControlId), string(f.Compliance.Status)
	}
	if f.Severity != nil {
		r.Severity = string(f.Severity.Label)
	}
	if f.Workflow != nil {
		r.Workflow = string(f.Workflow.Status)
	}
	if f.Note != nil {
		r.Note = aws.ToString(f.Note.Text)
	}
	if len(f.Resources) > 0 {
		r.Resource = aws.ToString(f.Resources[0].Id)
	}
	proven, err := identify(f, names.standards)
	var forged *finding.Identity
	switch {
	case errors.As(err, &forged):
		r.Playbook = string(forged.Reason)
	case err != nil:
		r.Playbook = "unreadable"
	default:
		_, own := names.controls.Get(proven.Control)
		_, carried := names.playbookIn(config, proven.Control)
		switch {
		case own:
			r.Playbook = "yes"
		case carried:
			r.Playbook = "runbook"
		}
	}
	return r
}
