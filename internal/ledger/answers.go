package ledger

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/salve-security/salve/internal/names"
	"github.com/salve-security/salve/internal/run"
)

// answersField are the answers to the plan of a run, beside its document: they come when it is closed.
const answersField = "answers"

// receiptFor is how long somebody can read what became of his answer.
const receiptFor = 30 * 24 * time.Hour

func answersIn(r *run.Run, list []string) error {
	for _, raw := range list {
		var a run.Answer
		if err := json.Unmarshal([]byte(raw), &a); err != nil {
			return fmt.Errorf("answer to run %s: %w", r.ID, err)
		}
		r.Answers = append(r.Answers, a)
	}
	return nil
}

// Asked is the run of a piece of work whose plan waits for approval; "" where none does.
func (l Ledger) Asked(ctx context.Context, k run.Key) (string, error) {
	item, err := l.work(ctx, k)
	if err != nil {
		return "", err
	}
	f := fields{item: item}
	id := f.text(names.Asked)
	return id, f.err()
}

// Answer keeps an answer to the plan of a closed run, and fills it in. run.ErrGrew says that others have answered since
// the run was read: who decides on it has to look again.
func (l Ledger) Answer(ctx context.Context, r *run.Run, a run.Answer) error {
	raw, err := json.Marshal(a)
	if err != nil {
		return fmt.Errorf("encode the answer to run %s: %w", r.ID, err)
	}
	seen := "attribute_not_exists(answers)"
	v := values{
		":closed": text(string(run.StateClosed)), ":none": &types.AttributeValueMemberL{},
		":one": &types.AttributeValueMemberL{Value: []types.AttributeValue{text(string(raw))}},
	}
	if n := len(r.Answers); n > 0 {
		seen, v[":n"] = "size(answers) = :n", number(int64(n))
	}
	_, err = l.update(ctx, &dynamodb.UpdateItemInput{
		TableName: &l.Table, Key: runItem(r.ID),
		UpdateExpression:         aws.String("SET answers = list_append(if_not_exists(answers, :none), :one)"),
		ConditionExpression:      aws.String("#state = :closed AND " + seen),
		ExpressionAttributeNames: map[string]string{"#state": "state"}, ExpressionAttributeValues: v,
	})
	switch {
	case failedCondition(err):
		return run.ErrGrew
	case err != nil:
		return fmt.Errorf("keep the answer to run %s: %w", r.ID, err)
	}
	r.Answers = append(r.Answers, a)
	return nil
}

// Lapsed returns the runs whose plan nobody has approved in time, at most limit. Each is given to one caller, and due
// again at until, should that one die.
func (l Ledger) Lapsed(ctx context.Context, now, until time.Time, limit int32) ([]string, error) {
	all, err := l.take(ctx, lapseShard, now, until, limit, "what nobody approved")
	var ids []string
	for _, t := range all {
		if id := strings.TrimSpace(stringOf(t.item[names.Asked])); id != "" {
			ids = append(ids, id)
		}
	}
	return ids, err
}

func receiptItem(message string) values {
	return values{"pk": text("receipt#" + message), "sk": text("receipt")}
}

// Tell keeps what became of the answer that a message brought.
func (l Ledger) Tell(ctx context.Context, message string, r run.Receipt) error {
	raw, err := json.Marshal(r)
	if err != nil {
		return fmt.Errorf("encode the receipt of message %s: %w", message, err)
	}
	_, err = l.update(ctx, &dynamodb.UpdateItemInput{
		TableName: &l.Table, Key: receiptItem(message), UpdateExpression: aws.String("SET doc = :doc, expires_at = :until"),
		ExpressionAttributeValues: values{":doc": text(string(raw)), ":until": number(r.At.Add(receiptFor).Unix())},
	})
	if err != nil {
		return fmt.Errorf("keep the receipt of message %s: %w", message, err)
	}
	return nil
}

// Receipt is what became of the answer that a message brought; run.ErrNotFound before anybody has looked at it.
func (l Ledger) Receipt(ctx context.Context, message string) (run.Receipt, error) {
	out, err := l.DB.GetItem(ctx, &dynamodb.GetItemInput{
		TableName: &l.Table, Key: receiptItem(message), ConsistentRead: aws.Bool(true),
	})
	if err != nil {
		return run.Receipt{}, fmt.Errorf("read the receipt of message %s: %w", message, err)
	}
	if out.Item == nil {
		return run.Receipt{}, fmt.Errorf("receipt of message %s: %w", message, run.ErrNotFound)
	}
	var r run.Receipt
	f := fields{item: out.Item}
	if err := json.Unmarshal([]byte(f.text("doc")), &r); err != nil {
		return run.Receipt{}, fmt.Errorf("decode the receipt of message %s: %w", message, err)
	}
	return r, f.err()
}
