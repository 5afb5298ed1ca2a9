package ledger_test

import (
	"bytes"
	"context"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/salve-security/salve/internal/names"
)

// TestSealKey: whoever only reads gets a key of his own and stores none; the
// first of many who may write draws the one that all get.
func TestSealKey(t *testing.T) {
	book := open()
	one, err := book.SealKey(t.Context(), true)
	two, err2 := book.SealKey(t.Context(), true)
	if err != nil || err2 != nil || len(one) != 32 || bytes.Equal(one, two) {
		t.Fatalf("keys %x and %x, %v, %v: want two of 32 bytes, nothing stored", one, two, err, err2)
	}
	keys := make([][]byte, 8)
	var group sync.WaitGroup
	for i := range keys {
		group.Go(func() {
			key, err := book.SealKey(t.Context(), false)
			if err != nil {
				t.Error(err)
			}
			keys[i] = key
		})
	}
	group.Wait()
	read, err := book.SealKey(t.Context(), true)
	if err != nil {
		t.Fatal(err)
	}
	for i, key := range keys {
		if !bytes.Equal(key, read) {
			t.Errorf("process %d has key %x, the ledger %x", i, key, read)
		}
	}
}

// TestSealKeyThatIsNone fails closed: marks made with a weak key could be guessed.
func TestSealKeyThatIsNone(t *testing.T) {
	book, table := open(), world.Getenv(names.EnvTable)
	key := map[string]types.AttributeValue{
		"pk": &types.AttributeValueMemberS{Value: "seal"}, "sk": &types.AttributeValueMemberS{Value: "seal"},
	}
	t.Cleanup(func() {
		ctx := context.WithoutCancel(t.Context())
		_, err := book.DB.DeleteItem(ctx, &dynamodb.DeleteItemInput{TableName: &table, Key: key})
		if err != nil {
			t.Error(err)
		}
	})
	key["seal"] = &types.AttributeValueMemberB{Value: []byte("short")}
	if _, err := book.DB.PutItem(t.Context(), &dynamodb.PutItemInput{TableName: &table, Item: key}); err != nil {
		t.Fatal(err)
	}
	delete(key, "seal")
	for _, readOnly := range []bool{true, false} {
		if got, err := book.SealKey(t.Context(), readOnly); err == nil {
			t.Errorf("read only %v: key %x", readOnly, got)
		}
	}
}
