package ledger_test

import (
	"context"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/salve-security/salve/internal/ledger"
	"github.com/salve-security/salve/internal/names"
	"github.com/salve-security/salve/internal/run"
)

const (
	lease = 150 * time.Second
	retry = 15 * time.Second
)

// began is when every test begins; the ledger has no clock of its own.
func began() time.Time { return time.Date(2026, 11, 21, 10, 0, 0, 0, time.UTC) }

// open is the ledger with the rights of the function.
func open() ledger.Ledger {
	return ledger.Ledger{DB: dynamodb.NewFromConfig(world.Orchestrator()), Table: world.Getenv(names.EnvTable)}
}

// work is a run of a control on a bucket that no other test uses, asked for by one finding.
func work(t *testing.T, control, bucket, owner, finding string) *run.Run {
	t.Helper()
	key := run.Key{
		Account: "222222222222", Scope: "us-east-1", Control: control, Resource: "arn:aws:s3:::" + t.Name() + bucket,
	}
	return &run.Run{
		Schema: run.Schema, ID: run.NewID(began()), Key: key, Owner: owner, Locks: []string{key.Account + "#" + key.Resource},
		Region: "us-east-1", Part: "aws", State: run.StateClaimed, Created: began(), Trigger: run.TriggerImported,
		Findings: map[string]run.Finding{finding: {ID: finding, ProductArn: "p", Region: "us-east-1", Event: "e-" + finding}},
	}
}

// ask is a claim of an event, a while after the test began.
func ask(event string, after time.Duration) run.Terms {
	return run.Terms{Event: event, Now: began().Add(after), Lease: lease, Retry: retry}
}

// claim expects a verdict.
func claim(t *testing.T, r *run.Run, a run.Terms, want run.Verdict) run.Claim {
	t.Helper()
	got, err := open().Claim(t.Context(), r, a)
	if err != nil {
		t.Fatal(err)
	}
	if got.Verdict != want {
		t.Fatalf("verdict %s for %s, want %s", got.Verdict, a.Event, want)
	}
	return got
}

// finish records and closes a run of ours.
func finish(t *testing.T, r *run.Run, status run.Status) {
	t.Helper()
	r.State, r.Status, r.Finished = run.StateRecorded, status, began()
	if err := open().Save(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	failed, err := open().Close(t.Context(), []*run.Run{r})
	if err != nil || len(failed) > 0 {
		t.Fatalf("close: %v, not closed: %v", err, failed)
	}
}

// stored reads a run back.
func stored(t *testing.T, id string) *run.Run {
	t.Helper()
	r, err := open().Get(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return r
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

// locked tells which run holds the resource of r; "" if none does.
func locked(t *testing.T, r *run.Run) string {
	t.Helper()
	return holder(t, r.Locks[0])
}

// holder tells which run has a lock; "" if none does.
func holder(t *testing.T, lock string) string {
	t.Helper()
	holder, ok := raw(t, "lock#"+lock, "lock")["run_id"].(*types.AttributeValueMemberS)
	if !ok {
		return ""
	}
	return holder.Value
}

// history is the ledger with the rights of a person: the function may not scan.
func history() ledger.Ledger {
	return ledger.Ledger{DB: dynamodb.NewFromConfig(world.Root(world.Hub())), Table: world.Getenv(names.EnvTable)}
}

// remove takes a run out of the table.
func remove(t *testing.T, r *run.Run) {
	t.Helper()
	book := history()
	key := item{"pk": &types.AttributeValueMemberS{Value: "run#" + r.ID}, "sk": &types.AttributeValueMemberS{Value: "run"}}
	ctx := context.WithoutCancel(t.Context())
	_, err := book.DB.DeleteItem(ctx, &dynamodb.DeleteItemInput{TableName: &book.Table, Key: key})
	if err != nil {
		t.Error(err)
	}
}
