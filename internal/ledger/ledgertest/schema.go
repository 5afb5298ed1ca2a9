package ledgertest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/salve-security/salve/internal/finding"
	"github.com/salve-security/salve/internal/run"
)

// newer stores an open run as a later version of Salve would.
func (s suite) newer(t *testing.T, bucket string, more func(*run.Run)) *run.Run {
	t.Helper()
	r := Work(t, "S3.8", bucket, "later", "f1")
	r.Schema = run.Schema + 1
	more(r)
	s.MustClaim(t, r, Ask("e-f1", 0), run.Claimed)
	t.Cleanup(func() { s.Forget(t, r.ID) }) // or the lists of other tests fail
	return r
}

// plainly leaves a run as it is.
func plainly(*run.Run) {}

// newerSchema: during an update two versions are at work, and the older one
// must not touch what it does not understand.
func newerSchema(t *testing.T, s suite) {
	tests := map[string]func(ctx context.Context, r *run.Run) error{
		"get": func(ctx context.Context, r *run.Run) error {
			_, err := s.Get(ctx, r.ID)
			return err
		},
		"take": func(ctx context.Context, r *run.Run) error {
			_, err := s.Take(ctx, r.ID, "me", Ask("", Lease))
			return err
		},
		"claim while its process lives": func(ctx context.Context, r *run.Run) error {
			mine := *r
			mine.ID, mine.Schema, mine.Owner = run.NewID(Began()), run.Schema, "me"
			mine.Findings = map[finding.Key]run.Finding{KeyOf("f2"): {Key: KeyOf("f2"), Event: "e-f2"}}
			_, err := s.Claim(ctx, &mine, Ask("e-f2", 0))
			return err
		},
		"claim after its lease": func(ctx context.Context, r *run.Run) error {
			mine := *r
			mine.ID, mine.Schema, mine.Owner = run.NewID(Began()), run.Schema, "me"
			mine.Findings = map[finding.Key]run.Finding{KeyOf("f2"): {Key: KeyOf("f2"), Event: "e-f2"}}
			_, err := s.Claim(ctx, &mine, Ask("e-f2", Lease))
			return err
		},
		"mark as undone": func(ctx context.Context, r *run.Run) error {
			return s.MarkUndone(ctx, r.ID, "rundo")
		},
	}
	for name, act := range tests {
		t.Run(name, func(t *testing.T) {
			r := s.newer(t, "a", plainly)
			before := s.Stored(t, r.ID)
			err := act(t.Context(), r)
			var schema *run.SchemaError
			if !errors.As(err, &schema) || schema.Version != run.Schema+1 || !strings.Contains(err.Error(), r.ID) {
				t.Errorf("error %v, want a SchemaError that names the run", err)
			}
			if d := cmp.Diff(before, s.Stored(t, r.ID)); d != "" {
				t.Errorf("it was written to:\n%s", d)
			}
		})
	}
}

// finishAsNewer closes a run as the later version would.
func (s suite) finishAsNewer(t *testing.T, r *run.Run) {
	t.Helper()
	r.State, r.Status, r.Finished = run.StateRecorded, run.StatusVerified, Began()
	failed, err := s.Close(t.Context(), []*run.Run{r})
	if err != nil || len(failed) > 0 {
		t.Fatalf("close: %v, %v", err, failed)
	}
}

// newerSchemaKeepsNobodyElseWaiting: one run that we do not understand must
// not hide the others from the sweep and from people.
func newerSchemaKeepsNobodyElseWaiting(t *testing.T, s suite) {
	strange := s.newer(t, "strange", plainly)
	var mine []string
	for _, bucket := range []string{"a", "b", "c", "d", "e", "f", "g", "h"} { // so that all shards have some
		r := Work(t, "S3.8", bucket, "one", "f1")
		s.MustClaim(t, r, Ask("e-f1", 0), run.Claimed)
		mine = append(mine, r.ID)
	}
	due := s.MustDue(t, Began().Add(24*time.Hour))
	for _, id := range append(mine, strange.ID) {
		if !slices.Contains(due, id) {
			t.Errorf("run %s is not due", id)
		}
	}
}

