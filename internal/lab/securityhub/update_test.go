package securityhub_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/securityhub"
	"github.com/aws/aws-sdk-go-v2/service/securityhub/types"
	"github.com/google/go-cmp/cmp"
)

// update changes findings and expects that all of them were.
func update(t *testing.T, client *sdk.Client, input *sdk.BatchUpdateFindingsInput) {
	t.Helper()
	answer, err := client.BatchUpdateFindings(t.Context(), input)
	if err != nil {
		t.Fatalf("BatchUpdateFindings: %v", err)
	}
	if len(answer.UnprocessedFindings) != 0 {
		t.Fatalf("unprocessed: %s", *answer.UnprocessedFindings[0].ErrorMessage)
	}
}

func note(text string) *types.NoteUpdate {
	return &types.NoteUpdate{Text: aws.String(text), UpdatedBy: aws.String("salve")}
}

func TestUpdateChangesAndAnnounces(t *testing.T) {
	l := newLab(t)
	stored := l.put(t, l.spec(member, "logs"))
	l.sent()
	l.tick()
	for _, text := range []string{"first", "second"} {
		update(t, l.role(hubAccount), &sdk.BatchUpdateFindingsInput{
			FindingIdentifiers: []types.AwsSecurityFindingIdentifier{key(stored)},
			Note:               note(text),
			Workflow:           &types.WorkflowUpdate{Status: types.WorkflowStatusNotified},
			Criticality:        aws.Int32(9),
			Types:              []string{"Effects"},
			RelatedFindings:    []types.RelatedFinding{{Id: aws.String("x"), ProductArn: stored.ProductArn}},
		})
	}
	got := l.get(t, *stored.Id)
	have := []string{
		*got.Note.Text, *got.Note.UpdatedBy, *got.Note.UpdatedAt, string(got.Workflow.Status), *got.UpdatedAt,
		got.Types[0], *got.RelatedFindings[0].Id,
	}
	want := []string{"second", "salve", "2026-10-02T08:01:00.000Z", "NOTIFIED", *stored.UpdatedAt, "Effects", "x"}
	if diff := cmp.Diff(want, have); diff != "" {
		t.Error(diff)
	}
	events := l.sent()
	if len(events) != 2 {
		t.Fatalf("%d events, want one for each update", len(events))
	}
	parsed := decodeDetail(t, events[1])
	if diff := cmp.Diff(map[string]any{"Status": "NOTIFIED"}, parsed.Findings[0]["Workflow"]); diff != "" {
		t.Error(diff)
	}
}

