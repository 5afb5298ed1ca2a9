package sweep_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/salve-security/salve/internal/engine/enginetest"
	"github.com/salve-security/salve/internal/finding"
	"github.com/salve-security/salve/internal/run"
)

// fixed closes a run whose finding is told in a Region, to be confirmed from now on.
func fixed(t *testing.T, w *enginetest.World, store, region string) string {
	t.Helper()
	now := w.Clock.Now()
	key := finding.Key{API: finding.ASFF, ID: "finding-" + region, Account: enginetest.Member}
	r := &run.Run{
		Schema: run.Schema, ID: run.NewID(now), Owner: "me", State: run.StateClaimed, Created: now,
		Key:   run.Key{Account: enginetest.Member, Scope: region, Control: "Store.3", Resource: store},
		Locks: []string{region + store}, Findings: map[finding.Key]run.Finding{key: {Key: key, Region: region, Event: "e"}},
	}
	if _, err := w.Ledger.Claim(t.Context(), r, run.Terms{Event: "e", Now: now, Lease: time.Minute}); err != nil {
		t.Fatal(err)
	}
	r.State, r.Status, r.Finished, r.Confirm = run.StateRecorded, run.StatusVerified, now, now
	if failed, err := w.Ledger.Close(t.Context(), []*run.Run{r}); err != nil || len(failed) > 0 {
		t.Fatal(err, failed)
	}
	return r.ID
}

// TestConfirmationDespiteOneRegion: a Region that does not answer keeps nobody of another waiting, is asked again, and
// not for ever.
func TestConfirmationDespiteOneRegion(t *testing.T) {
	w := enginetest.New(t)
	p := w.Start()
	here, there := fixed(t, w, "a", enginetest.Region), fixed(t, w, "b", "eu-west-1")
	asked := 0
	p.Look = func(_ context.Context, region string, keys []finding.Key) (map[finding.Key]finding.View, error) {
		if region == "eu-west-1" {
			asked++
			return nil, errors.New("the Region does not answer")
		}
		return map[finding.Key]finding.View{}, nil // archived by now
	}
	said := func(id string) run.Confirmed {
		t.Helper()
		r, err := w.Ledger.Get(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		return r.Confirmed
	}
	for range 2 {
		w.Clock.Move(time.Minute)
		p.Handled(t, enginetest.Sweep())
	}
	if said(here) != run.ConfirmedGone || said(there) != "" || asked != 1 {
		t.Errorf("confirmed %q here, %q where nobody answers, who was asked %d times", said(here), said(there), asked)
	}
	for range 2 {
		w.Clock.Move(8 * 24 * time.Hour)
		p.Handled(t, enginetest.Sweep())
	}
	if said(there) != run.ConfirmedNever || asked != 2 {
		t.Errorf("confirmed %q after a week without an answer, asked %d times", said(there), asked)
	}
}
