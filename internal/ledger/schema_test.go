package ledger_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/salve-security/salve/internal/finding"
	"github.com/salve-security/salve/internal/ledger"
	"github.com/salve-security/salve/internal/run"
)

// newer stores an open run as a later version of Salve would.
func newer(t *testing.T, bucket string) *run.Run {
	t.Helper()
	r := work(t, "S3.8", bucket, "later", "f1")
	r.Schema = run.Schema + 1
	claim(t, r, ask("e-f1", 0), run.Claimed)
	t.Cleanup(func() { remove(t, r) }) // or every history after it fails
	return r
}

// TestNewerSchema: during an update two versions are at work, and the older one
// must not touch what it does not understand.
func TestNewerSchema(t *testing.T) {
	tests := map[string]func(ctx context.Context, book ledger.Ledger, r *run.Run) error{
		"get": func(ctx context.Context, book ledger.Ledger, r *run.Run) error {
			_, err := book.Get(ctx, r.ID)
			return err
		},
		"take": func(ctx context.Context, book ledger.Ledger, r *run.Run) error {
			_, err := book.Take(ctx, r.ID, "me", ask("", lease))
			return err
		},
		"claim while its process lives": func(ctx context.Context, book ledger.Ledger, r *run.Run) error {
			mine := *r
			mine.ID, mine.Schema, mine.Owner = run.NewID(began()), run.Schema, "me"
			mine.Findings = map[finding.Key]run.Finding{keyOf("f2"): {Key: keyOf("f2"), Event: "e-f2"}}
			_, err := book.Claim(ctx, &mine, ask("e-f2", 0))
			return err
		},
		"claim after its lease": func(ctx context.Context, book ledger.Ledger, r *run.Run) error {
			mine := *r
			mine.ID, mine.Schema, mine.Owner = run.NewID(began()), run.Schema, "me"
			mine.Findings = map[finding.Key]run.Finding{keyOf("f2"): {Key: keyOf("f2"), Event: "e-f2"}}
			_, err := book.Claim(ctx, &mine, ask("e-f2", lease))
			return err
		},
		"mark as undone": func(ctx context.Context, book ledger.Ledger, r *run.Run) error {
			return book.MarkUndone(ctx, r.ID, "rundo")
		},
	}
	for name, act := range tests {
		t.Run(name, func(t *testing.T) {
			r := newer(t, "a")
			before := raw(t, "run#"+r.ID, "run")
			err := act(t.Context(), open(), r)
			var schema *ledger.SchemaError
			if !errors.As(err, &schema) || schema.Version != run.Schema+1 || !strings.Contains(err.Error(), r.ID) {
				t.Errorf("error %v, want a SchemaError that names the run", err)
			}
			after := raw(t, "run#"+r.ID, "run")
			if d := cmp.Diff(before, after, cmpopts.IgnoreUnexported(
				types.AttributeValueMemberS{}, types.AttributeValueMemberN{}, types.AttributeValueMemberM{},
			)); d != "" {
				t.Errorf("it was written to:\n%s", d)
			}
		})
	}
}

// finishAsNewer closes a run as the later version would.
func finishAsNewer(t *testing.T, r *run.Run) {
	t.Helper()
	r.State, r.Status, r.Finished = run.StateRecorded, run.StatusVerified, began()
	failed, err := open().Close(t.Context(), []*run.Run{r})
	if err != nil || len(failed) > 0 {
		t.Fatalf("close: %v, %v", err, failed)
	}
}

// TestNewerSchemaKeepsNobodyElseWaiting: one run that we do not understand must
// not hide the others from the sweep and from people.
func TestNewerSchemaKeepsNobodyElseWaiting(t *testing.T) {
	strange := newer(t, "strange")
	var mine []string
	for _, bucket := range []string{"a", "b", "c", "d", "e", "f", "g", "h"} { // so that all shards have some
		r := work(t, "S3.8", bucket, "one", "f1")
		claim(t, r, ask("e-f1", 0), run.Claimed)
		mine = append(mine, r.ID)
	}
	due := dueIDs(t, began().Add(24*time.Hour))
	for _, id := range append(mine, strange.ID) {
		if !contains(due, id) {
			t.Errorf("run %s is not due", id)
		}
	}
}

// TestNewerSchemaAmongTheUntold: people hear of the runs we can read.
func TestNewerSchemaAmongTheUntold(t *testing.T) {
	strange, plain := newer(t, "strange"), work(t, "S3.8", "plain", "one", "f1")
	claim(t, plain, ask("e-f1", 0), run.Claimed)
	strange.Tell, plain.Tell = began(), began().Add(time.Minute)
	finishAsNewer(t, strange)
	finish(t, plain, run.StatusVerified)
	runs, err := open().Untold(t.Context(), began().Add(time.Hour), 1000)
	var schema *ledger.SchemaError
	if !errors.As(err, &schema) {
		t.Errorf("error %v, want a SchemaError", err)
	}
	found := false
	for _, r := range runs {
		found = found || r.ID == plain.ID
	}
	if !found {
		t.Error("nobody is told of the run that we can read")
	}
}

// TestNewerSchemaInTheHistory: a history with holes would pass for a whole one.
func TestNewerSchemaInTheHistory(t *testing.T) {
	r := newer(t, "a")
	_, err := history().History(t.Context(), ledger.Filter{})
	var schema *ledger.SchemaError
	if !errors.As(err, &schema) {
		t.Errorf("error %v, want a SchemaError", err)
	}
	if !strings.Contains(err.Error(), r.ID) {
		t.Errorf("error %q does not name the run", err)
	}
}
