package dynamodb_test

import (
	"context"
	"crypto/rand"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	playbook "github.com/salve-security/salve/functions/playbooks/dynamodb"
	"github.com/salve-security/salve/functions/playbooktest"
	"github.com/salve-security/salve/internal/fault"
)

func TestDeletionProtection(t *testing.T) {
	s := suite()
	s.Control = playbooktest.Pick(t, playbook.DeletionProtection(), "DynamoDB.6")
	s.Skip = map[string]string{playbooktest.CaseDrift: "the setting has two values: a third does not exist"}
	playbooktest.Run(t, s)
}

// suite is all but the control.
func suite() playbooktest.Suite {
	return playbooktest.Suite{
		Seed: newTable,
		Foreign: []string{
			"arn:aws:dynamodb:us-east-1:222222222222:table/orders/index/by-day",
			"arn:aws:dynamodb:us-east-1:222222222222:table/*",
			"orders",
		},
		Observe: observe,
		Unrelated: func(ctx context.Context, t *testing.T, root aws.Config, resource string) {
			playbooktest.Got(dynamodb.NewFromConfig(root).UpdateTable(ctx, &dynamodb.UpdateTableInput{
				TableName: &resource, StreamSpecification: &types.StreamSpecification{
					StreamEnabled: aws.Bool(true), StreamViewType: types.StreamViewTypeKeysOnly,
				},
			}))(t)
		},
		Delete: func(ctx context.Context, t *testing.T, root aws.Config, resource string) {
			playbooktest.Got(dynamodb.NewFromConfig(root).DeleteTable(ctx, &dynamodb.DeleteTableInput{TableName: &resource}))(t)
		},
	}
}

// newTable is a table that has settings of its own and no protection.
func newTable(ctx context.Context, t *testing.T, root aws.Config) string {
	name := "suite-" + rand.Text()
	out := playbooktest.Got(dynamodb.NewFromConfig(root).CreateTable(ctx, &dynamodb.CreateTableInput{
		TableName: &name, BillingMode: types.BillingModePayPerRequest,
		AttributeDefinitions: []types.AttributeDefinition{{AttributeName: aws.String("id"), AttributeType: "S"}},
		KeySchema:            []types.KeySchemaElement{{AttributeName: aws.String("id"), KeyType: types.KeyTypeHash}},
		Tags:                 []types.Tag{{Key: aws.String("team"), Value: aws.String("ops")}},
	}))(t)
	return *out.TableDescription.TableArn
}

// observe has other settings besides: they are as important as the one that is fixed.
func observe(ctx context.Context, t *testing.T, root aws.Config, resource string) any {
	client := dynamodb.NewFromConfig(root)
	table := playbooktest.Got(client.DescribeTable(ctx, &dynamodb.DescribeTableInput{TableName: &resource}))(t).Table
	tags := playbooktest.Got(client.ListTagsOfResource(ctx, &dynamodb.ListTagsOfResourceInput{ResourceArn: &resource}))(t)
	return map[string]any{
		"protected": table.DeletionProtectionEnabled, "billing": table.BillingModeSummary.BillingMode,
		"stream": table.StreamSpecification, "tags": tags.Tags,
	}
}

// AWS fails each table that is not protected, whatever else it is or does at the moment.
func TestLine(t *testing.T) {
	kinds := map[string]types.TableDescription{
		"bare":                  {},
		"of provisioned size":   {BillingModeSummary: &types.BillingModeSummary{BillingMode: types.BillingModeProvisioned}},
		"rarely read":           {TableClassSummary: &types.TableClassSummary{TableClass: "STANDARD_INFREQUENT_ACCESS"}},
		"encrypted":             {SSEDescription: &types.SSEDescription{Status: types.SSEStatusEnabled}},
		"with replicas":         {Replicas: []types.ReplicaDescription{{RegionName: aws.String("eu-west-1")}}},
		"global, of 2017":       {GlobalTableVersion: aws.String("2017.11.29")},
		"restored":              {RestoreSummary: &types.RestoreSummary{RestoreInProgress: aws.Bool(true)}},
		"with a stream":         {StreamSpecification: &types.StreamSpecification{StreamEnabled: aws.Bool(true)}},
		"empty":                 {ItemCount: aws.Int64(0)},
		"of a status not known": {TableStatus: "RESTING"},
	}
	for _, status := range types.TableStatus("").Values() {
		kinds[string(status)] = types.TableDescription{TableStatus: status}
	}
	shapes := map[string]playbooktest.Shape{
		"no table": {Answers: playbooktest.Answers(&dynamodb.DescribeTableOutput{}), Class: fault.Invalid},
	}
	for name, table := range kinds {
		for state, protected := range map[string]*bool{"on": aws.Bool(true), "off": aws.Bool(false), "unset": nil} {
			table.DeletionProtectionEnabled = protected
			described := table
			shapes[name+", "+state] = playbooktest.Shape{
				Answers: playbooktest.Answers(&dynamodb.DescribeTableOutput{Table: &described}), Fails: state != "on",
			}
		}
	}
	c := playbooktest.Pick(t, playbook.DeletionProtection(), "DynamoDB.6")
	playbooktest.Judged(t, c, "arn:aws:dynamodb:us-east-1:222222222222:table/orders", shapes)
}
