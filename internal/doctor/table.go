package doctor

import (
	"context"
	"errors"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/salve-security/salve/internal/names"
)

// table: the ledger is there, and whole.
func table() Check {
	const action = "dynamodb:DescribeTable"
	return Check{Name: "table", Needs: []string{action}, ask: func(ctx context.Context, p *Patient) Answer {
		out, err := dynamodb.NewFromConfig(p.Own).DescribeTable(ctx, &dynamodb.DescribeTableInput{
			TableName: aws.String(p.called(names.Table)),
		})
		if missing := new(types.ResourceNotFoundException); errors.As(err, &missing) {
			return wrong(pageHub, "Salve's hub is not here: account %s has no table %s in %s", p.Hub, p.called(names.Table),
				p.Home)
		}
		if err != nil {
			return unread(err, action)
		}
		// A table works while it is updated; one that is being made or deleted, or whose key is gone, does not.
		switch status := out.Table.TableStatus; status { //nolint:exhaustive // the others do not work
		case types.TableStatusActive, types.TableStatusUpdating:
		default:
			return wrong(p.aws("dynamodb describe-table --table-name %s", p.called(names.Table)), "the table %s is %s",
				p.called(names.Table), status)
		}
		there := map[string]types.IndexStatus{}
		for _, index := range out.Table.GlobalSecondaryIndexes {
			there[aws.ToString(index.IndexName)] = index.IndexStatus
		}
		for _, index := range names.Indexes() {
			if status, ok := there[index.Name]; !ok || status == types.IndexStatusDeleting {
				return wrong(pageUpgrade, "the table %s lacks its index %s", p.called(names.Table), index.Name)
			}
		}
		return ok("the table %s is there, with its indexes", p.called(names.Table))
	}}
}
