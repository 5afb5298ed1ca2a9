package ledger

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/salve-security/salve/internal/run"
)

// join adds a finding to an open run, and what a person asks for who pressed a
// button. It returns the run as it is then: whoever was at it may have let it wait since it was read. Nil means that
// the run is not open any more.
func (l Ledger) join(ctx context.Context, id string, f run.Finding, asks []string) (*run.Run, error) {
	raw, err := json.Marshal(f)
	if err != nil {
		return nil, fmt.Errorf("encode finding: %w", err)
	}
	update := "SET findings.#f = :f"
	v := values{":f": text(string(raw)), ":closed": text(string(run.StateClosed))}
	if len(asks) > 0 {
		// A set: whoever writes the run meanwhile does not take it away.
		update += " ADD asks :asks"
		v[":asks"] = &types.AttributeValueMemberSS{Value: asks}
	}
	out, err := l.update(ctx, &dynamodb.UpdateItemInput{
		TableName: &l.Table, Key: runItem(id), UpdateExpression: &update,
		ConditionExpression:       aws.String("attribute_exists(pk) AND #state <> :closed"),
		ExpressionAttributeNames:  map[string]string{"#state": "state", "#f": f.String()},
		ExpressionAttributeValues: v, ReturnValues: types.ReturnValueAllNew,
	})
	if failedCondition(err) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("join run %s: %w", id, err)
	}
	return decode(out.Attributes)
}

// asksOf is what r brings to a run that it joins, and its stored form.
func asksOf(r *run.Run) (run.Ask, []string, error) {
	a, some := r.Wish()
	if !some {
		return a, nil, nil
	}
	raw, err := json.Marshal(a)
	if err != nil {
		return run.Ask{}, nil, fmt.Errorf("encode what run %s asks for: %w", r.ID, err)
	}
	return a, []string{string(raw)}, nil
}

// decodeAsks reads what people asked for who joined a run.
func decodeAsks(item values) ([]run.Ask, error) {
	set, ok := item["asks"].(*types.AttributeValueMemberSS)
	switch {
	case item["asks"] == nil:
		return nil, nil
	case !ok:
		return nil, fmt.Errorf("decode what was asked of %s: it cannot be read", stringOf(item["pk"]))
	}
	texts := slices.Sorted(slices.Values(set.Value)) // a set comes in any order
	asks := make([]run.Ask, len(texts))
	for i, raw := range texts {
		if err := json.Unmarshal([]byte(raw), &asks[i]); err != nil {
			return nil, fmt.Errorf("decode what was asked of %s: %w", stringOf(item["pk"]), err)
		}
	}
	return asks, nil
}