// newerSchemaAmongTheUntold: people hear of the runs we can read.
func newerSchemaAmongTheUntold(t *testing.T, s suite) {
	strange, plain := s.newer(t, "strange", plainly), Work(t, "S3.8", "plain", "one", "f1")
	s.MustClaim(t, plain, Ask("e-f1", 0), run.Claimed)
	strange.Tell, plain.Tell = Began(), Began().Add(time.Minute)
	s.finishAsNewer(t, strange)
	s.MustFinish(t, plain, run.StatusVerified)
	runs, err := s.Untold(t.Context(), Began().Add(time.Hour), 1000)
	var schema *run.SchemaError
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

// newerSchemaInTheHistory: a run that we cannot read is left out and said, where it
// would have been listed; it does not take the others with it.
func newerSchemaInTheHistory(t *testing.T, s suite) {
	const account = "707070707070"
	strange := s.newer(t, "strange", func(r *run.Run) { r.Key.Account = account })
	plain := Work(t, "S3.8", "plain", "one", "f1")
	plain.Key.Account = account
	s.MustClaim(t, plain, Ask("e-f1", 0), run.Claimed)
	page, err := s.History(t.Context(), run.Query{
		Accounts: []string{account}, Since: Began(), Until: Began().Add(time.Second),
	})
	s.skips(t, page, err, plain, strange)
	page, err = s.Open(t.Context(), run.Query{Accounts: []string{account}})
	s.skips(t, page, err, plain, strange)
	page, err = s.History(t.Context(), run.Query{Resource: plain.Key.Resource})
	s.skips(t, page, err, plain)
}

// skips expects one run, and which were left out.
func (s suite) skips(t *testing.T, page run.Page, err error, plain *run.Run, strange ...*run.Run) {
	t.Helper()
	if err != nil || len(page.Runs) != 1 || page.Runs[0].ID != plain.ID {
		t.Fatalf("%d runs, %v", len(page.Runs), err)
	}
	if len(page.Skipped) != len(strange) {
		t.Fatalf("skipped %v, want %d", page.Skipped, len(strange))
	}
	for i, r := range strange {
		var schema *run.SchemaError
		if !errors.As(page.Skipped[i], &schema) || !strings.Contains(schema.Error(), r.ID) {
			t.Errorf("skipped %v, want a SchemaError that names run %s", page.Skipped[i], r.ID)
		}
	}
}

// manyOfANewerSchema: however many runs cannot be read, those that can be are told.
func manyOfANewerSchema(t *testing.T, s suite) {
	before := Began().AddDate(-1, 0, 0) // anybody else's
	for i := range 12 {
		strange := s.newer(t, fmt.Sprint("strange", i), plainly)
		strange.Tell = before
		s.finishAsNewer(t, strange)
	}
	plain := Work(t, "S3.8", "plain", "one", "f1")
	s.MustClaim(t, plain, Ask("e-f1", 0), run.Claimed)
	plain.Tell = before.Add(time.Hour)
	s.MustFinish(t, plain, run.StatusVerified)
	runs, err := s.Untold(t.Context(), plain.Tell, 5)
	if err == nil {
		t.Error("nobody hears of the runs that cannot be read")
	}
	if !slices.ContainsFunc(runs, func(r *run.Run) bool { return r.ID == plain.ID }) {
		t.Errorf("%d runs, and not the one that can be read", len(runs))
	}
	if err := s.Told(t.Context(), plain.ID); err != nil {
		t.Fatal(err)
	}
}

func schemaCases() cases {
	return cases{
		"NewerSchema":                       newerSchema,
		"NewerSchemaKeepsNobodyElseWaiting": newerSchemaKeepsNobodyElseWaiting,
		"NewerSchemaAmongTheUntold":         newerSchemaAmongTheUntold,
		"NewerSchemaInTheHistory":           newerSchemaInTheHistory,
		"ManyOfANewerSchema":                manyOfANewerSchema,
	}
}
