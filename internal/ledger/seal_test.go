package ledger_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/salve-security/salve/internal/names"
)

// TestSealKeyThatIsNone fails closed: marks made with a weak key could be guessed.
func TestSealKeyThatIsNone(t *testing.T) {
	book, table := open(), world.Getenv(names.EnvTable)
	key := map[string]types.AttributeValue{
		"pk": &types.AttributeValueMemberS{Value: "seal"}, "sk": &types.AttributeValueMemberS{Value: "seal"},
	}
	t.Cleanup(func() { remove(t, "seal", "seal") })
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
