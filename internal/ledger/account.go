package ledger

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/salve-security/salve/internal/run"
)

const (
	accountPrefix = "account#"
	accountShard  = "accounts"
)

func accountItem(id string) values {
	return values{"pk": text(accountPrefix + id), "sk": text("account")}
}

// Await stores an open run of ours that waits for its account to get the role,
// however long that takes, files the account for a probe, and fills in the findings that joined it. The run is out of
// the way of the sweeps until Release. run.ErrLost means that it is not ours any more.
func (l Ledger) Await(ctx context.Context, r *run.Run, probe time.Time) error {
	err := l.setAside(ctx, r, accountPrefix+r.Key.Account, types.TransactWriteItem{Update: &types.Update{
		TableName: &l.Table, Key: accountItem(r.Key.Account),
		UpdateExpression: aws.String("SET due_shard = :accounts, due_at = if_not_exists(due_at, :probe)," +
			" #region = :region, #part = :part, touched = :run"),
		ExpressionAttributeNames: map[string]string{"#region": "region", "#part": "partition"},
		ExpressionAttributeValues: values{
			":accounts": text(accountShard), ":probe": number(probe.Unix()), ":region": text(r.Region),
			":part": text(r.Part), ":run": text(r.ID),
		},
	}})
	if err != nil {
		return fmt.Errorf("let run %s wait for its account: %w", r.ID, err)
	}
	return nil
}

// Accounts returns accounts to be probed by now.
func (l Ledger) Accounts(ctx context.Context, now time.Time, limit int32) ([]run.Account, error) {
	items, err := l.due(ctx, accountShard, now, limit)
	if err != nil {
		return nil, err
	}
	var out []run.Account
	for _, item := range items {
		out = append(out, run.Account{
			ID: strings.TrimPrefix(stringOf(item["pk"]), accountPrefix), Region: stringOf(item["region"]),
			Partition: stringOf(item["partition"]), Touched: stringOf(item["touched"]),
		})
	}
	return out, nil
}

// Probed files an account for its next probe; without a next one it is
// forgotten, unless a run has begun to wait for it since it was read.
func (l Ledger) Probed(ctx context.Context, a run.Account, next time.Time) error {
	var err error
	if next.IsZero() {
		_, err = l.DB.DeleteItem(ctx, &dynamodb.DeleteItemInput{
			TableName: &l.Table, Key: accountItem(a.ID), ConditionExpression: aws.String("touched = :seen"),
			ExpressionAttributeValues: values{":seen": text(a.Touched)},
		})
	} else {
		_, err = l.update(ctx, &dynamodb.UpdateItemInput{
			TableName: &l.Table, Key: accountItem(a.ID), UpdateExpression: aws.String("SET due_at = :next"),
			ConditionExpression:       aws.String("attribute_exists(pk)"),
			ExpressionAttributeValues: values{":next": number(next.Unix())},
		})
	}
	if err != nil && !failedCondition(err) {
		return fmt.Errorf("store the probe of account %s: %w", a.ID, err)
	}
	return nil
}

// Release makes runs that waited for an account due, at most limit of them, and
// returns how many there were.
func (l Ledger) Release(ctx context.Context, account string, now time.Time, limit int32) (int, error) {
	forever := now.AddDate(100, 0, 0) // whatever time they are filed under
	items, err := l.due(ctx, accountPrefix+account, forever, limit)
	if err != nil {
		return 0, err
	}
	var errs []error
	for _, item := range items {
		id := strings.TrimPrefix(stringOf(item["pk"]), runPrefix)
		_, err := l.update(ctx, &dynamodb.UpdateItemInput{
			TableName: &l.Table, Key: runItem(id), UpdateExpression: aws.String("SET due_shard = :shard, due_at = :now"),
			ConditionExpression: aws.String("due_shard = :account"),
			ExpressionAttributeValues: values{
				":shard": text(dueShard(share(id))), ":now": number(now.Unix()), ":account": text(accountPrefix + account),
			},
		})
		if err != nil && !failedCondition(err) {
			errs = append(errs, fmt.Errorf("release run %s: %w", id, err))
		}
	}
	return len(items), errors.Join(errs...)
}
