package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/securityhub"
	"github.com/aws/aws-sdk-go-v2/service/securityhub/types"

	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/finding"
	"github.com/salve-security/salve/internal/gate"
	"github.com/salve-security/salve/internal/note"
	"github.com/salve-security/salve/internal/plain"
)

// perUpdate is how many findings AWS takes in one call. Source: API reference of BatchUpdateFindings.
const perUpdate = 100

// suppress sets the open findings of an exception to SUPPRESSED. It is a person's word, written with his own rights in
// Security Hub: neither the function nor the role salve-operator can.
func (a *app) suppress(h hub, g gate.Given) (int, error) {
	found, err := a.findingsOf(h, g, finding.New, finding.Notified)
	if err != nil {
		return 0, err
	}
	text := plain.Cut(fmt.Sprintf("%s until the end of %s (UTC), owner %s: %s", suppressedFor(g), g.LastDay(),
		strings.TrimSpace(g.Owner+" "+g.Ticket), g.Reason), note.Limit)
	return a.mark(h, found, types.WorkflowStatusSuppressed, text)
}

// unsuppress sets the findings back to NEW that are SUPPRESSED for an exception which has ended.
func (a *app) unsuppress(h hub, g gate.Given) (int, error) {
	if g.Unread {
		return 0, nil
	}
	found, err := a.findingsOf(h, g, finding.Suppressed)
	if err != nil {
		a.warn("whether findings are SUPPRESSED for it is not known: %s", sentence(err))
		return 0, nil
	}
	found = slices.DeleteFunc(found, func(f types.AwsSecurityFinding) bool {
		return f.Note == nil || !strings.HasPrefix(aws.ToString(f.Note.Text), suppressedFor(g))
	})
	return a.mark(h, found, types.WorkflowStatusNew, "Salve: exception "+g.ID+" has ended.")
}

// suppressedFor begins the note of a finding that is SUPPRESSED for an exception.
func suppressedFor(g gate.Given) string { return "Salve: exception " + g.ID }

// findingsOf are the findings of the controls that an exception names, on what it protects.
func (a *app) findingsOf(h hub, g gate.Given, statuses ...string) ([]types.AwsSecurityFinding, error) {
	filters := types.AwsSecurityFindingFilters{
		RecordState: equal(finding.Active), WorkflowStatus: equal(statuses...),
		ComplianceStatus: equal(finding.Failed, finding.Warning),
	}
	if g.Account != "" {
		filters.AwsAccountId = equal(g.Account)
	}
	var ids []string
	for _, id := range a.names.listedLike("*") {
		if g.Names(id) {
			ids = append(ids, id)
		}
	}
	done := a.progress("Looking for findings")
	defer done()
	var out []types.AwsSecurityFinding
	for part := range slices.Chunk(ids, perFilter) {
		filters.ComplianceSecurityControlId = equal(part...)
		found, more, err := h.ownFindings(a.ctx, h.regions(), filters, maxReach)
		if err != nil {
			return nil, err
		}
		if more {
			a.warn("there are more than %s findings of %s: the newest are looked at, set the others by hand",
				thousands(maxReach), some(part))
		}
		out = append(out, found...)
	}
	return slices.DeleteFunc(out, func(raw types.AwsSecurityFinding) bool {
		f, err := identify(raw, a.names.standards)
		return err != nil || !g.Covers(f.Control, f.Account, f.Resource.ID)
	}), nil
}

// mark writes status and note on findings with the rights of who works here, and returns on how many.
func (a *app) mark(h hub, found []types.AwsSecurityFinding, status types.WorkflowStatus, text string) (int, error) {
	client, n := securityhub.NewFromConfig(h.own), 0
	for part := range slices.Chunk(found, perUpdate) {
		in := &securityhub.BatchUpdateFindingsInput{
			Workflow: &types.WorkflowUpdate{Status: status},
			Note:     &types.NoteUpdate{Text: &text, UpdatedBy: aws.String(h.actor)},
		}
		for _, f := range part {
			in.FindingIdentifiers = append(in.FindingIdentifiers, types.AwsSecurityFindingIdentifier{
				Id: f.Id, ProductArn: f.ProductArn,
			})
		}
		out, err := client.BatchUpdateFindings(a.ctx, in)
		if err != nil {
			return n, fault.New(fault.Of(err), "the exception is stored, and its findings are not all %s: that takes "+
				"securityhub:BatchUpdateFindings, which is yours to have and no right of Salve's: %w", status, err)
		}
		n += len(part) - len(out.UnprocessedFindings)
		if len(out.UnprocessedFindings) > 0 {
			a.warn("%s not set to %s: %s", counted(len(out.UnprocessedFindings), "finding"), status,
				plain.Short(aws.ToString(out.UnprocessedFindings[0].ErrorMessage), maxSentence))
		}
	}
	return n, nil
}
