package notify_test

import (
	"errors"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/sns"

	"github.com/salve-security/salve/internal/notice"
	"github.com/salve-security/salve/internal/notify"
)

// TestErrPartly: whoever repeats a notice has to know whether somebody heard it already.
func TestErrPartly(t *testing.T) {
	tests := map[string]struct {
		dead   []string
		failed bool
		partly bool
	}{
		"all hear": {nil, false, false},
		"one dead": {[]string{"chat"}, true, true},
		"all dead": {[]string{"notices", "chat"}, true, false},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			fake := &fakeSNS{got: map[string]*sns.PublishInput{}, fails: map[string]error{}}
			for _, topic := range tc.dead {
				fake.fails[topic] = errors.New("down")
			}
			err := notify.NewFanout(fake, everyTopic()).Tell(t.Context(), notice.Notice{Kind: notice.Fixed, Control: "S3.8"})
			if (err != nil) != tc.failed || errors.Is(err, notice.ErrPartly) != tc.partly {
				t.Errorf("error %v, want failed %v, partly %v", err, tc.failed, tc.partly)
			}
		})
	}
}
