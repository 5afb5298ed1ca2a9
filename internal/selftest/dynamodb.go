package selftest

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// tableTime is how long a table may take until it is there.
const tableTime = 2 * time.Minute

// tables are empty, and paid by request: there is none.
func tables() []Seed {
	family := Family{Name: "table", Find: findTables, Remove: removeTable}
	return []Seed{{Control: "DynamoDB.6", Price: "nothing", Make: bareTable, Family: family}}
}

func bareTable(ctx context.Context, cfg aws.Config, name string) (string, error) {
	client := dynamodb.NewFromConfig(cfg)
	out, err := client.CreateTable(ctx, &dynamodb.CreateTableInput{
		TableName: &name, BillingMode: types.BillingModePayPerRequest, Tags: []types.Tag{
			{Key: aws.String(Tag), Value: aws.String("yes")},
		},
		AttributeDefinitions: []types.AttributeDefinition{
			{AttributeName: aws.String("id"), AttributeType: types.ScalarAttributeTypeS},
		},
		KeySchema: []types.KeySchemaElement{{AttributeName: aws.String("id"), KeyType: types.KeyTypeHash}},
	})
	if err != nil {
		return "", fmt.Errorf("make a table: %w", err)
	}
	err = dynamodb.NewTableExistsWaiter(client).Wait(ctx, &dynamodb.DescribeTableInput{TableName: &name}, tableTime)
	if err != nil {
		return "", fmt.Errorf("wait for the table: %w", err)
	}
	return aws.ToString(out.TableDescription.TableArn), nil
}

func findTables(ctx context.Context, cfg aws.Config) ([]string, error) {
	client := dynamodb.NewFromConfig(cfg)
	var found []string
	pages := dynamodb.NewListTablesPaginator(client, &dynamodb.ListTablesInput{})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, fmt.Errorf("list tables: %w", err)
		}
		for _, name := range page.TableNames {
			if strings.HasPrefix(name, Prefix) && tableTagged(ctx, client, name) {
				found = append(found, name)
			}
		}
	}
	return found, nil
}

func tableTagged(ctx context.Context, client *dynamodb.Client, name string) bool {
	t, err := client.DescribeTable(ctx, &dynamodb.DescribeTableInput{TableName: &name})
	if err != nil {
		return false
	}
	tags, err := client.ListTagsOfResource(ctx, &dynamodb.ListTagsOfResourceInput{ResourceArn: t.Table.TableArn})
	if err != nil {
		return false
	}
	for _, tag := range tags.Tags {
		if aws.ToString(tag.Key) == Tag {
			return true
		}
	}
	return false
}

// removeTable lifts the protection that a fix leaves where nothing took it back.
func removeTable(ctx context.Context, cfg aws.Config, name string) error {
	client := dynamodb.NewFromConfig(cfg)
	now, err := client.DescribeTable(ctx, &dynamodb.DescribeTableInput{TableName: &name})
	if err != nil {
		return gone(err)
	}
	if aws.ToBool(now.Table.DeletionProtectionEnabled) {
		_, err := client.UpdateTable(ctx, &dynamodb.UpdateTableInput{
			TableName: &name, DeletionProtectionEnabled: aws.Bool(false),
		})
		if err != nil {
			return fmt.Errorf("lift the protection: %w", err)
		}
	}
	_, err = client.DeleteTable(ctx, &dynamodb.DeleteTableInput{TableName: &name})
	return gone(err)
}
