package lab

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"
)

// maxBody bounds what the lab buffers of one request; a function's zip is the largest thing sent to it.
const maxBody = 256 << 20

// call is one request to the lab and what is known about it, more after authorisation than before.
type call struct {
	method, path, rawPath, rawQuery, host string
	header                                http.Header
	body                                  []byte
	began                                 time.Time

	key, region, service string // from the signature's scope; empty when unsigned
	protocol             protocol
	trusted              bool // from ministack itself, which waits for the answer and must not be asked

	account, principal, action, resource, operation string
}

var scope = regexp.MustCompile(`Credential=([^/,\s]+)/\d{8}/([^/]+)/([^/]+)/aws4_request`)

// readCall buffers a request and reads the scope it is signed for. What a client says in the lab's own headers
// is dropped: only the lab may write them.
func readCall(r *http.Request) (*call, error) {
	body, err := io.ReadAll(io.LimitReader(r.Body, maxBody+1))
	if err != nil {
		return nil, fmt.Errorf("reading the request: %w", err)
	}
	if len(body) > maxBody {
		return nil, fmt.Errorf("the request is larger than the lab takes (%d MB)", maxBody>>20)
	}
	c := &call{
		method: r.Method, path: r.URL.Path, rawPath: r.URL.EscapedPath(), rawQuery: r.URL.RawQuery, host: r.Host,
		header: r.Header.Clone(), body: body, began: time.Now(),
	}
	for name := range c.header {
		if strings.HasPrefix(name, "X-Lab-") || strings.HasPrefix(name, "X-Moto-") {
			c.header.Del(name)
		}
	}
	c.readScope(r.URL.Query())
	c.protocol = protocolOf(c)
	c.operation = c.namedOperation(r.URL.Query())
	return c, nil
}

// readScope takes key, Region and service from the Authorization header or a presigned query.
func (c *call) readScope(query url.Values) {
	signed := c.header.Get("Authorization")
	if signed == "" && query.Has("X-Amz-Credential") {
		signed = "Credential=" + query.Get("X-Amz-Credential")
	}
	if found := scope.FindStringSubmatch(signed); found != nil {
		c.key, c.region, c.service = found[1], found[2], found[3]
	}
}

// namedOperation returns the operation where the protocol names it. For the REST protocols the
// authorisation answers it later.
func (c *call) namedOperation(query url.Values) string {
	if target := c.header.Get("X-Amz-Target"); target != "" {
		return target[strings.LastIndexByte(target, '.')+1:]
	}
	if parts := strings.Split(c.path, "/operation/"); c.protocol == cbor && len(parts) == 2 {
		return parts[1]
	}
	if c.protocol == queryXML || c.protocol == ec2XML {
		if form, err := url.ParseQuery(string(c.body)); err == nil && form.Has("Action") {
			return form.Get("Action")
		}
		return query.Get("Action")
	}
	return ""
}

// learn takes over what ministack's evaluator found out.
func (c *call) learn(header http.Header) {
	for name, field := range map[string]*string{
		"X-Lab-Account": &c.account, "X-Lab-Principal": &c.principal, "X-Lab-Action": &c.action,
		"X-Lab-Resource": &c.resource, "X-Lab-Operation": &c.operation,
	} {
		if value, err := url.PathUnescape(header.Get(name)); err == nil && value != "" {
			*field = value
		}
	}
}

// mediaType is the Content-Type without parameters.
func (c *call) mediaType() string {
	kind, _, _ := strings.Cut(c.header.Get("Content-Type"), ";")
	return strings.TrimSpace(kind)
}

// asJSON answers v as the lab's own control API does.
func asJSON(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v) // the client has gone: nobody is left to tell
}
