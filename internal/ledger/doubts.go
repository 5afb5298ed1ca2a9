package ledger

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/salve-security/salve/internal/gate"
	"github.com/salve-security/salve/internal/run"
)

const (
	// doubtsPrefix begins the key of what speaks against a control, among the tallies: whoever takes a run back may write
	// there.
	doubtsPrefix = "doubts#"
	doubtPrefix  = "d_"
	// doubtFor is how long a doubt is kept, and what counts for a control: as long as runs are.
	doubtFor = 400 * 24 * time.Hour
	// runsField are the runs that count for a control in a ring.
	runsField = "runs"
)

func doubtsItem(control string) values {
	return tallyItem(doubtsPrefix + strings.ToLower(control))
}

// doubtOf names the doubt about a piece of work: there is one at a time.
func doubtOf(k run.Key) string {
	const enough = 10 // bytes of the sum
	sum := sha256.Sum256([]byte(k.String()))
	return doubtPrefix + hex.EncodeToString(sum[:enough])
}

// Doubt keeps what speaks against a control: how a run of the work ended, in words.
func (l Ledger) Doubt(ctx context.Context, k run.Key, why string, now time.Time) error {
	_, err := l.update(ctx, &dynamodb.UpdateItemInput{
		TableName: &l.Table, Key: doubtsItem(k.Control), UpdateExpression: aws.String("SET #doubt = :why, expires_at = :end"),
		ExpressionAttributeNames: map[string]string{"#doubt": doubtOf(k)},
		ExpressionAttributeValues: values{
			":why": &types.AttributeValueMemberM{Value: values{"why": text(why), "at": number(now.Unix())}},
			":end": number(now.Add(doubtFor).Unix()),
		},
	})
	if err != nil {
		return fmt.Errorf("keep a doubt about %s: %w", k.Control, err)
	}
	return nil
}

// Settled takes the doubt about a piece of work away and returns those that are left of its control.
func (l Ledger) Settled(ctx context.Context, k run.Key) ([]gate.Doubt, error) {
	out, err := l.update(ctx, &dynamodb.UpdateItemInput{
		TableName: &l.Table, Key: doubtsItem(k.Control), UpdateExpression: aws.String("REMOVE #doubt"),
		ConditionExpression:                 aws.String("attribute_exists(#doubt)"),
		ExpressionAttributeNames:            map[string]string{"#doubt": doubtOf(k)},
		ReturnValues:                        types.ReturnValueAllNew,
		ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld,
	})
	var failed *types.ConditionalCheckFailedException
	switch {
	case err == nil:
		return decodeDoubts(out.Attributes), nil
	case errors.As(err, &failed):
		return decodeDoubts(failed.Item), nil
	}
	return nil, fmt.Errorf("settle a doubt about %s: %w", k.Control, err)
}

// Doubts lists what speaks against a control.
func (l Ledger) Doubts(ctx context.Context, control string) ([]gate.Doubt, error) {
	out, err := l.DB.GetItem(ctx, &dynamodb.GetItemInput{
		TableName: &l.Table, Key: doubtsItem(control), ConsistentRead: aws.Bool(true),
	})
	if err != nil {
		return nil, fmt.Errorf("read the doubts about %s: %w", control, err)
	}
	return decodeDoubts(out.Item), nil
}

// decodeDoubts are the doubts of an item, in the order of their words. One that cannot be read is one of just now.
func decodeDoubts(item values) []gate.Doubt {
	var out []gate.Doubt
	for name, v := range item {
		if !strings.HasPrefix(name, doubtPrefix) {
			continue
		}
		d := gate.Doubt{Why: "a doubt that cannot be read", At: time.Unix(mostVersions, 0).UTC()}
		if m, ok := v.(*types.AttributeValueMemberM); ok {
			f := fields{item: m.Value}
			if read := (gate.Doubt{Why: f.text("why"), At: time.Unix(f.seconds("at"), 0).UTC()}); f.err() == nil {
				d = read
			}
		}
		out = append(out, d)
	}
	slices.SortFunc(out, func(x, y gate.Doubt) int { return strings.Compare(x.Why, y.Why) })
	return out
}

func stageItem(control, stamp string) values {
	return values{"pk": text("ring#" + strings.ToLower(control) + "#" + stamp), "sk": text("ring")}
}

// Held counts a run whose fix has held for its control in a stage, once, and returns how many there are.
func (l Ledger) Held(ctx context.Context, control, stamp, id string, now time.Time) (int, error) {
	out, err := l.update(ctx, &dynamodb.UpdateItemInput{
		TableName: &l.Table, Key: stageItem(control, stamp),
		UpdateExpression: aws.String("ADD runs :run SET expires_at = :end"),
		ExpressionAttributeValues: values{
			":run": &types.AttributeValueMemberSS{Value: []string{id}}, ":end": number(now.Add(doubtFor).Unix()),
		},
		ReturnValues: types.ReturnValueAllNew,
	})
	if err != nil {
		return 0, fmt.Errorf("count a fix of %s that has held: %w", control, err)
	}
	return countRuns(out.Attributes), nil
}

// HeldSoFar is how many fixes of a control have held in a stage.
func (l Ledger) HeldSoFar(ctx context.Context, control, stamp string) (int, error) {
	out, err := l.DB.GetItem(ctx, &dynamodb.GetItemInput{TableName: &l.Table, Key: stageItem(control, stamp)})
	if err != nil {
		return 0, fmt.Errorf("read how many fixes of %s have held: %w", control, err)
	}
	return countRuns(out.Item), nil
}

func countRuns(item values) int {
	runs, ok := item[runsField].(*types.AttributeValueMemberSS)
	if !ok {
		return 0
	}
	return len(runs.Value)
}
