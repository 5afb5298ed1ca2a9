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
	_, err = client.EnableImportFindingsForProduct(ctx, &sdk.EnableImportFindingsForProductInput{ProductArn: own.ProductArn})
	if got := code(err); got != "ResourceConflictException" {
		t.Errorf("want ResourceConflictException, got %q", got)
	}
	_, err = client.EnableImportFindingsForProduct(ctx, &sdk.EnableImportFindingsForProductInput{
		ProductArn: aws.String("arn:aws:securityhub:eu-west-1::product/prowler/prowler"),
	})
	if got := code(err); got != "InvalidInputException" {
		t.Errorf("want InvalidInputException, got %q", got)
	}
	end := &sdk.DisableImportFindingsForProductInput{ProductSubscriptionArn: &want}
	if _, err = client.DisableImportFindingsForProduct(ctx, end); err != nil || len(listed()) != 0 {
		t.Errorf("the subscription did not end: %v", err)
	}
	_, err = client.DisableImportFindingsForProduct(ctx, end)
	if got := code(err); got != "ResourceNotFoundException" {
		t.Errorf("want ResourceNotFoundException, got %q", got)
	}
}
