package securityhub_test

import (
	"maps"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/securityhub"
	"github.com/aws/aws-sdk-go-v2/service/securityhub/types"
	"github.com/google/go-cmp/cmp"

	"github.com/salve-security/salve/internal/lab/securityhub"
)

func TestImportCompletesTheFinding(t *testing.T) {
	l := newLab(t)
	sent := l.put(t, l.spec(member, "logs"))
	got := l.get(t, *sent.Id)
	want := map[string]string{
		"Region": home, "ProductName": "Security Hub CSPM", "CompanyName": "AWS", "RecordState": "ACTIVE",
		"Workflow": "NEW", "ProcessedAt": "2026-10-02T08:00:00.000Z", "Provider": "HIGH",
		"FindingId": *sent.ProductArn + "/" + *sent.Id,
	}
	have := map[string]string{
		"Region": *got.Region, "ProductName": *got.ProductName, "CompanyName": *got.CompanyName,
		"RecordState": string(got.RecordState), "Workflow": string(got.Workflow.Status), "ProcessedAt": *got.ProcessedAt,
		"Provider":  string(got.FindingProviderFields.Severity.Label),
		"FindingId": got.ProductFields["aws/securityhub/FindingId"],
	}
	if diff := cmp.Diff(want, have); diff != "" {
		t.Error(diff)
	}
}

func TestImportWritesTheDefaultProductOfItsOwnAccount(t *testing.T) {
	l := newLab(t)
	own := finding(t, l.spec(member, "logs"))
	own.ProductArn = aws.String("arn:aws:securityhub:us-east-1:" + member + ":product/" + member + "/default")
	own.ProductName, own.CompanyName = aws.String("Scanner"), nil
	own.Severity = &types.Severity{Normalized: aws.Int32(75)}
	own.FindingProviderFields = nil
	answer, err := l.role(member).BatchImportFindings(t.Context(), &sdk.BatchImportFindingsInput{
		Findings: []types.AwsSecurityFinding{own},
	})
	if err != nil || *answer.SuccessCount != 1 {
		t.Fatalf("BatchImportFindings: %+v, %v", answer, err)
	}
	got := l.get(t, *own.Id)
	have := []string{*got.ProductName, *got.CompanyName, string(got.Severity.Label), string(got.Workflow.Status)}
	if diff := cmp.Diff([]string{"Scanner", "Personal", "HIGH", "NEW"}, have); diff != "" {
		t.Error(diff)
	}
}

// asf is short for the type that nearly every case below changes.
type asf = types.AwsSecurityFinding

// refusal is a change to a good finding, and what the import has to say about it.
type refusal struct {
	change  func(f *asf)
	code    string
	message string
}

func malformed() map[string]refusal {
	return map[string]refusal{
		"no title":     {func(f *asf) { f.Title = nil }, "InvalidInput", "'Title'"},
		"no severity":  {noSeverity, "InvalidInput", "'Severity'"},
		"long title":   {func(f *asf) { f.Title = long(257) }, "InvalidInput", "256"},
		"blank text":   {func(f *asf) { f.Description = aws.String(" ") }, "InvalidInput", "shorter"},
		"long id":      {func(f *asf) { f.Id = long(513) }, "InvalidInput", "512"},
		"schema":       {func(f *asf) { f.SchemaVersion = aws.String("1") }, "InvalidInput", "2018"},
		"status":       {func(f *asf) { f.Compliance.Status = "BAD" }, "InvalidInput", "PASSED"},
		"time":         {func(f *asf) { f.CreatedAt = aws.String("now") }, "InvalidInput", "date-time"},
		"confidence":   {func(f *asf) { f.Confidence = aws.Int32(101) }, "InvalidInput", "100"},
		"no resources": {func(f *asf) { f.Resources = []types.Resource{} }, "InvalidInput", "1 to 32"},
		"no type":      {func(f *asf) { f.Resources[0].Type = nil }, "InvalidInput", "Resources[0]"},
		"types":        {func(f *asf) { f.Types = []string{"Nonsense"} }, "InvalidInput", "namespace"},
		"account":      {func(f *asf) { f.AwsAccountId = aws.String("12") }, "InvalidInput", "12 digits"},
		"property":     {func(f *asf) { f.ProductFields = map[string]string{"k": *long(2049)} }, "InvalidInput", "2048"},
	}
}

