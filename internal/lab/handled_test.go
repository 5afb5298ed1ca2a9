package lab

import (
	"net/http"
	"testing"
)

// TestAHandlerLeavesWhatIsNotIts: an answer with 501 is none, so that a stand-in needs to know a few operations only.
func TestAHandlerLeavesWhatIsNotIts(t *testing.T) {
	l := &Lab{handlers: map[string]http.Handler{"ssm": http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("X-Amz-Target") != "AmazonSSM.SendCommand" {
			w.WriteHeader(http.StatusNotImplemented)
		}
	})}}
	for target, want := range map[string]bool{"AmazonSSM.SendCommand": true, "AmazonSSM.GetParameter": false} {
		c := &call{service: "ssm", method: http.MethodPost, rawPath: "/", header: http.Header{"X-Amz-Target": {target}}}
		if got := l.handled(t.Context(), c); (got != nil) != want {
			t.Errorf("%s: %+v", target, got)
		}
	}
	if got := l.handled(t.Context(), &call{service: "s3"}); got != nil {
		t.Errorf("a service without a handler: %+v", got)
	}
}
