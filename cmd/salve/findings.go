package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/securityhub"
	"github.com/aws/aws-sdk-go-v2/service/securityhub/types"
	"github.com/jedib0t/go-pretty/v6/table"

	controls "github.com/salve-security/salve/functions/playbooks"
	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/engine"
	"github.com/salve-security/salve/internal/finding"
	"github.com/salve-security/salve/internal/run"
	"github.com/salve-security/salve/playbooks"
)

type findingsCmd struct {
	List findingsList `cmd:"" help:"List active findings of Security Hub's controls that did not pass, the newest first."`
}

type findingsList struct {
	Control string   `placeholder:"ID" help:"Only of this control, such as S3.8."`
	Account string   `placeholder:"ID" help:"Only in this account."`
	Status  []string `enum:"NEW,NOTIFIED,RESOLVED,SUPPRESSED" default:"NEW,NOTIFIED" help:"${help_workflow}"`
	Limit   int      `default:"100" help:"How many at most."`
}

// findingReport is a finding as programs get it.
type findingReport struct {
	ID         string `json:"id"`
	Control    string `json:"control"`
	Severity   string `json:"severity"`
	Account    string `json:"account"`
	Region     string `json:"region"`
	Resource   string `json:"resource"`
	Compliance string `json:"compliance"`
	Workflow   string `json:"workflow"`
	Note       string `json:"note"`
	Updated    string `json:"updated"`
	Playbook   string `json:"playbook"` // yes, no, or why Salve does not believe the finding
}

// Run lists the findings.
func (c *findingsList) Run(a *app) error {
	h, err := a.hub()
	if err != nil {
		return err
	}
	registry, err := controls.All()
	if err != nil {
		return err
	}
	standards, err := playbooks.Load()
	if err != nil {
		return err
	}
	id := c.Control
	if known, ok := standards.Canonical(id); ok {
		id = known
	}
	filters := &types.AwsSecurityFindingFilters{
		RecordState: equal(finding.Active), ComplianceStatus: equal(finding.Failed, finding.Warning),
		WorkflowStatus: equal(c.Status...), ComplianceSecurityControlId: equal(id), AwsAccountId: equal(c.Account),
	}
	found, more, err := h.findings(a.ctx, filters, c.Limit)
	if err != nil {
		return err
	}
	if more {
		a.warn("there are more than %d findings: raise --limit, or narrow the list", c.Limit)
	}
	reports := []findingReport{}
	for _, f := range found {
		reports = append(reports, reportFinding(f, registry, standards))
	}
	return a.data(reports, func() {
		var rows []table.Row
		for _, r := range reports {
			rows = append(rows, table.Row{r.Control, r.Severity, r.Account, r.Resource, r.Workflow, r.Playbook})
		}
		a.table(table.Row{"control", "severity", "account", "resource", "workflow", "playbook"}, rows)
	})
}

func reportFinding(f types.AwsSecurityFinding, known control.Registry, standards *playbooks.Standards) findingReport {
	r := findingReport{
		ID: aws.ToString(f.Id), Account: aws.ToString(f.AwsAccountId), Region: aws.ToString(f.Region),
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
	proven, err := identify(f, standards)
	var forged *finding.Identity
	switch {
	case errors.As(err, &forged):
		r.Playbook = string(forged.Reason)
	case err != nil:
		r.Playbook = "unreadable"
	default:
		if _, ok := known.Get(proven.Control); ok {
			r.Playbook = "yes"
		}
	}
	return r
}

// openFindings are the open findings of a control on a resource: they get the
// result of a run. Not to know them is no reason not to fix: people are warned.
func (a *app) openFindings(h hub, req engine.Request) []run.Finding {
	var open []run.Finding
	standards, err := playbooks.Load()
	if err == nil {
		open, err = h.openFindings(a.ctx, req, standards)
	}
	if err != nil {
		a.warn("findings stay as they are, Security Hub does not say which there are: %s", sentence(err))
	}
	return open
}

func (h hub) openFindings(ctx context.Context, req engine.Request, standards *playbooks.Standards) (
	[]run.Finding, error,
) {
	found, _, err := h.findings(ctx, &types.AwsSecurityFindingFilters{
		ComplianceSecurityControlId: equal(req.Control), ResourceId: equal(req.Target.Resource),
		AwsAccountId: equal(req.Target.Account), RecordState: equal(finding.Active),
		WorkflowStatus: equal(finding.New, finding.Notified),
	}, maxOpen)
	if err != nil {
		return nil, err
	}
	var open []run.Finding
	for _, f := range found {
		// Members can write findings that name our control: they are left alone, as in an event.
		if proven, err := identify(f, standards); err == nil && proven.Control == req.Control {
			open = append(open, run.Finding{ID: proven.ID, ProductArn: proven.ProductArn, Region: h.cfg.Region})
		}
	}
	return open, nil
}

// maxOpen bounds the findings of one resource: a standard has one each.
const maxOpen = 100

// findings asks Security Hub with the operator's own credentials for at most
// limit findings, and tells whether there are more.
func (h hub) findings(ctx context.Context, filters *types.AwsSecurityFindingFilters, limit int) (
	found []types.AwsSecurityFinding, more bool, err error,
) {
	pages := securityhub.NewGetFindingsPaginator(securityhub.NewFromConfig(h.own), &securityhub.GetFindingsInput{
		Filters: filters, MaxResults: aws.Int32(maxOpen),
		SortCriteria: []types.SortCriterion{{Field: aws.String("UpdatedAt"), SortOrder: types.SortOrderDescending}},
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, false, fmt.Errorf("look for findings: %w", err)
		}
		found = append(found, page.Findings...)
		if len(found) > limit {
			return found[:limit], true, nil
		}
	}
	return found, false, nil
}

// equal is a filter for any of the values, none for no value. Filters are
// exact: a part of a name may be another resource.
func equal(values ...string) []types.StringFilter {
	var out []types.StringFilter
	for _, v := range values {
		if v != "" {
			out = append(out, types.StringFilter{Value: aws.String(v), Comparison: types.StringFilterComparisonEquals})
		}
	}
	return out
}

// identify proves a finding as if an event had brought it.
func identify(f types.AwsSecurityFinding, standards *playbooks.Standards) (finding.Finding, error) {
	text, err := json.Marshal(f)
	if err != nil {
		return finding.Finding{}, fmt.Errorf("convert finding: %w", err)
	}
	var raw finding.Raw
	if err := json.Unmarshal(text, &raw); err != nil {
		return finding.Finding{}, fmt.Errorf("convert finding: %w", err)
	}
	return finding.Identify(raw, standards)
}
