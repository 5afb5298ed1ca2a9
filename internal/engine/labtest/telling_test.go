package labtest

import (
	"strings"
	"testing"

	hubtypes "github.com/aws/aws-sdk-go-v2/service/securityhub/types"
	"github.com/aws/aws-sdk-go-v2/service/sns"

	"github.com/salve-security/salve/internal/engine/enginetest"
	"github.com/salve-security/salve/internal/gate"
	"github.com/salve-security/salve/internal/lab"
	"github.com/salve-security/salve/internal/notify"
	"github.com/salve-security/salve/internal/run"
)

// tells gives a process real topics, some of which may not exist.
func (w *world) tells(p *process, change func(*notify.Topics)) {
	topics := notify.Topics{Notices: w.settings.NoticesTopic, Chat: w.settings.ChatTopic}
	change(&topics)
	p.Tell = notify.NewFanout(sns.NewFromConfig(w.hub), topics).Tell
}

// published counts what reached each topic since the journal was cleared.
func (w *world) published() map[string]int {
	n := map[string]int{}
	for _, e := range w.Calls(0) {
		if e.Operation == "Publish" && e.Status >= 200 && e.Status < 300 {
			n[e.Resource[strings.LastIndex(e.Resource, ":")+1:]]++
		}
	}
	return n
}

// TestDeadTopic: a channel that is gone changes nothing for the resource, the
// finding, the ledger and the other channels.
func TestDeadTopic(t *testing.T) {
	all := func(topics *notify.Topics) {
		for _, topic := range []*string{&topics.Notices, &topics.Chat} {
			*topic += "-gone"
		}
	}
	one := func(topics *notify.Topics) { topics.Chat += "-gone" }
	tests := map[string]struct {
		dead   func(*notify.Topics)
		mode   gate.Mode
		status run.Status
		shows  hubtypes.WorkflowStatus
		told   int // notices each living topic gets
	}{
		"one, a digest": {one, gate.Auto, run.StatusVerified, hubtypes.WorkflowStatusResolved, 1},
		"both, now":     {all, gate.Approve, run.StatusAwaitingApproval, hubtypes.WorkflowStatusNotified, 0},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.config = enginetest.Modes(tc.mode)
			b := w.bucket(t, nil)
			id := w.report(t, w.spec(b))
			p := w.start(t)
			w.tells(p, tc.dead)
			w.ClearCalls()
			p.handle(t, w.imported(t, id))
			for range 4 {
				w.clock.Move(enginetest.Later)
				p.handle(t, enginetest.Sweep()) // its message must not come again either
			}
			w.ended(t, tc.status)
			w.shows(t, id, tc.shows)
			got := w.published()
			for topic, n := range got {
				if n != tc.told {
					t.Errorf("%d notices to %s, want %d", n, topic, tc.told)
				}
			}
			if (len(got) == 0) != (tc.told == 0) {
				t.Errorf("published %v", got)
			}
		})
	}
}

// TestTopicsComeBack: what people could not be told at all they are told later, once.
func TestTopicsComeBack(t *testing.T) {
	for name, tc := range map[string]struct {
		mode   gate.Mode
		status run.Status
	}{"a digest": {gate.Auto, run.StatusVerified}, "told at once": {gate.Approve, run.StatusAwaitingApproval}} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.config = enginetest.Modes(tc.mode)
			b := w.bucket(t, nil)
			id := w.report(t, w.spec(b))
			p := w.start(t)
			w.tells(p, func(*notify.Topics) {})
			w.inject(t, lab.Fault{Service: "sns", Error: lab.Fault500})
			w.ClearCalls()
			p.handle(t, w.imported(t, id))
			w.clock.Move(enginetest.Later)
			p.handle(t, enginetest.Sweep())
			w.ended(t, tc.status)
			if got := w.published(); len(got) > 0 {
				t.Fatalf("published %v while SNS is down", got)
			}
			w.ClearFaults()
			for range 3 {
				w.clock.Move(enginetest.Later)
				p.handle(t, enginetest.Sweep())
			}
			got := w.published()
			for topic, n := range got {
				if n != 1 {
					t.Errorf("%d notices to %s, want 1", n, topic)
				}
			}
			if len(got) != 2 {
				t.Errorf("published %v, want one notice to each topic", got)
			}
		})
	}
}
