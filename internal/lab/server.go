package lab

import (
	"context"
	"crypto/subtle"
	"errors"
	"net/http"
	"strings"
	"time"
)

// hangTime bounds a "timeout" fault: longer than any client of ours waits.
const hangTime = 2 * time.Minute

// ServeHTTP is the endpoint: AWS's API, the lab's control API under /_lab/, and the emulators' own pages.
func (l *Lab) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch path := r.URL.Path; {
	case path == "/_ministack/reset" || path == "/moto-api/reset":
		asJSON(w, http.StatusForbidden, map[string]string{"error": "reset the whole lab: POST /_lab/reset"})
	case strings.HasPrefix(path, "/_lab/"):
		l.serveControl(w, r)
	case strings.HasPrefix(path, "/_ministack/"):
		l.pass(w, r, l.ministack)
	case strings.HasPrefix(path, "/moto-api/"):
		l.pass(w, r, l.moto.Load())
	default:
		l.serveAWS(w, r)
	}
}

// pass hands an emulator's own page through: sent emails, responses of custom resources, recordings.
func (l *Lab) pass(w http.ResponseWriter, r *http.Request, e *emulator) {
	c, err := readCall(r)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	got, err := l.backends.send(r.Context(), e.host, c, nil)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	got.send(w, r.Method)
}

// serveAWS takes a call through authorisation, faults, the service and the journal.
func (l *Lab) serveAWS(w http.ResponseWriter, r *http.Request) {
	c, err := readCall(r)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	if l.trusts(r) {
		c.trusted, c.account, c.principal = true, c.key, rootOf(c.key)
		l.finish(w, c, l.execute(r.Context(), c))
		return
	}
	denied, err := l.authorise(r.Context(), c)
	if err != nil {
		denied = l.unreachable(r.Context(), c, err)
	}
	if denied != nil {
		l.record(c, denied.status, "")
		denied.send(w, c.method)
		return
	}
	fault := l.faults.hit(c)
	got := l.serve(r.Context(), c, fault)
	if fault == "" {
		l.faults.remember(c, got)
	}
	l.record(c, statusOf(got), fault)
	l.finish(w, c, got)
}

// trusts recognises ministack's own calls while it deploys a stack, which it has authorised itself.
func (l *Lab) trusts(r *http.Request) bool {
	return subtle.ConstantTimeCompare([]byte(r.Header.Get("X-Lab-Token")), []byte(l.token)) == 1
}

// serve executes the call or injects the fault; nil means that the answer is lost.
func (l *Lab) serve(ctx context.Context, c *call, fault string) *answer {
	switch fault {
	case "":
		return l.execute(ctx, c)
	case FaultThrottle:
		return throttle(c.service, c.protocol).answer(c.protocol)
	case Fault500:
		return broken(c.service, c.protocol).answer(c.protocol)
	case FaultTimeout:
		l.hang(ctx)
		return nil
	case FaultStale:
		return l.faults.before(c)
	case FaultDrop:
		// Executed to the end even if the client gives up meanwhile.
		l.execute(context.WithoutCancel(ctx), c)
		return nil
	}
	return coded(fault).answer(c.protocol)
}

// hang waits until the client gives up or the lab closes.
func (l *Lab) hang(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, hangTime)
	defer cancel()
	select {
	case <-ctx.Done():
	case <-l.closing.Done():
	}
}

// finish sends the answer, or cuts the connection where there is none.
func (l *Lab) finish(w http.ResponseWriter, c *call, got *answer) {
	if got != nil {
		got.send(w, c.method)
		return
	}
	if hijacker, ok := w.(http.Hijacker); ok {
		if connection, _, err := hijacker.Hijack(); err == nil {
			_ = connection.Close() // cutting it is the point
		}
	}
}

func statusOf(got *answer) int {
	if got == nil {
		return 0
	}
	return got.status
}

// record writes the call into the journal.
func (l *Lab) record(c *call, status int, fault string) {
	l.journal.add(Entry{
		Time: l.options.Clock(), Account: c.account, Principal: c.principal, Region: c.region, Service: c.service,
		Operation: c.operation, Action: c.action, Resource: c.resource, Status: status,
		Write: c.service != "sts" && isWrite(c.operation), Fault: fault,
		Took: time.Since(c.began),
	})
}

// unreachable answers for an emulator that does not.
func (l *Lab) unreachable(ctx context.Context, c *call, err error) *answer {
	if errors.Is(ctx.Err(), context.Canceled) {
		return &answer{status: http.StatusServiceUnavailable, header: http.Header{}}
	}
	failed := broken(c.service, c.protocol)
	failed.message = "the lab's emulator is gone: " + err.Error()
	return failed.answer(c.protocol)
}
