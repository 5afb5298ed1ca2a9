package lab

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
)

// answer is a complete response, held back until it is known whether the client gets it.
type answer struct {
	status int
	header http.Header
	body   []byte
}

// Header is, with Write and WriteHeader, what a handler in Go needs to write its response into an answer.
func (a *answer) Header() http.Header { return a.header }

// Write adds to the body.
func (a *answer) Write(part []byte) (int, error) {
	a.WriteHeader(http.StatusOK)
	a.body = append(a.body, part...)
	return len(part), nil
}

// WriteHeader keeps the first status, as net/http does.
func (a *answer) WriteHeader(status int) {
	if a.status == 0 {
		a.status = status
	}
}

// ok tells whether the call succeeded.
func (a *answer) ok() bool { return a.status < http.StatusMultipleChoices }

// write sends the answer, without the headers that only concern the lab and its emulators.
func (a *answer) send(w http.ResponseWriter, method string) {
	for name, values := range a.header {
		if !hopByHop(name) && !labHeader(name) {
			w.Header()[name] = values
		}
	}
	if method != http.MethodHead && a.status != http.StatusNoContent {
		w.Header().Set("Content-Length", strconv.Itoa(len(a.body)))
	}
	w.WriteHeader(a.status)
	_, _ = w.Write(a.body) // the client has gone: nobody is left to tell
}

func labHeader(name string) bool { return len(name) > 6 && name[:6] == "X-Lab-" }

// hopByHop headers belong to one connection and are not passed on. Expect is answered by the endpoint itself.
func hopByHop(name string) bool {
	switch name {
	case "Connection", "Keep-Alive", "Proxy-Connection", "Te", "Trailer", "Transfer-Encoding", "Upgrade", "Expect":
		return true
	}
	return false
}

// backends is what a call can be sent to.
type backends struct {
	client *http.Client
}

// newBackends returns a client that changes nothing in a request: a signature covers what the sender wrote.
func newBackends() *backends {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.Proxy = nil
	transport.DisableCompression = true
	transport.MaxIdleConnsPerHost = 64
	return &backends{client: &http.Client{
		Transport:     transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// send forwards the call as it was received, plus extra headers, and returns the whole answer.
func (b *backends) send(ctx context.Context, host string, c *call, extra map[string]string) (*answer, error) {
	// An empty body has to be told from one of unknown length, which would be sent in chunks: S3 refuses those.
	var sent io.ReadCloser = http.NoBody
	if len(c.body) > 0 {
		sent = io.NopCloser(bytes.NewReader(c.body))
	}
	request := &http.Request{
		Method: c.method, Host: c.host, Header: c.header.Clone(), ContentLength: int64(len(c.body)), Body: sent,
		// Opaque keeps the path's escapes exactly as they were signed.
		URL: &url.URL{Scheme: "http", Host: host, Opaque: c.rawPath, RawQuery: c.rawQuery},
	}
	for name := range request.Header {
		if hopByHop(name) {
			request.Header.Del(name)
		}
	}
	if _, given := request.Header["User-Agent"]; !given {
		request.Header["User-Agent"] = nil // else the client adds its own
	}
	// Calls to AWS come over TLS and policies ask for it; the lab's own link is loopback.
	request.Header.Set("X-Forwarded-Proto", "https")
	for name, value := range extra {
		request.Header.Set(name, value)
	}
	response, err := b.client.Do(request.WithContext(ctx))
	if err != nil {
		return nil, fmt.Errorf("forwarding %s %s: %w", c.method, c.path, err)
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return nil, fmt.Errorf("reading the answer to %s %s: %w", c.method, c.path, err)
	}
	return (&answer{status: response.StatusCode, header: response.Header, body: body}).inSeconds(c.service), nil
}
