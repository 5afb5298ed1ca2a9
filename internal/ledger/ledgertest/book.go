package ledgertest

import (
	"testing"
	"time"

	"github.com/salve-security/salve/internal/finding"
	"github.com/salve-security/salve/internal/run"
)

const (
	// Lease is how long a claim of a test holds.
	Lease = 150 * time.Second
	// Retry is when a run of a test whose lock another run has is tried again.
	Retry = 15 * time.Second
)

// Began is when every test begins; a ledger has no clock of its own.
func Began() time.Time { return time.Date(2026, 11, 21, 10, 0, 0, 0, time.UTC) }

// Work is a run of a control on a bucket that no other test uses, asked for by one finding.
func Work(t *testing.T, control, bucket, owner, id string) *run.Run {
	t.Helper()
	key := run.Key{
		Account: "222222222222", Scope: "us-east-1", Control: control, Resource: "arn:aws:s3:::" + t.Name() + bucket,
	}
	return &run.Run{
		Schema: run.Schema, ID: run.NewID(Began()), Key: key, Locks: []string{key.Account + "#" + key.Resource}, Owner: owner,
		Region: "us-east-1", Part: "aws", State: run.StateClaimed, Created: Began(), Trigger: run.TriggerImported,
		Findings: map[finding.Key]run.Finding{KeyOf(id): {Key: KeyOf(id), Region: "us-east-1", Event: "e-" + id}},
	}
}

// KeyOf is the identity of a finding with the id.
func KeyOf(id string) finding.Key {
	return finding.Key{API: finding.ASFF, ID: id, ProductArn: "p", Account: "222222222222"}
}

// Ask are the terms of a claim for an event, a while after the test began.
func Ask(event string, after time.Duration) run.Terms {
	return run.Terms{Event: event, Now: Began().Add(after), Lease: Lease, Retry: Retry}
}

// Book is a ledger with what tests ask of it over and over.
type Book struct{ Ledger }

// MustClaim expects a verdict.
func (b Book) MustClaim(t *testing.T, r *run.Run, a run.Terms, want run.Verdict) run.Claim {
	t.Helper()
	got, err := b.Claim(t.Context(), r, a)
	if err != nil {
		t.Fatal(err)
	}
	if got.Verdict != want {
		t.Fatalf("verdict %s for %s, want %s", got.Verdict, a.Event, want)
	}
	return got
}

// MustFinish records and closes a run of ours.
func (b Book) MustFinish(t *testing.T, r *run.Run, status run.Status) {
	t.Helper()
	r.State, r.Status, r.Finished = run.StateRecorded, status, Began()
	if err := b.Save(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	failed, err := b.Close(t.Context(), []*run.Run{r})
	if err != nil || len(failed) > 0 {
		t.Fatalf("close: %v, not closed: %v", err, failed)
	}
}

// MustGet reads a run back.
func (b Book) MustGet(t *testing.T, id string) *run.Run {
	t.Helper()
	r, err := b.Get(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// MustDue are all runs that are due at a time; other tests' are among them.
func (b Book) MustDue(t *testing.T, now time.Time) []string {
	t.Helper()
	ids, err := b.Due(t.Context(), now, 1000)
	if err != nil {
		t.Fatal(err)
	}
	return ids
}
