package dynamodb

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/kind"
)

// Tags returns the control that gives tables the tags that people name.
func Tags() []control.Control {
	return []control.Control{kind.Tags{
		What: "table", List: listTags,
		Add: func(ctx context.Context, env control.Env, tags map[string]string) error {
			in := &dynamodb.TagResourceInput{ResourceArn: &env.Target.Resource}
			for key, value := range tags {
				in.Tags = append(in.Tags, types.Tag{Key: &key, Value: &value})
			}
			_, err := dynamodb.NewFromConfig(env.Config).TagResource(ctx, in)
			return err
		},
		Remove: func(ctx context.Context, env control.Env, keys []string) error {
			_, err := dynamodb.NewFromConfig(env.Config).UntagResource(ctx, &dynamodb.UntagResourceInput{
				ResourceArn: &env.Target.Resource, TagKeys: keys,
			})
			return err
		},
	}.Control(control.Info{
		ID: "DynamoDB.5", Fails: control.Fails{Rule: "tagged-dynamodb-table"}, Pattern: tableARN,
		Actions:     []string{"dynamodb:DescribeTable", "dynamodb:ListTagsOfResource", "dynamodb:TagResource"},
		UndoActions: []string{"dynamodb:UntagResource"},
	})}
}

// listTags asks for the table first, which says whether there is one: about the tags of none, access is denied. The SDK
// has no paginator for tags.
func listTags(ctx context.Context, env control.Env) (map[string]string, error) {
	client, all := dynamodb.NewFromConfig(env.Config), map[string]string{}
	if _, err := client.DescribeTable(ctx, &dynamodb.DescribeTableInput{TableName: &env.Name}); err != nil {
		return nil, err
	}
	in := &dynamodb.ListTagsOfResourceInput{ResourceArn: &env.Target.Resource}
	for {
		out, err := client.ListTagsOfResource(ctx, in)
		if err != nil {
			return nil, err
		}
		for _, tag := range out.Tags {
			all[aws.ToString(tag.Key)] = aws.ToString(tag.Value)
		}
		if in.NextToken = out.NextToken; aws.ToString(in.NextToken) == "" {
			return all, nil
		}
	}
}
