package assess

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/organizations"
	"github.com/aws/aws-sdk-go-v2/service/organizations/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/gate"
)

// counter is AWS, which only counts what reaches it.
type counter struct{ calls int }

// Do answers with nothing.
func (c *counter) Do(*http.Request) (*http.Response, error) {
	c.calls++
	return &http.Response{StatusCode: http.StatusNoContent, Body: http.NoBody, Header: http.Header{}}, nil
}

// TestReadOnly: a call that could change something never leaves, whatever the credentials may do.
func TestReadOnly(t *testing.T) {
	c := &counter{}
	cfg := ReadOnly(aws.Config{
		Region: home, HTTPClient: c, Credentials: credentials.NewStaticCredentialsProvider("a", "b", ""),
	})
	client := s3.NewFromConfig(cfg)
	for name, call := range map[string]func(context.Context) error{
		"s3:CreateBucket": func(ctx context.Context) error {
			_, err := client.CreateBucket(ctx, &s3.CreateBucketInput{Bucket: aws.String("logs")})
			return err
		},
		"s3:PutBucketPolicy": func(ctx context.Context) error {
			_, err := client.PutBucketPolicy(ctx, &s3.PutBucketPolicyInput{Bucket: aws.String("logs"), Policy: aws.String("{}")})
			return err
		},
		"s3:DeleteObject": func(ctx context.Context) error {
			_, err := client.DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: aws.String("logs"), Key: aws.String("x")})
			return err
		},
	} {
		if err := call(t.Context()); fault.Of(err) != fault.Refused || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if c.calls != 0 {
		t.Errorf("%d calls left", c.calls)
	}
	if _, err := client.GetBucketVersioning(t.Context(), &s3.GetBucketVersioningInput{Bucket: aws.String("logs")}); err !=
		nil || c.calls != 1 {
		t.Errorf("a read: %v, %d calls", err, c.calls)
	}
}

// units is an organization of two levels.
type units struct{}

func (units) ListAccountsForParent(
	_ context.Context, in *organizations.ListAccountsForParentInput, _ ...func(*organizations.Options),
) (*organizations.ListAccountsForParentOutput, error) {
	of := map[string][]types.Account{
		"ou-1": {{Id: aws.String(own), Status: types.AccountStatusActive}},
		"ou-2": {
			{Id: aws.String("333333333333"), Status: types.AccountStatusActive},
			{Id: aws.String("444444444444"), Status: types.AccountStatusSuspended},
		},
	}
	return &organizations.ListAccountsForParentOutput{Accounts: of[*in.ParentId]}, nil
}

func (units) ListOrganizationalUnitsForParent(
	_ context.Context, in *organizations.ListOrganizationalUnitsForParentInput, _ ...func(*organizations.Options),
) (*organizations.ListOrganizationalUnitsForParentOutput, error) {
	out := &organizations.ListOrganizationalUnitsForParentOutput{}
	if *in.ParentId == "ou-1" {
		out.OrganizationalUnits = []types.OrganizationalUnit{{Id: aws.String("ou-2")}}
	}
	return out, nil
}

// TestAccountsBelow: of a unit all active accounts count, also those of units below it, once each.
func TestAccountsBelow(t *testing.T) {
	got, err := AccountsBelow(t.Context(), units{}, []string{"ou-2", "ou-1"})
	if err != nil || strings.Join(got, " ") != own+" 333333333333" {
		t.Errorf("%v, %v", got, err)
	}
}

func placedIn(units []string) func(context.Context, string) (gate.Placed, error) {
	return func(context.Context, string) (gate.Placed, error) { return gate.Placed{OUs: units}, nil }
}
