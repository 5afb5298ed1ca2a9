package ledger_test

import (
	"context"
	"encoding/json"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/salve-security/salve/internal/ledger"
	"github.com/salve-security/salve/internal/ledger/ledgertest"
	"github.com/salve-security/salve/internal/names"
)

// open is the ledger with the rights of the function.
func open() ledger.Ledger {
	return ledger.Ledger{DB: dynamodb.NewFromConfig(world.Orchestrator()), Table: world.Getenv(names.EnvTable)}
}

// table is the ledger, and what stands in it.
type table struct{ ledger.Ledger }

// bench is the ledger with what tests ask of it over and over.
func bench() ledgertest.Book { return ledgertest.Book{Ledger: table{open()}} }

// Holder is the run that has a lock; "" if none does.
func (table) Holder(t *testing.T, lock string) string {
	t.Helper()
	holder, ok := raw(t, "lock#"+lock, "lock")["run_id"].(*types.AttributeValueMemberS)
	if !ok {
		return ""
	}
	return holder.Value
}

// Spoil makes the configuration document a map.
func (table) Spoil(t *testing.T) {
	t.Helper()
	set(t, "config", "config", "doc", &types.AttributeValueMemberM{})
}

// Garble makes the document of a run something that cannot be read.
func (table) Garble(t *testing.T, id string) {
	t.Helper()
	set(t, "run#"+id, "run", "doc", &types.AttributeValueMemberS{Value: "{"})
}

// set gives an attribute of an item a value, as somebody may by hand; nil takes it away.
func set(t *testing.T, pk, sk, name string, v types.AttributeValue) {
	t.Helper()
	book := history()
	stored := raw(t, pk, sk)
	if stored == nil {
		stored = item{"pk": &types.AttributeValueMemberS{Value: pk}, "sk": &types.AttributeValueMemberS{Value: sk}}
	}
	if stored[name] = v; v == nil {
		delete(stored, name)
	}
	if _, err := book.DB.PutItem(t.Context(), &dynamodb.PutItemInput{TableName: &book.Table, Item: stored}); err != nil {
		t.Fatal(err)
	}
}

// Stored is all that is stored of a run; "" if nothing is.
func (table) Stored(t *testing.T, id string) string {
	t.Helper()
	stored := raw(t, "run#"+id, "run")
	if stored == nil {
		return ""
	}
	text, err := json.Marshal(stored)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// Forget takes a run out of the table.
func (table) Forget(t *testing.T, id string) {
	t.Helper()
	remove(t, "run#"+id, "run")
}

type item = map[string]types.AttributeValue

// raw reads an item as it is in the table; nil if there is none.
func raw(t *testing.T, pk, sk string) item {
	t.Helper()
	book := open()
	out, err := book.DB.GetItem(t.Context(), &dynamodb.GetItemInput{
		TableName: &book.Table, ConsistentRead: aws.Bool(true),
		Key: item{"pk": &types.AttributeValueMemberS{Value: pk}, "sk": &types.AttributeValueMemberS{Value: sk}},
	})
	if err != nil {
		t.Fatal(err)
	}
	return out.Item
}

// history is the ledger with the rights of a person: the function may not scan.
func history() ledger.Ledger {
	return ledger.Ledger{DB: dynamodb.NewFromConfig(world.Root(world.Hub())), Table: world.Getenv(names.EnvTable)}
}

// remove takes an item out of the table, also when the test is over.
func remove(t *testing.T, pk, sk string) {
	t.Helper()
	book := history()
	_, err := book.DB.DeleteItem(context.WithoutCancel(t.Context()), &dynamodb.DeleteItemInput{
		TableName: &book.Table,
		Key:       item{"pk": &types.AttributeValueMemberS{Value: pk}, "sk": &types.AttributeValueMemberS{Value: sk}},
	})
	if err != nil {
		t.Error(err)
	}
}
