package ledger_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/salve-security/salve/internal/run"
)

// TestHold: a hold is there from the run that asked for it until its last second.
func TestHold(t *testing.T) {
	held, free := work(t, "S3.8", "held", "one", "f1"), work(t, "S3.8", "free", "one", "f2")
	for _, r := range []*run.Run{held, free} {
		claim(t, r, ask("e-"+r.Key.Resource, 0), run.Claimed)
	}
	held.Hold = &run.Hold{Until: began().Add(time.Hour), By: "alice", Reason: "run r1 was taken back"}
	finish(t, held, run.StatusUndone)
	finish(t, free, run.StatusVerified)
	tests := map[string]struct {
		key  run.Key
		now  time.Time
		want *run.Hold
	}{
		"held":          {held.Key, began(), held.Hold},
		"last second":   {held.Key, began().Add(time.Hour - time.Second), held.Hold},
		"over":          {held.Key, began().Add(time.Hour), nil},
		"never held":    {free.Key, began(), nil},
		"never seen":    {run.Key{Resource: "nothing"}, began(), nil},
		"other control": {run.Key{Account: held.Key.Account, Control: "S3.2", Resource: held.Key.Resource}, began(), nil},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := open().Hold(t.Context(), tc.key, tc.now)
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(tc.want, got); d != "" {
				t.Error(d)
			}
		})
	}
}
