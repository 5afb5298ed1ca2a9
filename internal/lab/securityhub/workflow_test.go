package securityhub_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/securityhub"
	"github.com/aws/aws-sdk-go-v2/service/securityhub/types"
	"github.com/google/go-cmp/cmp"
)

// TestWorkflowAfterImport: a finding is imported, a customer sets its workflow, it is imported again.
func TestWorkflowAfterImport(t *testing.T) {
	type state struct{ status, record string }
	failed, passed := state{"FAILED", "ACTIVE"}, state{"PASSED", "ACTIVE"}
	cases := map[string]struct {
		before state
		set    types.WorkflowStatus // "" leaves it
		after  state
		want   types.WorkflowStatus
	}{
		"new finding passes":             {failed, "", passed, "RESOLVED"},
		"notified finding passes":        {failed, "NOTIFIED", passed, "RESOLVED"},
		"suppressed finding passes":      {failed, "SUPPRESSED", passed, "SUPPRESSED"},
		"resolved and still failed":      {failed, "RESOLVED", failed, "RESOLVED"},
		"notified and still failed":      {failed, "NOTIFIED", failed, "NOTIFIED"},
		"failed after passed":            {passed, "", failed, "NEW"},
		"warning after passed":           {passed, "", state{"WARNING", "ACTIVE"}, "NEW"},
		"not available after passed":     {passed, "", state{"NOT_AVAILABLE", "ACTIVE"}, "NEW"},
		"suppressed, failed after pass":  {passed, "SUPPRESSED", failed, "SUPPRESSED"},
		"notified, back from archive":    {state{"FAILED", "ARCHIVED"}, "NOTIFIED", failed, "NEW"},
		"resolved, back from archive":    {state{"FAILED", "ARCHIVED"}, "RESOLVED", failed, "NEW"},
		"resolved, goes to archive":      {failed, "RESOLVED", state{"FAILED", "ARCHIVED"}, "RESOLVED"},
		"suppressed, back from archive":  {state{"FAILED", "ARCHIVED"}, "SUPPRESSED", failed, "SUPPRESSED"},
		"passed again after set to new":  {passed, "NEW", passed, "RESOLVED"},
		"failed to warning is no change": {failed, "RESOLVED", state{"WARNING", "ACTIVE"}, "RESOLVED"},
	}
	for name, test := range cases {
		t.Run(name, func(t *testing.T) {
			l := newLab(t)
			spec := l.spec(member, "logs")
			spec.Status, spec.RecordState = test.before.status, test.before.record
			stored := l.put(t, spec)
			if test.set != "" {
				update(t, l.role(hubAccount), &sdk.BatchUpdateFindingsInput{
					FindingIdentifiers: []types.AwsSecurityFindingIdentifier{key(stored)},
					Workflow:           &types.WorkflowUpdate{Status: test.set},
				})
			}
			spec.Status, spec.RecordState, spec.At = test.after.status, test.after.record, l.tick()
			l.put(t, spec)
			if got := l.get(t, *stored.Id).Workflow.Status; got != test.want {
				t.Errorf("workflow is %s, want %s", got, test.want)
			}
		})
	}
}

func TestImportOfPassedIsResolvedAtOnce(t *testing.T) {
	l := newLab(t)
	spec := l.spec(member, "logs")
	passed := finding(t, spec)
	passed.Compliance.Status, passed.Workflow = types.ComplianceStatusPassed, nil
	if _, err := rawImport(t, l, passed); err != nil {
		t.Fatal(err)
	}
	if got := l.get(t, *passed.Id).Workflow.Status; got != types.WorkflowStatusResolved {
		t.Errorf("workflow is %s, want RESOLVED", got)
	}
}

func TestImportKeepsTheFieldsOfTheCustomer(t *testing.T) {
	l := newLab(t)
	spec := l.spec(member, "logs")
	stored := l.put(t, spec)
	update(t, l.role(hubAccount), &sdk.BatchUpdateFindingsInput{
		FindingIdentifiers: []types.AwsSecurityFindingIdentifier{key(stored)},
		Note:               &types.NoteUpdate{Text: aws.String("mine"), UpdatedBy: aws.String("me")},
		UserDefinedFields:  map[string]string{"run": "7"},
		VerificationState:  types.VerificationStateTruePositive,
		Severity:           &types.SeverityUpdate{Label: types.SeverityLabelLow},
	})
	spec.At, spec.Severity = l.tick(), "CRITICAL"
	again := finding(t, spec)
	again.Note = &types.Note{
		Text: aws.String("theirs"), UpdatedBy: aws.String("them"), UpdatedAt: aws.String("2026-10-02T08:01:00Z"),
	}
	again.UserDefinedFields = map[string]string{"run": "8"}
	again.VerificationState = types.VerificationStateUnknown
	again.Confidence = aws.Int32(5)
	if _, err := rawImport(t, l, again); err != nil {
		t.Fatal(err)
	}
	got := l.get(t, *stored.Id)
	have := []string{
		*got.Note.Text, got.UserDefinedFields["run"], string(got.VerificationState), string(got.Severity.Label),
		string(got.FindingProviderFields.Severity.Label),
	}
	if diff := cmp.Diff([]string{"mine", "7", "TRUE_POSITIVE", "LOW", "CRITICAL"}, have); diff != "" {
		t.Error(diff)
	}
	if *got.Confidence != 5 || *got.FindingProviderFields.Confidence != 5 {
		t.Error("a field the customer did not touch was not updated")
	}
}

func TestPreviousComplianceStatus(t *testing.T) {
	l := newLab(t)
	spec := l.spec(member, "logs")
	stored := l.put(t, spec)
	for _, step := range []struct{ status, previous string }{
		{"PASSED", "FAILED"}, {"PASSED", "FAILED"}, {"FAILED", "PASSED"},
	} {
		spec.Status, spec.At = step.status, l.tick()
		l.put(t, spec)
		got := l.get(t, *stored.Id).ProductFields["PreviousComplianceStatus"]
		if got != step.previous {
			t.Errorf("after %s: previous %q, want %q", step.status, got, step.previous)
		}
	}
}
