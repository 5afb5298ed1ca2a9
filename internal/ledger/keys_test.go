package ledger_test

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/google/go-cmp/cmp"

	"github.com/salve-security/salve/internal/ledger/ledgertest"
	"github.com/salve-security/salve/internal/names"
	"github.com/salve-security/salve/internal/run"
)

// filed are the keys under which the indexes have an item, without their shards.
func filed(t *testing.T, pk, sk string) map[string]string {
	t.Helper()
	stored, keys := raw(t, pk, sk), map[string]string{}
	for _, index := range names.Indexes() {
		key, ok := stored[index.Partition].(*types.AttributeValueMemberS)
		if ok {
			value, shard, _ := strings.Cut(key.Value, "#")
			if strings.Contains(shard, "-") { // a day
				value += " " + shard[:10]
			}
			keys[index.Name] = value
		}
	}
	return keys
}

// TestKeys: an item is in the indexes in which it is looked for, and in no others:
// each entry costs a write.
func TestKeys(t *testing.T) {
	r := ledgertest.Work(t, "S3.8", "a", "one", "f1")
	r.Key.Resource, r.Key.Account = "arn:keys", "222222222222"
	r.ID = run.InBatch("rkeys", ledgertest.Began())
	work := "work#" + r.Key.String()
	always := map[string]string{
		"due": "due", "day": "2026-11-21", "account": "222222222222 2026-11-21", "resource": "arn:keys", "batch": "rkeys",
	}
	with := func(more ...string) map[string]string {
		keys := map[string]string{}
		for name, key := range always {
			keys[name] = key
		}
		for i := 0; i < len(more); i += 2 {
			keys[more[i]] = more[i+1]
		}
		return keys
	}
	is := func(what, pk, sk string, want map[string]string) {
		t.Helper()
		if d := cmp.Diff(want, filed(t, pk, sk)); d != "" {
			t.Errorf("%s (-want +got):\n%s", what, d)
		}
	}
	bench().MustClaim(t, r, ledgertest.Ask("e1", 0), run.Claimed)
	is("claimed", "run#"+r.ID, "run", always)
	is("its work", work, "work", map[string]string{})
	for status, want := range map[run.Status]map[string]string{
		run.StatusParked: with("status", "parked 2026-11-21"), "": always,
	} {
		for _, r.Status = range []run.Status{run.StatusParked, status} { // that it was parked is forgotten
			if err := open().Save(t.Context(), r); err != nil {
				t.Fatal(err)
			}
		}
		is("saved as "+string(status), "run#"+r.ID, "run", want)
	}
	bench().MustFinish(t, r, run.StatusAwaitingApproval)
	closed := with("status", "awaiting_approval 2026-11-21")
	delete(closed, "due")
	is("closed", "run#"+r.ID, "run", closed)
	is("its work waits", work, "work", map[string]string{"approval": "approval"})
	next := *r
	next.ID, next.State, next.Status = run.NewID(ledgertest.Began()), run.StateClaimed, ""
	bench().MustClaim(t, &next, ledgertest.Ask("e2", 0), run.Claimed)
	alone := with()
	delete(alone, "batch")
	is("of no batch", "run#"+next.ID, "run", alone)
	bench().MustFinish(t, &next, run.StatusCompliant)
	is("its work is done", work, "work", map[string]string{"due": "fixed"}) // and read again in a week
}