func misplaced() map[string]refusal {
	product := func(arn string) func(f *asf) {
		return func(f *asf) { f.ProductArn = aws.String("arn:aws:securityhub:" + arn) }
	}
	own := "us-east-1:" + member + ":product/"
	return map[string]refusal{
		"no product":      {func(f *asf) { f.ProductArn = aws.String("arn:aws:s3:::none") }, "InvalidInput", "ARN"},
		"other Region":    {product("eu-west-1::product/aws/securityhub"), "InvalidInput", "not a product in us-east-1"},
		"foreign default": {product(own + member + "/default"), "InvalidAccess", "only findings of"},
		"odd default":     {product(own + "aws/default"), "InvalidInput", "default"},
		"partner":         {product("us-east-1::product/acme/scanner"), "InvalidAccess", "not subscribed to product"},
		"stranger":        {func(f *asf) { f.AwsAccountId = aws.String(stranger) }, "InvalidAccess", "is not subscribed"},
	}
}

func TestImportRefusesSingleFindings(t *testing.T) {
	cases := malformed()
	maps.Copy(cases, misplaced())
	for name, test := range cases {
		t.Run(name, func(t *testing.T) {
			l := newLab(t)
			bad, good := finding(t, l.spec(member, "bad")), finding(t, l.spec(member, "good"))
			test.change(&bad)
			answer, err := rawImport(t, l, bad, good)
			if err != nil {
				t.Fatal(err)
			}
			if *answer.FailedCount != 1 || *answer.SuccessCount != 1 {
				t.Fatalf("failed %d, succeeded %d, want 1 and 1", *answer.FailedCount, *answer.SuccessCount)
			}
			failed := answer.FailedFindings[0]
			if *failed.ErrorCode != test.code || !strings.Contains(*failed.ErrorMessage, test.message) {
				t.Errorf("%s: %s, want %s with %q", *failed.ErrorCode, *failed.ErrorMessage, test.code, test.message)
			}
			if events := l.sent(); len(events) != 1 {
				t.Errorf("%d events, want 1", len(events))
			}
		})
	}
}

func noSeverity(f *asf) { f.Severity, f.FindingProviderFields = nil, nil }

func long(n int) *string { return aws.String(strings.Repeat("x", n)) }

func TestImportOfAWSProductsNeedsARootKey(t *testing.T) {
	cases := map[string]struct {
		client func(l *lab) *sdk.Client
		owner  string
		failed int32
	}{
		"hub root for itself":       {func(l *lab) *sdk.Client { return l.root(hubAccount) }, hubAccount, 0},
		"hub root for a member":     {func(l *lab) *sdk.Client { return l.root(hubAccount) }, member, 0},
		"member root for itself":    {func(l *lab) *sdk.Client { return l.root(member) }, member, 0},
		"member root for another":   {func(l *lab) *sdk.Client { return l.root(member) }, other, 1},
		"member root for the hub":   {func(l *lab) *sdk.Client { return l.root(member) }, hubAccount, 1},
		"role of the hub":           {func(l *lab) *sdk.Client { return l.role(hubAccount) }, hubAccount, 1},
		"role of a member":          {func(l *lab) *sdk.Client { return l.role(member) }, member, 1},
		"a user whose name is root": {namedRoot, hubAccount, 1},
	}
	for name, test := range cases {
		t.Run(name, func(t *testing.T) {
			l := newLab(t)
			answer, err := test.client(l).BatchImportFindings(t.Context(), &sdk.BatchImportFindingsInput{
				Findings: []types.AwsSecurityFinding{finding(t, l.spec(test.owner, "logs"))},
			})
			if err != nil {
				t.Fatal(err)
			}
			if *answer.FailedCount != test.failed {
				t.Errorf("failed %d, want %d", *answer.FailedCount, test.failed)
			}
		})
	}
}

func namedRoot(l *lab) *sdk.Client {
	return l.client(hubAccount, home, "arn:aws:iam::"+hubAccount+":user/root")
}