func TestUpdateSeverity(t *testing.T) {
	type values struct {
		Label      types.SeverityLabel
		Normalized int32
		Product    float64
		Original   string
	}
	cases := map[string]struct {
		update types.SeverityUpdate
		want   values
	}{
		"label":      {types.SeverityUpdate{Label: "CRITICAL"}, values{"CRITICAL", 90, 0, "HIGH"}},
		"normalized": {types.SeverityUpdate{Normalized: aws.Int32(39)}, values{"LOW", 39, 0, "HIGH"}},
		"zero":       {types.SeverityUpdate{Normalized: aws.Int32(0)}, values{"INFORMATIONAL", 0, 0, "HIGH"}},
		"medium":     {types.SeverityUpdate{Normalized: aws.Int32(40)}, values{"MEDIUM", 40, 0, "HIGH"}},
		"high":       {types.SeverityUpdate{Normalized: aws.Int32(89)}, values{"HIGH", 89, 0, "HIGH"}},
		"product":    {types.SeverityUpdate{Product: aws.Float64(4.5)}, values{"HIGH", 70, 4.5, "HIGH"}},
	}
	for name, test := range cases {
		t.Run(name, func(t *testing.T) {
			l := newLab(t)
			stored := l.put(t, l.spec(member, "logs"))
			update(t, l.role(hubAccount), &sdk.BatchUpdateFindingsInput{
				FindingIdentifiers: []types.AwsSecurityFindingIdentifier{key(stored)}, Severity: &test.update,
			})
			got := l.get(t, *stored.Id).Severity
			have := values{got.Label, *got.Normalized, aws.ToFloat64(got.Product), *got.Original}
			if diff := cmp.Diff(test.want, have); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestUpdateRefusesTheWholeRequest(t *testing.T) {
	cases := map[string]func(in *sdk.BatchUpdateFindingsInput){
		"nothing to change": func(in *sdk.BatchUpdateFindingsInput) { in.Note = nil },
		"no findings":       func(in *sdk.BatchUpdateFindingsInput) { in.FindingIdentifiers = nil },
		"too many": func(in *sdk.BatchUpdateFindingsInput) {
			in.FindingIdentifiers = make([]types.AwsSecurityFindingIdentifier, 101)
		},
		"long note":      func(in *sdk.BatchUpdateFindingsInput) { in.Note = note(strings.Repeat("x", 513)) },
		"blank note":     func(in *sdk.BatchUpdateFindingsInput) { in.Note = note("  ") },
		"no author":      func(in *sdk.BatchUpdateFindingsInput) { in.Note.UpdatedBy = nil },
		"workflow":       func(in *sdk.BatchUpdateFindingsInput) { in.Workflow = &types.WorkflowUpdate{Status: "DONE"} },
		"empty workflow": func(in *sdk.BatchUpdateFindingsInput) { in.Workflow = &types.WorkflowUpdate{} },
		"verification":   func(in *sdk.BatchUpdateFindingsInput) { in.VerificationState = "MAYBE" },
		"confidence":     func(in *sdk.BatchUpdateFindingsInput) { in.Confidence = aws.Int32(-1) },
		"criticality":    func(in *sdk.BatchUpdateFindingsInput) { in.Criticality = aws.Int32(101) },
		"label":          func(in *sdk.BatchUpdateFindingsInput) { in.Severity = &types.SeverityUpdate{Label: "BAD"} },
		"normalized": func(in *sdk.BatchUpdateFindingsInput) {
			in.Severity = &types.SeverityUpdate{Normalized: aws.Int32(101)}
		},
		"types":        func(in *sdk.BatchUpdateFindingsInput) { in.Types = []string{"Nonsense/a"} },
		"many types":   func(in *sdk.BatchUpdateFindingsInput) { in.Types = make([]string, 51) },
		"no related":   func(in *sdk.BatchUpdateFindingsInput) { in.RelatedFindings = []types.RelatedFinding{} },
		"bad related":  func(in *sdk.BatchUpdateFindingsInput) { in.RelatedFindings = make([]types.RelatedFinding, 1) },
		"field value":  func(in *sdk.BatchUpdateFindingsInput) { in.UserDefinedFields = map[string]string{"k": *long(1025)} },
		"field key":    func(in *sdk.BatchUpdateFindingsInput) { in.UserDefinedFields = map[string]string{*long(129): "v"} },
		"many fields":  manyFields,
		"blank fields": func(in *sdk.BatchUpdateFindingsInput) { in.UserDefinedFields = map[string]string{"k": ""} },
	}
	for name, change := range cases {
		t.Run(name, func(t *testing.T) {
			l := newLab(t)
			stored := l.put(t, l.spec(member, "logs"))
			l.sent()
			input := &sdk.BatchUpdateFindingsInput{
				FindingIdentifiers: []types.AwsSecurityFindingIdentifier{key(stored)}, Note: note("text"),
			}
			change(input)
			_, err := l.role(hubAccount).BatchUpdateFindings(t.Context(), input, unchecked)
			if code(err) != "InvalidInputException" {
				t.Errorf("error %v, want InvalidInputException", err)
			}
			if got := l.get(t, *stored.Id); got.Note != nil || len(l.sent()) != 0 {
				t.Error("a refused request changed a finding or sent an event")
			}
		})
	}
}

func manyFields(in *sdk.BatchUpdateFindingsInput) {
	in.UserDefinedFields = map[string]string{}
	for index := range 51 {
		in.UserDefinedFields[strings.Repeat("k", index+1)] = "v"
	}
}

func TestUpdateAnswersPerFinding(t *testing.T) {
	l := newLab(t)
	mine := l.put(t, l.spec(member, "mine"))
	theirs := l.put(t, l.spec(other, "theirs"))
	l.sent()
	unknown, malformed := key(mine), key(mine)
	unknown.Id, malformed.ProductArn = aws.String("unknown"), aws.String("not an ARN")
	answer, err := l.role(member).BatchUpdateFindings(t.Context(), &sdk.BatchUpdateFindingsInput{
		FindingIdentifiers: []types.AwsSecurityFindingIdentifier{key(mine), key(theirs), unknown, malformed, key(mine)},
		Note:               note("text"),
	})
	if err != nil {
		t.Fatal(err)
	}
	var codes []string
	for _, failed := range answer.UnprocessedFindings {
		codes = append(codes, *failed.ErrorCode)
	}
	want := []string{"FindingNotFound", "FindingNotFound", "InvalidInput", "DuplicatedFindingIdentifier"}
	if diff := cmp.Diff(want, codes); diff != "" {
		t.Error(diff)
	}
	if len(answer.ProcessedFindings) != 1 || *answer.ProcessedFindings[0].Id != *mine.Id || len(l.sent()) != 1 {
		t.Errorf("processed %v, want exactly the member's own, with one event", answer.ProcessedFindings)
	}
}

func TestUpdateRefusesFindingsThatGrowTooLarge(t *testing.T) {
	l := newLab(t)
	big := finding(t, l.spec(member, "logs"))
	big.Resources[0].Details = &types.ResourceDetails{Other: map[string]string{"blob": strings.Repeat("x", 240<<10-4000)}}
	if _, err := rawImport(t, l, big); err != nil {
		t.Fatal(err)
	}
	fields := map[string]string{}
	for _, name := range []string{"a", "b", "c", "d", "e"} {
		fields[name] = *long(1000)
	}
	answer, err := l.role(hubAccount).BatchUpdateFindings(t.Context(), &sdk.BatchUpdateFindingsInput{
		FindingIdentifiers: []types.AwsSecurityFindingIdentifier{key(big)}, UserDefinedFields: fields,
	})
	if err != nil || len(answer.UnprocessedFindings) != 1 ||
		*answer.UnprocessedFindings[0].ErrorCode != "FindingSizeExceeded" {
		t.Errorf("%+v, %v, want FindingSizeExceeded", answer, err)
	}
}

func TestBrokenBusIsAnInternalError(t *testing.T) {
	l := newLab(t)
	stored := l.put(t, l.spec(member, "logs"))
	l.broken = errors.New("bus is down")
	_, err := l.role(hubAccount).BatchUpdateFindings(t.Context(), &sdk.BatchUpdateFindingsInput{
		FindingIdentifiers: []types.AwsSecurityFindingIdentifier{key(stored)}, Note: note("text"),
	})
	if code(err) != "InternalException" || !strings.Contains(err.Error(), "bus is down") {
		t.Errorf("update: %v, want InternalException with the cause", err)
	}
	if _, err := rawImport(t, l, finding(t, l.spec(member, "b"))); code(err) != "InternalException" {
		t.Errorf("import: %v, want InternalException", err)
	}
}
