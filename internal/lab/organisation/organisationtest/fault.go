package organisationtest

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
)

// Call is a call before it is answered.
type Call struct {
	N               int    // counted from 1, since the last Fail
	Account, Region string // who asks, and where
	Name            string // as in Calls
}

// Fail has calls fail for which f has an error: one of Says as AWS's answer, any other as the network's. Nil ends it.
func (o *Organisation) Fail(f func(Call) error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.fail, o.failing = f, 0
}

// Shut lets nobody into an account any more.
func (o *Organisation) Shut(account string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.shut[account] = true
}

// said is an error as AWS answers it.
type said struct {
	status        int
	code, message string
}

// Error makes it one.
func (s said) Error() string { return s.code + ": " + s.message }

// Says is an error of AWS's for Fail.
func Says(status int, code, message string) error { return said{status, code, message} }

// response is the answer in both forms, of which a client reads its own.
func (s said) response(service string, r *http.Request) *http.Response {
	header := http.Header{"X-Amzn-Errortype": {s.code}, "Content-Type": {"application/x-amz-json-1.1"}}
	body := map[string]string{"__type": s.code, "message": s.message, "Message": s.message}
	text, _ := json.Marshal(body) // strings always are
	if service == "iam" || service == "ec2" {
		header.Set("Content-Type", "text/xml")
		_, xml := iamNo(s.status, s.code, s.message)
		text = []byte(xml)
	}
	return &http.Response{
		StatusCode: s.status, Header: header, Body: io.NopCloser(strings.NewReader(string(text))), Request: r, ProtoMajor: 1,
		ProtoMinor: 1,
	}
}

// failed asks f about a call.
func (o *Organisation) failed(c Call) error {
	o.mu.Lock()
	o.failing++
	f := o.fail
	c.N = o.failing
	o.mu.Unlock()
	if f == nil {
		return nil
	}
	return f(c) // which may call as well
}
