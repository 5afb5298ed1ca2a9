package resource_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/cfn"

	"github.com/salve-security/salve/internal/enable"
	"github.com/salve-security/salve/internal/enable/resource"
	lab "github.com/salve-security/salve/internal/lab/organisation/organisationtest"
)

const (
	home  = "eu-central-1"
	other = "eu-west-1"
	// whole and unfinished are ids of the resource Organization.
	whole      = "salve-organization/Organization"
	unfinished = whole + "/unfinished"
)

// known are ARNs of standards as the product's own list has them.
func known() map[string]string {
	return map[string]string{
		"fsbp-1.0.0": "arn:aws:securityhub:{region}::standards/aws-foundational-security-best-practices/v/1.0.0",
		"cis-3.0.0":  "arn:aws:securityhub:{region}::standards/cis-aws-foundations-benchmark/v/3.0.0",
	}
}

// cloudFormation is who waits for answers, at a URL that tells whoever has it apart from others.
type cloudFormation struct {
	t       *testing.T
	server  *httptest.Server
	mu      sync.Mutex
	answers []cfn.Response
	busy    int // answers that are met with an error first
	status  int // of that error
}

const secret = "X-Amz-Signature=0123456789abcdef"

func newCloudFormation(t *testing.T) *cloudFormation {
	t.Helper()
	c := &cloudFormation{t: t, status: http.StatusServiceUnavailable}
	c.server = httptest.NewServer(c)
	t.Cleanup(c.server.Close)
	return c
}

// ServeHTTP takes what S3 takes by such a URL, and what CloudFormation then reads.
func (c *cloudFormation) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c.mu.Lock()
	defer c.mu.Unlock()
	body, err := io.ReadAll(r.Body)
	if err != nil || r.Method != http.MethodPut || r.Header.Get("Content-Type") != "" || r.URL.RawQuery != secret ||
		r.ContentLength != int64(len(body)) {
		c.t.Errorf(
			"%v, %s %s of %d bytes with content type %q",
			err,
			r.Method,
			r.URL,
			r.ContentLength,
			r.Header.Get("Content-Type"),
		)
	}
	if c.busy > 0 {
		c.busy--
		w.WriteHeader(c.status)
		return
	}
	var a cfn.Response
	if err := json.Unmarshal(body, &a); err != nil || len(body) > 4096 {
		c.t.Errorf("%v in %d bytes: %s", err, len(body), body)
	}
	c.answers = append(c.answers, a)
}

// event is a request about the resource Organization.
func (c *cloudFormation) event(kind cfn.RequestType, id string, properties map[string]any) cfn.Event {
	properties["ServiceToken"] = "arn:aws:lambda:eu-central-1:999999999999:function:salve-enabler"
	properties["ServiceTimeout"] = "1860"
	return cfn.Event{
		RequestType: kind, RequestID: "request-1", ResponseURL: c.server.URL + "/bucket/key?" + secret,
		ResourceType: resource.Type, PhysicalResourceID: id, LogicalResourceID: "Organization",
		StackID:            "arn:aws:cloudformation:eu-central-1:999999999999:stack/salve-organization/1",
		ResourceProperties: properties,
	}
}

// world is an organization, the function in its management account, and CloudFormation.
type world struct {
	*lab.Organisation
	cloudFormation *cloudFormation
	handler        resource.Handler
	now            time.Time
	rows           []enable.Row
	notes          []string
	alarm          chan time.Time
	alarmIn        time.Duration
	slept          []time.Duration
}

func newWorld(t *testing.T, regions ...string) *world {
	t.Helper()
	w := &world{
		Organisation: lab.New(0, regions...), cloudFormation: newCloudFormation(t), alarm: make(chan time.Time),
		now: time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC),
	}
	w.Strike(nil)
	w.handler = resource.Handler{
		Account: lab.Management, Region: home, Known: known(), Services: enable.Services(),
		Open: func(context.Context) enable.Opener { return w.Organisation },
		Log:  func(r enable.Row) { w.rows = append(w.rows, r) },
		Note: func(text string) { w.notes = append(w.notes, text) },
		HTTP: w.cloudFormation.server.Client(), Now: func() time.Time { return w.now },
		Sleep: func(ctx context.Context, d time.Duration) error {
			w.slept = append(w.slept, d)
			w.now = w.now.Add(d)
			return ctx.Err()
		},
		Alarm: func(d time.Duration) <-chan time.Time {
			w.alarmIn = d
			return w.alarm
		},
	}
	return w
}

// asked has the function answer one request.
func (w *world) asked(t *testing.T, kind cfn.RequestType, id string, properties map[string]any) cfn.Response {
	t.Helper()
	before := len(w.cloudFormation.answers)
	w.rows = nil
	if err := w.handler.Handle(t.Context(), w.cloudFormation.event(kind, id, properties)); err != nil {
		t.Fatal(err)
	}
	if len(w.cloudFormation.answers) != before+1 {
		t.Fatalf("%d answers", len(w.cloudFormation.answers)-before)
	}
	a := w.cloudFormation.answers[before]
	if a.RequestID != "request-1" || a.LogicalResourceID != "Organization" || !strings.Contains(a.StackID, ":stack/") {
		t.Errorf("answer to somebody else: %+v", a)
	}
	return a
}

// everything is a resource with each service, its values as CloudFormation sends them.
func everything() map[string]any {
	return map[string]any{
		"Administrator": lab.Administrator, "Home": home, "Strict": "true", "OnDelete": "Keep", "Revision": "1",
		"Services": map[string]any{
			"SecurityHub": map[string]any{"Configuration": "central", "Standards": []any{"fsbp-1.0.0", "cis-3.0.0"}},
			"GuardDuty":   map[string]any{"Plans": []any{"S3_DATA_EVENTS"}},
			"Inspector":   "true",
		},
	}
}

// with changes some properties.
func with(properties map[string]any, changes map[string]any) map[string]any {
	for name, value := range changes {
		properties[name] = value
	}
	return properties
}
