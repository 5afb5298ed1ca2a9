package ledger

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/salve-security/salve/internal/run"
)

// free holds of a lock that no other run has.
const free = "attribute_not_exists(pk) OR run_id = :run"

// putLocks take the resource roots of a run, unless one is another run's.
func (l Ledger) putLocks(r *run.Run) []types.TransactWriteItem {
	items := make([]types.TransactWriteItem, len(r.Locks))
	for i, lock := range r.Locks {
		item := lockItem(lock)
		item["run_id"] = text(r.ID)
		items[i].Put = &types.Put{
			TableName: &l.Table, Item: item, ConditionExpression: aws.String(free),
			ExpressionAttributeValues: values{":run": text(r.ID)},
		}
	}
	return items
}

// freeLocks free the resource roots of a run, unless one is another run's already.
func (l Ledger) freeLocks(r *run.Run) []types.TransactWriteItem {
	items := make([]types.TransactWriteItem, len(r.Locks))
	for i, lock := range r.Locks {
		items[i].Delete = &types.Delete{
			TableName: &l.Table, Key: lockItem(lock), ConditionExpression: aws.String(free),
			ExpressionAttributeValues: values{":run": text(r.ID)},
		}
	}
	return items
}
