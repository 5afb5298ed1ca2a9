package ledger

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/salve-security/salve/internal/run"
)

// markFor is how long it is remembered how much an account has drawn, after that was worked off.
const markFor = 24 * time.Hour

// Draw takes a span out of an account's share of the time: its mark moves on from now, or from where it stands if
// that is later. Seen is where the caller saw the mark last, the zero time for nowhere, and which of the two it is,
// is guessed from it: one call. Where the guess was wrong nothing is drawn. The mark is where it stands then.
// run.ErrMark says that there is one and it cannot be read: nothing is drawn, nor is it written over. One that is not
// there is that of somebody who has drawn nothing: DynamoDB takes marks away a day after they were worked off, and
// nobody can tell that from somebody who deletes one.
func (l Ledger) Draw(ctx context.Context, account string, span time.Duration, now, seen time.Time) (
	mark time.Time, drawn bool, err error,
) {
	in := dynamodb.UpdateItemInput{
		TableName: &l.Table, Key: values{"pk": text("share#" + account), "sk": text("share")},
		UpdateExpression: aws.String("SET mark = :fresh, expires_at = :end"),
		ConditionExpression: aws.String(
			"attribute_not_exists(pk) OR mark <= :now"),
		ExpressionAttributeValues: values{
			":now": number(now.Unix()), ":fresh": number(now.Add(span).Unix()), ":end": number(now.Add(markFor).Unix()),
		},
		ReturnValues:                        types.ReturnValueUpdatedNew,
		ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld,
	}
	if seen.After(now) {
		in.UpdateExpression = aws.String("SET mark = mark + :span, expires_at = mark + :keep")
		in.ConditionExpression = aws.String("mark > :now")
		in.ExpressionAttributeValues = values{
			":now": number(now.Unix()), ":span": number(int64(span.Seconds())), ":keep": number(int64(markFor.Seconds())),
		}
	}
	out, err := l.update(ctx, &in)
	var failed *types.ConditionalCheckFailedException
	switch {
	case err == nil:
		return time.Unix(secondsOf(out.Attributes["mark"]), 0).UTC(), true, nil
	case errors.As(err, &failed):
		f := fields{item: failed.Item}
		at := f.seconds("mark")
		if f.err() != nil || len(failed.Item) > 0 && failed.Item["mark"] == nil {
			return time.Time{}, false, fmt.Errorf("the mark of share#%s is no number: %w", account, run.ErrMark)
		}
		return time.Unix(at, 0).UTC(), false, nil
	}
	return time.Time{}, false, fmt.Errorf("draw on the share of account %s: %w", account, err)
}
