package dynamodb_test

import (
	"context"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	playbook "github.com/salve-security/salve/functions/playbooks/dynamodb"
	"github.com/salve-security/salve/functions/playbooktest"
	"github.com/salve-security/salve/internal/fault"
)

func tag(key, value string) playbooktest.Act {
	return func(ctx context.Context, t *testing.T, root aws.Config, resource string) {
		t.Helper()
		playbooktest.Got(dynamodb.NewFromConfig(root).TagResource(ctx, &dynamodb.TagResourceInput{
			ResourceArn: &resource, Tags: []types.Tag{{Key: &key, Value: &value}},
		}))(t)
	}
}

func TestTags(t *testing.T) {
	s, err := suite(), error(nil)
	s.Control = playbooktest.Pick(t, playbook.Tags(), "DynamoDB.5")
	s.Params, err = s.Control.Resolve(map[string]any{"requiredTagKeys": "owner", "tags": "owner=shop"})
	playbooktest.Done(t, err)
	s.Disturb, s.DisturbFact = tag("owner", "bank"), tag("alone", "")
	s.Skip = map[string]string{playbooktest.CaseNarrow: "the lab cannot tell which table a call about tags is about"}
	playbooktest.Run(t, s)
}

// What people name is given, on every page of the tags there are, and nothing where they name nothing.
//
// better: DynamoDB.5 writes no placeholder for a tag
func TestLineOfTags(t *testing.T) {
	c := playbooktest.Pick(t, playbook.Tags(), "DynamoDB.5")
	shape := func(pages ...string) playbooktest.StandIn {
		at := 0
		is := playbooktest.Answers(&dynamodb.DescribeTableOutput{})
		is["ListTagsOfResource"] = func(in any) (any, error) {
			out := &dynamodb.ListTagsOfResourceOutput{}
			if in.(*dynamodb.ListTagsOfResourceInput).NextToken == nil {
				at = 0
			}
			if len(pages) > at {
				out.Tags = []types.Tag{{Key: &pages[at], Value: aws.String("x")}}
			}
			if at++; at < len(pages) {
				out.NextToken = aws.String("more")
			}
			return out, nil
		}
		return is
	}
	named, asked := map[string]any{"tags": "owner=shop"}, map[string]any{"requiredTagKeys": "owner", "tags": "owner=shop"}
	playbooktest.Judged(t, c, orders, map[string]playbooktest.Shape{
		"none":             {Answers: shape(), Params: named, Fails: true},
		"nothing named":    {Answers: shape(), Class: fault.Refused, Words: []string{"parameter tags"}},
		"AWS's own":        {Answers: shape("aws:stack"), Params: named, Fails: true},
		"some":             {Answers: shape("team")},
		"another key":      {Answers: shape("team"), Params: asked, Fails: true},
		"on a second page": {Answers: shape("aws:stack", "owner"), Params: asked},
		"in other capitals": {
			Answers: shape("Owner"), Params: asked, Fails: true,
		},
	})
}
