package securityhub_test

import (
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/securityhub"
	"github.com/aws/aws-sdk-go-v2/service/securityhub/types"
)

type filters = types.AwsSecurityFindingFilters

// search is a question to the library and the buckets that are the answer.
type search struct {
	filters *filters
	want    string
}

func tag(comparison types.MapFilterComparison, pairs ...string) []types.MapFilter {
	var list []types.MapFilter
	for pair := range slices.Chunk(pairs, 2) {
		list = append(list, types.MapFilter{Comparison: comparison, Key: &pair[0], Value: &pair[1]})
	}
	return list
}

func number(f types.NumberFilter) []types.NumberFilter { return []types.NumberFilter{f} }

func days(count int32, comparison types.DateRangeComparison) types.DateFilter {
	return types.DateFilter{DateRange: &types.DateRange{
		Unit: types.DateRangeUnitDays, Value: &count, Comparison: comparison,
	}}
}

// keyword and normalized use filters that AWS deprecated but still serves.
func keyword(value string) *filters {
	return &filters{Keyword: []types.KeywordFilter{{Value: &value}}} //nolint:staticcheck // still part of the API
}

func normalized(f types.NumberFilter) *filters {
	return &filters{SeverityNormalized: number(f)} //nolint:staticcheck // still part of the API
}

func textSearches() map[string]search {
	const all = "alpha beta gamma delta"
	typed := func(a, b []types.StringFilter) *filters { return &filters{ResourceType: append(a, b...)} }
	return map[string]search{
		"none":               {&filters{}, all},
		"equals":             {&filters{Title: text("EQUALS", "About beta")}, "beta"},
		"case matters":       {&filters{Title: text("EQUALS", "about beta")}, ""},
		"equals or":          {&filters{Title: text("EQUALS", "About beta", "About delta")}, "beta delta"},
		"prefix":             {&filters{ResourceType: text("PREFIX", "AwsIam", "AwsEc2")}, "beta gamma delta"},
		"not equals and":     {&filters{SeverityLabel: text("NOT_EQUALS", "LOW", "HIGH")}, "beta delta"},
		"prefix not equals":  {&filters{ResourceType: text("PREFIX_NOT_EQUALS", "AwsIam")}, "alpha delta"},
		"contains":           {&filters{Title: text("CONTAINS", "eta", "lta")}, "beta delta"},
		"not contains":       {&filters{Title: text("NOT_CONTAINS", "eta", "lta")}, "alpha gamma"},
		"prefix, not equals": {typed(text("PREFIX", "Aws"), text("NOT_EQUALS", "AwsEc2Vpc")), "alpha beta gamma"},
		"prefix, not prefix": {typed(text("PREFIX", "Aws"), text("PREFIX_NOT_EQUALS", "AwsIam")), "alpha delta"},
		"attributes are and": {&filters{AwsAccountId: is(member), SeverityLabel: is("HIGH")}, "gamma"},
		"second resource":    {&filters{ResourceId: is("second")}, all},
		"not second":         {&filters{ResourceId: text("NOT_EQUALS", "second")}, ""},
		"absent equals":      {&filters{NoteText: is("x")}, ""},
		"absent not equals":  {&filters{NoteText: text("NOT_EQUALS", "x")}, all},
		"control":            {&filters{ComplianceSecurityControlId: is("S3.8"), ComplianceStatus: is("FAILED")}, all},
		"state":              {&filters{WorkflowStatus: is("NEW"), RecordState: is("ACTIVE")}, all},
		"standard": {&filters{
			ComplianceAssociatedStandardsId: text("PREFIX", "standards/aws-foundational"),
		}, all},
	}
}

func valueSearches() map[string]search {
	at := func(minute int) *string {
		return aws.String(time.Date(2026, 10, 2, 8, minute, 0, 0, time.UTC).Format(time.RFC3339))
	}
	updated := func(f types.DateFilter) *filters { return &filters{UpdatedAt: []types.DateFilter{f}} }
	confidence := func(f types.NumberFilter) *filters { return &filters{Confidence: number(f)} }
	address := []types.IpFilter{{Cidr: aws.String("10.0.2.0/24")}}
	bucket := tag("EQUALS", "Resources:0/Id", "arn:aws:s3:::beta")
	return map[string]search{
		"tag equals":          {&filters{ResourceTags: tag("EQUALS", "even", "true")}, "alpha gamma"},
		"tag not equals":      {&filters{ResourceTags: tag("NOT_EQUALS", "even", "true")}, "beta delta"},
		"tag contains":        {&filters{ResourceTags: tag("CONTAINS", "name", "amm")}, "gamma"},
		"tag not contains":    {&filters{ResourceTags: tag("NOT_CONTAINS", "name", "amm")}, "alpha beta delta"},
		"tag or of one key":   {&filters{ResourceTags: tag("EQUALS", "name", "beta", "name", "delta")}, "beta delta"},
		"tag and of two keys": {&filters{ResourceTags: tag("EQUALS", "name", "alpha", "even", "false")}, ""},
		"product field":       {&filters{ProductFields: bucket}, "beta"},
		"at least":            {confidence(types.NumberFilter{Gte: aws.Float64(20)}), "gamma delta"},
		"between":             {confidence(types.NumberFilter{Gt: aws.Float64(0), Lt: aws.Float64(30)}), "beta gamma"},
		"number equals":       {normalized(types.NumberFilter{Eq: aws.Float64(90)}), "delta"},
		"at most":             {normalized(types.NumberFilter{Lte: aws.Float64(1)}), "alpha"},
		"start and end":       {updated(types.DateFilter{Start: at(2), End: at(3)}), "beta gamma"},
		"start only":          {updated(types.DateFilter{Start: at(4)}), "delta"},
		"end only":            {updated(types.DateFilter{End: at(1)}), "alpha"},
		"within a day":        {updated(days(1, "")), "alpha beta gamma delta"},
		"older than a day":    {updated(days(1, "OLDER_THAN")), ""},
		"boolean":             {&filters{Sample: []types.BooleanFilter{{Value: aws.Bool(true)}}}, "delta"},
		"address":             {&filters{ResourceAwsEc2InstanceIpV4Addresses: address}, "gamma"},
		"keyword":             {keyword("gamma"), "gamma"},
		"keyword nowhere":     {keyword("omega"), ""},
	}
}

