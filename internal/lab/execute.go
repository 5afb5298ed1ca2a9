package lab

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"regexp"
	"strings"
)

// authorise asks ministack's evaluator about a call that ministack will not serve itself, or whose operation
// must be known before a fault can be matched. It returns the refusal, or nil.
func (l *Lab) authorise(ctx context.Context, c *call) (*answer, error) {
	ours := c.servedByMinistack() && l.handlers[c.service] == nil
	if ours && (c.operation != "" || c.service == "" || !l.faults.waitFor(c.service)) {
		return nil, nil // ministack authorises what it serves
	}
	got, err := l.backends.send(ctx, l.ministack.host, c, map[string]string{"X-Lab-Authorize": c.service})
	if err != nil {
		return nil, err
	}
	c.learn(got.header)
	if got.status == http.StatusNoContent {
		return nil, nil
	}
	return got, nil
}

// execute sends the call to whoever serves it.
func (l *Lab) execute(ctx context.Context, c *call) *answer {
	if handler := l.handlers[c.service]; handler != nil {
		if got := handle(ctx, handler, c); got.status != http.StatusNotImplemented {
			return got
		}
	}
	if c.ofAutomation() {
		return l.viaAutomation(ctx, c)
	}
	if c.ofDocuments() {
		if foreign := l.foreignDocument(ctx, c); foreign != nil {
			return foreign
		}
	}
	if c.trusted || !c.servedByMinistack() {
		return l.viaMoto(ctx, c)
	}
	got, err := l.backends.send(ctx, l.ministack.host, c, nil)
	if err != nil {
		return l.unreachable(ctx, c, err)
	}
	c.learn(got.header)
	if unknown(got) || (got.ok() && c.shadowed()) {
		other := l.viaMoto(ctx, c)
		if unknown(got) {
			return other
		}
	}
	return got
}

// unknown recognises ministack's answers to operations it does not have.
func unknown(got *answer) bool {
	return got.status >= http.StatusBadRequest &&
		(bytes.Contains(got.body, []byte("Unknown IAM action")) || bytes.Contains(got.body, []byte("Unknown action:")))
}

var accountHost = regexp.MustCompile(`^[0-9]{12}\.`)

// viaMoto sends the call to moto as the account it was authorised for.
func (l *Lab) viaMoto(ctx context.Context, c *call) *answer {
	toMoto := *c
	// S3 Control writes the account in front of the host; moto would take it for a bucket.
	toMoto.host = accountHost.ReplaceAllString(c.host, "")
	account := c.account
	if account == "" {
		account = l.options.Hub
	}
	got, err := l.backends.send(ctx, l.moto.Load().host, &toMoto, map[string]string{"X-Moto-Account-Id": account})
	if err != nil {
		return l.unreachable(ctx, c, err)
	}
	return got
}

// handle lets a Go handler serve the call. It learns from headers who asks, since a client's own were dropped.
func handle(ctx context.Context, handler http.Handler, c *call) *answer {
	target := "http://lab" + c.rawPath
	if c.rawQuery != "" {
		target += "?" + c.rawQuery
	}
	request, err := http.NewRequestWithContext(ctx, c.method, target, io.NopCloser(bytes.NewReader(c.body)))
	if err != nil {
		return refusal{http.StatusBadRequest, "ValidationException", err.Error()}.answer(c.protocol)
	}
	request.Header = c.header.Clone()
	request.Host = c.host
	request.ContentLength = int64(len(c.body))
	request.RequestURI = strings.TrimPrefix(target, "http://lab")
	request.Header.Set("X-Lab-Account", c.account)
	request.Header.Set("X-Lab-Region", c.region)
	request.Header.Set("X-Lab-Principal", c.principal)
	got := &answer{header: http.Header{}}
	handler.ServeHTTP(got, request)
	got.WriteHeader(http.StatusOK) // for a handler that wrote nothing
	return got
}
