package notify_test

import (
	"errors"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/google/go-cmp/cmp"

	"github.com/salve-security/salve/internal/notify"
)

func TestRuns(t *testing.T) {
	one := notify.Notice{Kind: notify.Fixed, Control: "S3.8", Account: "222222222222", RunID: "r1"}
	two, failed := one, one
	two.RunID = "r2"
	failed.RunID, failed.Kind = "r3", notify.Failed
	var got [][]string
	for _, n := range notify.Summarise([]notify.Notice{one, failed, two}) {
		got = append(got, n.Runs())
	}
	if d := cmp.Diff([][]string{{"r3"}, {"r1", "r2"}}, got); d != "" {
		t.Errorf("every run must be found again in exactly one notice:\n%s", d)
	}
}

// TestErrPartly: whoever repeats a notice has to know whether somebody heard it already.
func TestErrPartly(t *testing.T) {
	tests := map[string]struct {
		dead   []string
		failed bool
		partly bool
	}{
		"all hear": {nil, false, false},
		"one dead": {[]string{"chat"}, true, true},
		"all dead": {[]string{"mail", "events", "chat"}, true, false},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			fake := &fakeSNS{got: map[string]*sns.PublishInput{}, fails: map[string]error{}}
			for _, topic := range tc.dead {
				fake.fails[topic] = errors.New("down")
			}
			err := notify.NewFanout(fake, everyTopic()).Tell(t.Context(), notify.Notice{Kind: notify.Fixed, Control: "S3.8"})
			if (err != nil) != tc.failed || errors.Is(err, notify.ErrPartly) != tc.partly {
				t.Errorf("error %v, want failed %v, partly %v", err, tc.failed, tc.partly)
			}
		})
	}
}
