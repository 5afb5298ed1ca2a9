package ledgertest

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/salve-security/salve/internal/run"
)

// holds: a hold is there from the run that asked for it until its last second.
func holds(t *testing.T, s suite) {
	held, free := Work(t, "S3.8", "held", "one", "f1"), Work(t, "S3.8", "free", "one", "f2")
	for _, r := range []*run.Run{held, free} {
		s.MustClaim(t, r, Ask("e-"+r.Key.Resource, 0), run.Claimed)
	}
	held.Hold = &run.Hold{Until: Began().Add(time.Hour), By: "alice", Reason: "run r1 was taken back"}
	s.MustFinish(t, held, run.StatusUndone)
	s.MustFinish(t, free, run.StatusVerified)
	tests := map[string]struct {
		key  run.Key
		now  time.Time
		want *run.Hold
	}{
		"held":          {held.Key, Began(), held.Hold},
		"last second":   {held.Key, Began().Add(time.Hour - time.Second), held.Hold},
		"over":          {held.Key, Began().Add(time.Hour), nil},
		"never held":    {free.Key, Began(), nil},
		"never seen":    {run.Key{Resource: "nothing"}, Began(), nil},
		"other control": {run.Key{Account: held.Key.Account, Control: "S3.2", Resource: held.Key.Resource}, Began(), nil},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := s.Hold(t.Context(), tc.key, tc.now)
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(tc.want, got); d != "" {
				t.Error(d)
			}
		})
	}
}

func holdCases() cases {
	return cases{
		"Hold": holds,
	}
}
