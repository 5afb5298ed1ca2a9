// Package dynamodb holds the playbooks for Amazon DynamoDB.
package dynamodb

import (
	"context"
	"regexp"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/kind"
)

// tableARN accepts tables of every partition, and none of their indexes; its group is the name.
var tableARN = regexp.MustCompile(`^arn:aws[a-z-]*:dynamodb:[a-z0-9-]+:[0-9]{12}:table/([A-Za-z0-9_.-]{3,255})$`)

// DeletionProtection returns the control that protects tables from deletion.
func DeletionProtection() []control.Control {
	return []control.Control{kind.Setting[bool]{
		Name: "DeletionProtectionEnabled", Get: readProtection, Want: kind.Always(true), Set: writeProtection,
	}.Control(control.Info{
		ID: "DynamoDB.6",
		Effect: "Nobody can delete the table until somebody turns the protection off; a stack that is to replace or " +
			"remove it fails.",
		Fails: control.Fails{
			When: "Deletion protection is off on the table.",
			Rule: "dynamodb-table-deletion-protection-enabled",
		},
		Impact:  control.ImpactNone,
		Pattern: tableARN,
		Actions: []string{"dynamodb:DescribeTable", "dynamodb:UpdateTable"},
	})}
}

func readProtection(ctx context.Context, env control.Env) (bool, error) {
	out, err := dynamodb.NewFromConfig(env.Config).DescribeTable(ctx, &dynamodb.DescribeTableInput{TableName: &env.Name})
	if err != nil {
		return false, err
	}
	table, err := kind.Answered(out.Table, "DescribeTable", "a table")
	return aws.ToBool(table.DeletionProtectionEnabled), err // a table has none until it is asked for
}

// writeProtection names nothing else, and DynamoDB leaves alone what an update does not name.
func writeProtection(ctx context.Context, env control.Env, on bool) error {
	_, err := dynamodb.NewFromConfig(env.Config).UpdateTable(ctx, &dynamodb.UpdateTableInput{
		TableName: &env.Name, DeletionProtectionEnabled: &on,
	})
	return err
}
