package ledger

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/salve-security/salve/internal/names"
	"github.com/salve-security/salve/internal/run"
)

// underField is the stamp of what of the configuration an open run waits for.
const underField = "waits_under"

// Outdated returns ids of open runs that nobody is at, that are due after a time, and that wait under none of the
// stamps: some limit of them, or all there are. It reads all that wait: callers do so now and then.
func (l Ledger) Outdated(ctx context.Context, stamps []string, now, after time.Time, limit int) ([]string, error) {
	var ids []string
	for i := range shards {
		pages := dynamodb.NewQueryPaginator(l.DB, l.outdated(dueShard(i), stamps, now, after))
		for len(ids) < limit && pages.HasMorePages() {
			page, err := pages.NextPage(ctx)
			if err != nil {
				return nil, fmt.Errorf("look for what waits under another configuration: %w", err)
			}
			for _, item := range page.Items {
				ids = append(ids, strings.TrimPrefix(stringOf(item["pk"]), runPrefix))
			}
		}
	}
	return ids[:min(len(ids), limit)], nil
}

func (l Ledger) outdated(shard string, stamps []string, now, after time.Time) *dynamodb.QueryInput {
	filter := "attribute_exists(" + underField + ") AND #state <> :closed AND lease <= :now"
	in := values{
		":shard": text(shard), ":after": number(after.Unix()), ":now": number(now.Unix()),
		":closed": text(string(run.StateClosed)),
	}
	for n, stamp := range stamps {
		name := fmt.Sprintf(":stamp%d", n)
		in[name] = text(stamp)
		filter += " AND " + underField + " <> " + name
	}
	return &dynamodb.QueryInput{
		TableName: &l.Table, IndexName: aws.String(names.DueIndex), FilterExpression: &filter,
		KeyConditionExpression:    aws.String("due_shard = :shard AND due_at > :after"),
		ExpressionAttributeNames:  map[string]string{"#state": "state"},
		ExpressionAttributeValues: in,
	}
}
