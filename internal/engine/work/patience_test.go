package work_test

import (
	"context"
	"net/http"
	"testing"
	"time"

	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/engine/enginetest"
	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/run"
)

// pair is a resource of two settings that are written one after the other.
type pair struct {
	now    pairState
	looks  int
	takes  int   // how many settings a write gets through
	answer error // of the write
}

type pairState struct{ A, B bool }

// of makes Store.3 a control of the pair for a process, with a declaration that is changed.
func (x *pair) of(t *testing.T, p *enginetest.Process, change ...func(*control.Info)) *enginetest.Process {
	t.Helper()
	info := enginetest.Declared(t, "Store.3")
	for _, f := range change {
		f(&info)
	}
	return enginetest.Instead(t, p, control.Of[pairState]{
		Info: info,
		Read: func(context.Context, control.Env) (pairState, error) {
			x.looks++
			return x.now, nil
		},
		Want: func(pairState, control.Env) (pairState, error) { return pairState{A: true, B: true}, nil },
		Write: func(_ context.Context, _ control.Env, _, to pairState) error {
			if x.takes > 0 {
				x.now.A = to.A
			}
			if x.takes > 1 {
				x.now.B = to.B
			}
			return x.answer
		},
	})
}

// TestPatience: a look is repeated while it may be the last word on a write.
// Where the write is tried again anyway and nothing of it is there, one is enough.
func TestPatience(t *testing.T) {
	throttled, denied := fault.New(fault.Retry, "slow down"), fault.New(fault.Denied, "not by you")
	tests := map[string]struct {
		takes   int
		answer  error
		patient bool
		status  run.Status
	}{
		"throttled, nothing there":       {0, throttled, false, run.StatusDeferred},
		"throttled, half of it there":    {1, throttled, true, run.StatusDeferred},
		"answer lost, all there":         {2, throttled, false, run.StatusVerified},
		"denied, nothing there":          {0, denied, true, run.StatusDenied},
		"no error, nothing there so far": {0, nil, true, run.StatusUnverified},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			w := enginetest.New(t)
			x := &pair{takes: tc.takes, answer: tc.answer}
			p := x.of(t, w.Start())
			id := w.Report(t, enginetest.Spec(w.Store(t, nil)))
			m, before := w.Imported(t, id), w.Clock.Now()
			p.Handled(t, m)
			if r := w.Only(t); r.Status != tc.status {
				t.Errorf("run is %s (%s), want %s", r.Status, r.Reason, tc.status)
			}
			// One read is the plan's.
			if patient := x.looks > 2; patient != tc.patient || w.Clock.Now().Equal(before) == tc.patient {
				t.Errorf("%d looks until %v after the message", x.looks-1, w.Clock.Now().Sub(before))
			}
		})
	}
}

// TestRetryAfter: a service that says when to come back is asked then, not earlier.
func TestRetryAfter(t *testing.T) {
	w := enginetest.New(t)
	p := w.Start()
	header := http.Header{"Retry-After": []string{"300"}}
	k := &keeper{label: "old", refuses: &smithyhttp.ResponseError{
		Response: &smithyhttp.Response{Response: &http.Response{StatusCode: http.StatusTooManyRequests, Header: header}},
		Err:      &smithy.GenericAPIError{Code: "ThrottlingException", Message: "later"},
	}}
	k.playbook(t, p)
	r, err := p.Apply(t.Context(), enginetest.Wish(w.Store(t, nil)))
	if err != nil || r.Status != run.StatusDeferred || r.Due.Sub(w.Clock.Now()) != 5*time.Minute {
		t.Errorf("run %+v, %v, due in %s", r, err, r.Due.Sub(w.Clock.Now()))
	}
}