func TestImportLimits(t *testing.T) {
	l := newLab(t)
	for _, count := range []int{0, 101} {
		findings := make([]types.AwsSecurityFinding, count)
		for index := range findings {
			findings[index] = finding(t, l.spec(member, "logs"))
		}
		_, err := l.root(hubAccount).BatchImportFindings(t.Context(), &sdk.BatchImportFindingsInput{Findings: findings})
		if code(err) != "InvalidInputException" {
			t.Errorf("%d findings: %v, want InvalidInputException", count, err)
		}
	}
}

func TestImportDropsDetailsOfLargeControlFindings(t *testing.T) {
	l := newLab(t)
	large := finding(t, l.spec(member, "logs"))
	other := map[string]string{"blob": strings.Repeat("x", 250<<10)}
	large.Resources[0].Details = &types.ResourceDetails{Other: other}
	if _, err := rawImport(t, l, large); err != nil {
		t.Fatal(err)
	}
	if got := l.get(t, *large.Id); got.Resources[0].Details != nil {
		t.Error("Details survived, want them dropped")
	}
	own := large
	own.ProductArn = aws.String("arn:aws:securityhub:us-east-1:" + member + ":product/" + member + "/default")
	answer, err := l.role(member).BatchImportFindings(t.Context(), &sdk.BatchImportFindingsInput{
		Findings: []types.AwsSecurityFinding{own},
	})
	if err != nil || *answer.FailedCount != 1 {
		t.Errorf("a customer's large finding: %+v, %v, want it refused", answer, err)
	}
}

func TestImportIgnoresWhatIsNotNewer(t *testing.T) {
	l := newLab(t)
	spec := l.spec(member, "logs")
	l.put(t, spec)
	l.sent()
	spec.Title = "Other"
	stored := l.put(t, spec) // accepted, says AWS, but without effect
	if got := l.get(t, *stored.Id); *got.Title == "Other" || len(l.sent()) != 0 {
		t.Error("an import with the same UpdatedAt changed the finding or sent an event")
	}
	spec.At = l.tick()
	l.put(t, spec)
	if got := l.get(t, *stored.Id); *got.Title != "Other" || *got.CreatedAt == *got.UpdatedAt {
		t.Errorf("title %q created %s, want the new title and the old creation", *got.Title, *got.CreatedAt)
	}
}

func TestImportDoesNotTakeOverAnIdOfAnotherAccount(t *testing.T) {
	l := newLab(t)
	stored := l.put(t, l.spec(member, "logs"))
	stolen := finding(t, l.spec(other, "logs"))
	stolen.Id = stored.Id
	answer, err := rawImport(t, l, stolen)
	if err != nil || *answer.FailedCount != 1 {
		t.Errorf("%+v, %v, want the finding refused", answer, err)
	}
}

func TestImportedEvents(t *testing.T) {
	l := newLab(t)
	first, second := l.spec(member, "a"), l.spec(hubAccount, "b")
	l.put(t, first, second)
	events := l.sent()
	if len(events) != 2 {
		t.Fatalf("%d events, want one for each finding", len(events))
	}
	for index, spec := range []securityhub.FindingSpec{first, second} {
		event, want := events[index], finding(t, spec)
		if event.Account != hubAccount || event.Region != home || event.Source != "aws.securityhub" ||
			event.DetailType != "Security Hub Findings - Imported" {
			t.Errorf("envelope %+v", event)
		}
		if diff := cmp.Diff([]string{*want.ProductArn + "/" + *want.Id}, event.Resources); diff != "" {
			t.Error(diff)
		}
		parsed := decodeDetail(t, event)
		if len(parsed.Findings) != 1 || parsed.Findings[0]["Id"] != *want.Id {
			t.Errorf("findings %v, want exactly %s", parsed.Findings, *want.Id)
		}
	}
}

// rawImport imports as the hub's root key.
func rawImport(
	t *testing.T, l *lab, findings ...types.AwsSecurityFinding,
) (*sdk.BatchImportFindingsOutput, error) {
	t.Helper()
	client := l.root(hubAccount)
	return client.BatchImportFindings(t.Context(), &sdk.BatchImportFindingsInput{Findings: findings}, unchecked)
}
