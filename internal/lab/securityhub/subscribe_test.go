package securityhub_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/securityhub"
	"github.com/aws/aws-sdk-go-v2/service/securityhub/types"
	"github.com/google/go-cmp/cmp"
)

// TestPartnersImportOnceSubscribed makes the calls that prowler -S makes: is the hub on, is the product taken, then
// findings of it.
func TestPartnersImportOnceSubscribed(t *testing.T) {
	l := newLab(t)
	client, ctx := l.role(member), t.Context()
	if _, err := client.DescribeHub(ctx, &sdk.DescribeHubInput{}); err != nil {
		t.Fatal(err)
	}
	own := finding(t, l.spec(member, "logs"))
	own.ProductArn = aws.String("arn:aws:securityhub:us-east-1::product/prowler/prowler")
	imports := func() int32 {
		t.Helper()
		out, err := client.BatchImportFindings(ctx, &sdk.BatchImportFindingsInput{Findings: []types.AwsSecurityFinding{own}})
		if err != nil {
			t.Fatal(err)
		}
		return *out.SuccessCount
	}
	listed := func() []string {
		t.Helper()
		out, err := client.ListEnabledProductsForImport(ctx, &sdk.ListEnabledProductsForImportInput{})
		if err != nil {
			t.Fatal(err)
		}
		return out.ProductSubscriptions
	}
	if got := imports(); got != 0 {
		t.Error("a partner imported without a subscription")
	}
	made, err := client.EnableImportFindingsForProduct(ctx, &sdk.EnableImportFindingsForProductInput{
		ProductArn: own.ProductArn,
	})
	if err != nil {
		t.Fatal(err)
	}
	want := "arn:aws:securityhub:us-east-1:" + member + ":product-subscription/prowler/prowler"
	if d := cmp.Diff([]string{want, want}, append(listed(), aws.ToString(made.ProductSubscriptionArn))); d != "" {
		t.Error(d)
	}
	if got := imports(); got != 1 {
		t.Error("a partner could not import in spite of a subscription")
	}
	for product, want := range map[string]string{
		*own.ProductArn: "ResourceConflictException",
		"arn:aws:securityhub:eu-west-1::product/prowler/prowler": "InvalidInputException",
	} {
		_, err = client.EnableImportFindingsForProduct(ctx, &sdk.EnableImportFindingsForProductInput{ProductArn: &product})
		if got := code(err); got != want {
			t.Errorf("want %s, got %q", want, got)
		}
	}
	endSubscription(t, client, want)
	if got := listed(); len(got) != 0 {
		t.Errorf("the subscription did not end: %v", got)
	}
}

// endSubscription ends it, which can be done once.
func endSubscription(t *testing.T, client *sdk.Client, arn string) {
	t.Helper()
	for _, want := range []string{"", "ResourceNotFoundException"} {
		_, err := client.DisableImportFindingsForProduct(t.Context(), &sdk.DisableImportFindingsForProductInput{
			ProductSubscriptionArn: &arn,
		})
		if got := code(err); got != want {
			t.Errorf("want %q, got %q: %v", want, got, err)
		}
	}
}
