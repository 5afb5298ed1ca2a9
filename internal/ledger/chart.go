package ledger

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/gate"
)

// chartForm is the form of the chart of the organization. One of a newer form is not known, and so are all places that
// ask for it.
const chartForm = 1

// mostChart bounds the compressed chart below what an item may have, and mostChartText what it may grow to: no
// organization is larger, and more would fill the memory.
const (
	mostChart     = 380 << 10
	mostChartText = 32 << 20
)

// chartItem stands in the partition of the configuration: who may read that may know where it holds.
func chartItem() values { return values{"pk": text("config"), "sk": text("chart")} }

// Chart reads what is stored of the organization. What cannot be read is said, and no error.
func (l Ledger) Chart(ctx context.Context) (gate.Charted, error) {
	out, err := l.DB.GetItem(ctx, &dynamodb.GetItemInput{
		TableName: &l.Table, Key: chartItem(), ConsistentRead: aws.Bool(true),
	})
	if err != nil {
		return gate.Charted{}, fmt.Errorf("read the chart of the organization: %w", err)
	}
	return decodeChart(out.Item), nil
}

func decodeChart(item values) gate.Charted {
	c := gate.Charted{
		Revision: secondsOf(item["revision"]), Trouble: stringOf(item["trouble"]),
		TroubleAt: time.Unix(secondsOf(item["trouble_at"]), 0).UTC(),
	}
	if c.Trouble == "" {
		c.TroubleAt = time.Time{}
	}
	if _, stored := item["doc"]; !stored {
		return c
	}
	if form := secondsOf(item["form"]); form != chartForm {
		c.Unread = fmt.Sprintf("it has form %d, this release reads %d", form, chartForm)
		return c
	}
	chart, err := unpackChart(item["doc"])
	if err != nil {
		c.Unread = err.Error()
		return c
	}
	c.Chart = &chart
	return c
}

// ReserveChart gives the reading of the organization to one process until a time; false: another one is at it, or it
// failed a short while ago.
func (l Ledger) ReserveChart(ctx context.Context, now, until time.Time) (bool, error) {
	_, err := l.update(ctx, &dynamodb.UpdateItemInput{
		TableName: &l.Table, Key: chartItem(), UpdateExpression: aws.String("SET busy_until = :until"),
		// One that is further away than any reservation is of a clock that was wrong.
		ConditionExpression: aws.String("attribute_not_exists(busy_until) OR NOT attribute_type(busy_until, :n) " +
			"OR busy_until <= :now OR busy_until > :far"),
		ExpressionAttributeValues: values{
			":until": number(until.Unix()), ":now": number(now.Unix()), ":n": text("N"),
			":far": number(now.Add(gate.LongestReading).Unix()),
		},
	})
	if failedCondition(err) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("reserve the reading of the organization: %w", err)
	}
	return true, nil
}

// KeepChart stores a chart in place of the one with a revision; false: another one was stored meanwhile, and stays. The
// chart is one item: nobody reads half of it.
func (l Ledger) KeepChart(ctx context.Context, c gate.Chart, over int64) (bool, error) {
	packed, err := packChart(c)
	if err != nil {
		return false, err
	}
	_, err = l.update(ctx, &dynamodb.UpdateItemInput{
		TableName: &l.Table, Key: chartItem(),
		UpdateExpression: aws.String("SET form = :form, doc = :doc, revision = :next REMOVE busy_until, trouble, trouble_at"),
		ConditionExpression: aws.String(
			"attribute_not_exists(revision) OR NOT attribute_type(revision, :n) OR revision = :over"),
		ExpressionAttributeValues: values{
			":form": number(chartForm), ":doc": &types.AttributeValueMemberB{Value: packed}, ":next": number(over + 1),
			":over": number(over), ":n": text("N"),
		},
	})
	if failedCondition(err) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("store the chart of the organization: %w", err)
	}
	return true, nil
}

// ChartFailed notes what a reading failed with, and when the next one may begin. What is stored stays.
func (l Ledger) ChartFailed(ctx context.Context, why string, now, next time.Time) error {
	_, err := l.update(ctx, &dynamodb.UpdateItemInput{
		TableName: &l.Table, Key: chartItem(),
		UpdateExpression: aws.String("SET trouble = :why, trouble_at = :now, busy_until = :next"),
		ExpressionAttributeValues: values{
			":why": text(why), ":now": number(now.Unix()), ":next": number(next.Unix()),
		},
	})
	if err != nil {
		return fmt.Errorf("note that the organization could not be read: %w", err)
	}
	return nil
}

func packChart(c gate.Chart) ([]byte, error) {
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	if err := errors.Join(json.NewEncoder(w).Encode(c), w.Close()); err != nil {
		return nil, fmt.Errorf("compress the chart of the organization: %w", err)
	}
	if out.Len() > mostChart {
		return nil, fault.New(fault.Refused, "the chart of the organization has %d bytes, an item has room for %d: ask for "+
			"fewer tags of accounts", out.Len(), mostChart)
	}
	return out.Bytes(), nil
}

func unpackChart(v types.AttributeValue) (gate.Chart, error) {
	var c gate.Chart
	packed, ok := v.(*types.AttributeValueMemberB)
	if !ok {
		return c, errors.New("it is no chart")
	}
	r, err := gzip.NewReader(bytes.NewReader(packed.Value))
	if err != nil {
		return c, fmt.Errorf("it is damaged: %w", err)
	}
	raw, err := io.ReadAll(io.LimitReader(r, mostChartText))
	if err != nil {
		return c, fmt.Errorf("it is damaged: %w", err)
	}
	if err := json.Unmarshal(raw, &c); err != nil {
		return c, fmt.Errorf("it is damaged: %w", err)
	}
	return c, nil
}
