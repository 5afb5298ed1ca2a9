package ledger

import (
	"context"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// markFor is how long it is remembered how much an account has drawn, after that was worked off.
const markFor = 24 * time.Hour

// Draw takes a span out of an account's share of the time and returns where its mark stands then: the mark moves on
// from now, or from where it stands if that is later. Seen is where the caller saw it last, the zero time for nowhere:
// who guesses right from it needs one call.
func (l Ledger) Draw(ctx context.Context, account string, span time.Duration, now, seen time.Time) (time.Time, error) {
	for range conflictRetries {
		for _, onward := range []bool{seen.After(now), !seen.After(now)} {
			mark, err := l.draw(ctx, account, span, now, onward)
			if err == nil || !failedCondition(err) {
				return mark, err
			}
		}
	}
	return time.Time{}, fmt.Errorf("draw on the share of account %s: %w", account, errContended)
}

// draw moves the mark from where it stands, or from now.
func (l Ledger) draw(ctx context.Context, account string, span time.Duration, now time.Time, onward bool) (
	time.Time, error,
) {
	update, condition := "SET mark = :fresh, expires_at = :end",
		"attribute_not_exists(mark) OR mark <= :now OR NOT attribute_type(mark, :number)"
	v := values{
		":now": number(now.Unix()), ":fresh": number(now.Add(span).Unix()), ":end": number(now.Add(markFor).Unix()),
		":number": text("N"),
	}
	if onward {
		update, condition = "SET mark = mark + :span, expires_at = mark + :keep", "mark > :now"
		v = values{
			":now": number(now.Unix()), ":span": number(int64(span.Seconds())), ":keep": number(int64(markFor.Seconds())),
		}
	}
	out, err := l.update(ctx, &dynamodb.UpdateItemInput{
		TableName: &l.Table, Key: values{"pk": text("share#" + account), "sk": text("share")},
		UpdateExpression: aws.String(update), ConditionExpression: aws.String(condition), ExpressionAttributeValues: v,
		ReturnValues: types.ReturnValueUpdatedNew,
	})
	if err != nil {
		return time.Time{}, fmt.Errorf("draw on the share of account %s: %w", account, err)
	}
	return time.Unix(secondsOf(out.Attributes["mark"]), 0).UTC(), nil
}
