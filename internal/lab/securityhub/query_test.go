package securityhub_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/securityhub"
	"github.com/aws/aws-sdk-go-v2/service/securityhub/types"
	"github.com/google/go-cmp/cmp"
)

// library fills a lab with four findings, named by their buckets.
func library(t *testing.T) *lab {
	t.Helper()
	l := newLab(t)
	for index, bucket := range []string{"alpha", "beta", "gamma", "delta"} {
		spec := l.spec([]string{hubAccount, member, member, other}[index], bucket)
		spec.Severity = []string{"LOW", "MEDIUM", "HIGH", "CRITICAL"}[index]
		spec.ResourceType = []string{"AwsS3Bucket", "AwsIamPolicy", "AwsIamRole", "AwsEc2Vpc"}[index]
		spec.Title = "About " + bucket
		spec.At = l.tick()
		built := finding(t, spec)
		built.Confidence = aws.Int32(int32(index * 10))
		built.Resources[0].Tags = map[string]string{"name": bucket, "even": fmt.Sprint(index%2 == 0)}
		built.Resources[0].Details = &types.ResourceDetails{AwsEc2Instance: &types.AwsEc2InstanceDetails{
			IpV4Addresses: []string{fmt.Sprintf("10.0.%d.1", index)},
		}}
		built.Resources = append(built.Resources, types.Resource{Type: aws.String("Other"), Id: aws.String("second")})
		built.Sample = aws.Bool(index == 3)
		if _, err := rawImport(t, l, built); err != nil {
			t.Fatal(err)
		}
	}
	return l
}

// names are the buckets of findings, in order.
func names(findings []types.AwsSecurityFinding) string {
	var found []string
	for _, one := range findings {
		found = append(found, strings.TrimPrefix(*one.Resources[0].Id, "arn:aws:s3:::"))
	}
	return strings.Join(found, " ")
}

func TestGetFindingsShowsOnlyWhatTheCallerMaySee(t *testing.T) {
	l := library(t)
	cases := map[string]struct {
		client *sdk.Client
		want   string
	}{
		"hub":          {l.role(hubAccount), "alpha beta gamma delta"},
		"member":       {l.role(member), "beta gamma"},
		"other member": {l.role(other), "delta"},
		"other Region": {l.client(hubAccount, "eu-west-1", "arn:aws:iam::"+hubAccount+":root"), ""},
	}
	for name, test := range cases {
		t.Run(name, func(t *testing.T) {
			answer, err := test.client.GetFindings(t.Context(), &sdk.GetFindingsInput{
				SortCriteria: []types.SortCriterion{{Field: aws.String("CreatedAt"), SortOrder: types.SortOrderAscending}},
			})
			if err != nil {
				t.Fatal(err)
			}
			if got := names(answer.Findings); got != test.want {
				t.Errorf("found %q, want %q", got, test.want)
			}
		})
	}
}

func TestSort(t *testing.T) {
	l := library(t)
	cases := map[string]struct {
		criteria []types.SortCriterion
		want     string
	}{
		"number descending": {
			[]types.SortCriterion{{Field: aws.String("Confidence"), SortOrder: "desc"}}, "delta gamma beta alpha",
		},
		"text": {[]types.SortCriterion{{Field: aws.String("Title")}}, "alpha beta delta gamma"},
		"two criteria": {[]types.SortCriterion{
			{Field: aws.String("AwsAccountId"), SortOrder: "desc"}, {Field: aws.String("Title"), SortOrder: "asc"},
		}, "delta beta gamma alpha"},
	}
	for name, test := range cases {
		t.Run(name, func(t *testing.T) {
			answer, err := l.role(hubAccount).GetFindings(t.Context(), &sdk.GetFindingsInput{SortCriteria: test.criteria})
			if err != nil {
				t.Fatal(err)
			}
			if got := names(answer.Findings); got != test.want {
				t.Errorf("found %q, want %q", got, test.want)
			}
		})
	}
}

// TestPagingSurvivesUpdates lists NEW findings and resolves every page, so that it is gone when the next one is read.
func TestPagingSurvivesUpdates(t *testing.T) {
	l := newLab(t)
	const total = 23
	for index := range total {
		l.put(t, l.spec(member, fmt.Sprintf("bucket-%02d", index)))
	}
	client := l.role(hubAccount)
	pages := sdk.NewGetFindingsPaginator(client, &sdk.GetFindingsInput{
		MaxResults: aws.Int32(5), Filters: &filters{WorkflowStatus: is("NEW")},
		SortCriteria: []types.SortCriterion{{Field: aws.String("ResourceId"), SortOrder: types.SortOrderDescending}},
	})
	seen := map[string]bool{}
	var sizes []int
	for pages.HasMorePages() {
		page, err := pages.NextPage(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		sizes = append(sizes, len(page.Findings))
		var keys []types.AwsSecurityFindingIdentifier
		for _, one := range page.Findings {
			seen[*one.Id], keys = true, append(keys, key(one))
		}
		update(t, client, &sdk.BatchUpdateFindingsInput{
			FindingIdentifiers: keys, Workflow: &types.WorkflowUpdate{Status: types.WorkflowStatusResolved},
		})
	}
	if diff := cmp.Diff([]int{5, 5, 5, 5, 3}, sizes); diff != "" || len(seen) != total {
		t.Errorf("%d findings seen, want %d; pages: %s", len(seen), total, diff)
	}
}

func TestTokenBelongsToItsRequest(t *testing.T) {
	l := library(t)
	first, err := l.role(hubAccount).GetFindings(t.Context(), &sdk.GetFindingsInput{MaxResults: aws.Int32(1)})
	if err != nil {
		t.Fatal(err)
	}
	for name, try := range map[string]struct {
		client  *sdk.Client
		filters *filters
	}{
		"other filters": {l.role(hubAccount), &filters{AwsAccountId: is(member)}},
		"other account": {l.role(member), nil},
	} {
		input := &sdk.GetFindingsInput{NextToken: first.NextToken, Filters: try.filters}
		if _, err := try.client.GetFindings(t.Context(), input); code(err) != "InvalidInputException" {
			t.Errorf("%s: error %v, want InvalidInputException", name, err)
		}
	}
}
