package ledger

import (
	"context"
	"crypto/rand"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// sealBytes is the length of the key of a keyed SHA-256.
const sealBytes = 32

// SealKey returns the key of the marks that stand for secrets: one for the
// whole hub, drawn when it is first needed. Read-only, where there is none yet,
// it returns a key that nobody keeps: marks made with it equal no others.
func (l Ledger) SealKey(ctx context.Context, readOnly bool) ([]byte, error) {
	item := values{"pk": text("seal"), "sk": text("seal")}
	out, err := l.DB.GetItem(ctx, &dynamodb.GetItemInput{TableName: &l.Table, Key: item, ConsistentRead: aws.Bool(true)})
	switch {
	case err != nil:
		return nil, fmt.Errorf("read the key of secrets: %w", err)
	case len(out.Item) > 0:
		return sealIn(out.Item)
	}
	fresh := make([]byte, sealBytes)
	_, _ = rand.Read(fresh) // never fails, see crypto/rand
	if readOnly {
		return fresh, nil
	}
	// Whoever is first draws the key; the others get that one.
	stored, err := l.update(ctx, &dynamodb.UpdateItemInput{
		TableName: &l.Table, Key: item, UpdateExpression: aws.String("SET seal = if_not_exists(seal, :key)"),
		ExpressionAttributeValues: values{":key": &types.AttributeValueMemberB{Value: fresh}},
		ReturnValues:              types.ReturnValueAllNew,
	})
	if err != nil {
		return nil, fmt.Errorf("store the key of secrets: %w", err)
	}
	return sealIn(stored.Attributes)
}

func sealIn(item values) ([]byte, error) {
	key, ok := item["seal"].(*types.AttributeValueMemberB)
	if !ok || len(key.Value) < sealBytes {
		return nil, fmt.Errorf("read the key of secrets: the item %q has no key of %d bytes", "seal", sealBytes)
	}
	return key.Value, nil
}
