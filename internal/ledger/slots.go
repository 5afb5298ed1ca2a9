package ledger

import (
	"context"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/salve-security/salve/internal/run"
)

func slotsItem(account, region string) values {
	return values{"pk": text("share#slots#" + account + "#" + region), "sk": text("share")}
}

// Slots reads who may write in an account and Region now. What cannot be read there is nobody's: the limit is one of
// comfort, and must not keep everybody off for good.
func (l Ledger) Slots(ctx context.Context, account, region string) (run.Slots, error) {
	out, err := l.DB.GetItem(ctx, &dynamodb.GetItemInput{
		TableName: &l.Table, Key: slotsItem(account, region), ConsistentRead: aws.Bool(true),
	})
	if err != nil {
		return run.Slots{}, fmt.Errorf("read the slots of account %s, Region %s: %w", account, region, err)
	}
	s := run.Slots{Version: secondsOf(out.Item["version"])}
	list, _ := out.Item["slots"].(*types.AttributeValueMemberL)
	if list == nil {
		return s, nil
	}
	for _, v := range list.Value {
		m, ok := v.(*types.AttributeValueMemberM)
		if !ok {
			continue
		}
		slot := run.Slot{Run: stringOf(m.Value["run"]), Until: time.Unix(secondsOf(m.Value["until"]), 0).UTC()}
		if at := secondsOf(m.Value["doubted"]); at > 0 {
			slot.Doubted = time.Unix(at, 0).UTC()
		}
		s.List = append(s.List, slot)
	}
	return s, nil
}

// PutSlots stores them in place of those that were read with the version; false: somebody was faster.
func (l Ledger) PutSlots(ctx context.Context, account, region string, s run.Slots, now time.Time) (bool, error) {
	list := &types.AttributeValueMemberL{Value: []types.AttributeValue{}}
	for _, slot := range s.List {
		m := values{"run": text(slot.Run), "until": number(slot.Until.Unix())}
		if !slot.Doubted.IsZero() {
			m["doubted"] = number(slot.Doubted.Unix())
		}
		list.Value = append(list.Value, &types.AttributeValueMemberM{Value: m})
	}
	in := &dynamodb.UpdateItemInput{
		TableName: &l.Table, Key: slotsItem(account, region),
		UpdateExpression:    aws.String("SET slots = :slots, version = :next, expires_at = :end"),
		ConditionExpression: aws.String("version = :version"),
		ExpressionAttributeValues: values{
			":slots": list, ":version": number(s.Version), ":next": number(s.Version + 1),
			":end": number(now.Add(markFor).Unix()),
		},
	}
	if s.Version == 0 {
		in.ConditionExpression = aws.String("attribute_not_exists(version) OR NOT attribute_type(version, :number)")
		delete(in.ExpressionAttributeValues, ":version")
		in.ExpressionAttributeValues[":number"] = text("N")
	}
	_, err := l.update(ctx, in)
	if failedCondition(err) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("write the slots of account %s, Region %s: %w", account, region, err)
	}
	return true, nil
}