func TestFilters(t *testing.T) {
	cases := textSearches()
	maps.Copy(cases, valueSearches())
	l := library(t)
	for name, test := range cases {
		t.Run(name, func(t *testing.T) {
			answer, err := l.role(hubAccount).GetFindings(t.Context(), &sdk.GetFindingsInput{
				Filters:      test.filters,
				SortCriteria: []types.SortCriterion{{Field: aws.String("UpdatedAt"), SortOrder: types.SortOrderAscending}},
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

func TestGetFindingsRefuses(t *testing.T) {
	mixed := func(a, b types.StringFilterComparison) *sdk.GetFindingsInput {
		return &sdk.GetFindingsInput{Filters: &filters{Title: append(text(a, "x"), text(b, "y")...)}}
	}
	dates := func(f types.DateFilter) *sdk.GetFindingsInput {
		return &sdk.GetFindingsInput{Filters: &filters{CreatedAt: []types.DateFilter{f}}}
	}
	sorted := func(field string, order types.SortOrder) *sdk.GetFindingsInput {
		return &sdk.GetFindingsInput{SortCriteria: []types.SortCriterion{{Field: &field, SortOrder: order}}}
	}
	eleven := filters{
		Id: is("x"), Title: is("x"), Region: is("x"), Type: is("x"), ProductArn: is("x"), GeneratorId: is("x"),
		AwsAccountId: is("x"), SeverityLabel: is("x"), RecordState: is("x"), WorkflowStatus: is("x"), NoteText: is("x"),
	}
	cases := map[string]*sdk.GetFindingsInput{
		"equals, not equals":        mixed("EQUALS", "NOT_EQUALS"),
		"equals, prefix not equals": mixed("EQUALS", "PREFIX_NOT_EQUALS"),
		"contains, not contains":    mixed("CONTAINS", "NOT_CONTAINS"),
		"contains, equals":          mixed("CONTAINS", "EQUALS"),
		"not contains, prefix":      mixed("NOT_CONTAINS", "PREFIX"),
		"contains word":             {Filters: &filters{Title: text("CONTAINS_WORD", "x")}},
		"unknown comparison":        {Filters: &filters{Title: text("LIKE", "x")}},
		"no value":                  {Filters: &filters{Title: []types.StringFilter{{Comparison: "EQUALS"}}}},
		"empty list":                {Filters: &filters{Title: []types.StringFilter{}}},
		"21 values":                 {Filters: &filters{Title: text("EQUALS", slices.Repeat([]string{"x"}, 21)...)}},
		"11 attributes":             {Filters: &eleven},
		"map without key":           {Filters: &filters{ResourceTags: tag("EQUALS", "", "x")}},
		"no number":                 {Filters: &filters{Confidence: []types.NumberFilter{{}}}},
		"bad address":               {Filters: &filters{NetworkSourceIpV4: []types.IpFilter{{Cidr: aws.String("x")}}}},
		"empty keyword":             {Filters: keyword("")},
		"no date":                   dates(types.DateFilter{}),
		"bad start":                 dates(types.DateFilter{Start: aws.String("now")}),
		"bad end":                   dates(types.DateFilter{End: aws.String("now")}),
		"range and start":           dates(types.DateFilter{Start: aws.String("now"), DateRange: &types.DateRange{}}),
		"range without days":        dates(types.DateFilter{DateRange: &types.DateRange{Value: aws.Int32(1)}}),
		"range comparison":          dates(days(1, "X")),
		"sort field":                sorted("Nothing", "asc"),
		"sort map":                  sorted("ResourceTags", "asc"),
		"sort order":                sorted("Title", "up"),
		"page too small":            {MaxResults: aws.Int32(0)},
		"page too large":            {MaxResults: aws.Int32(101)},
		"token":                     {NextToken: aws.String("x")},
	}
	l := newLab(t)
	for name, input := range cases {
		t.Run(name, func(t *testing.T) {
			_, err := l.role(hubAccount).GetFindings(t.Context(), input)
			if code(err) != "InvalidInputException" {
				t.Errorf("error %v, want InvalidInputException", err)
			}
		})
	}
}
