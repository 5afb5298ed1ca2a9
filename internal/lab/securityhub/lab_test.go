package securityhub_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/securityhub"
	"github.com/aws/aws-sdk-go-v2/service/securityhub/types"
	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/middleware"

	"github.com/salve-security/salve/internal/lab/securityhub"
)

const (
	hubAccount = "111111111111"
	member     = "222222222222"
	other      = "333333333333"
	stranger   = "999999999999"
	home       = "us-east-1"
)

// lab is a Hub behind a server, with a clock that tests move and the events it sent.
type lab struct {
	hub    *securityhub.Hub
	server *httptest.Server

	mu     sync.Mutex
	now    time.Time
	events []securityhub.Event
	broken error // answer of the event bus
}

func newLab(t *testing.T) *lab {
	t.Helper()
	l := &lab{now: time.Date(2026, 10, 2, 8, 0, 0, 0, time.UTC)}
	l.hub = securityhub.New(securityhub.Options{
		Hub: hubAccount, Members: []string{member, other}, Emit: l.emit, Clock: l.clock,
	})
	l.server = httptest.NewServer(l.hub)
	t.Cleanup(l.server.Close)
	return l
}

func (l *lab) emit(_ context.Context, event securityhub.Event) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.events = append(l.events, event)
	return l.broken
}

func (l *lab) clock() time.Time {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.now
}

// tick moves the clock and returns the new time.
func (l *lab) tick() time.Time {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.now = l.now.Add(time.Minute)
	return l.now
}

// sent returns the events since the last call.
func (l *lab) sent() []securityhub.Event {
	l.mu.Lock()
	defer l.mu.Unlock()
	events := l.events
	l.events = nil
	return events
}

// as stands for the lab's proxy: it says who the authorised caller is.
type as struct{ account, region, principal string }

// RoundTrip adds the headers and sends the request. It returns with the whole answer: the SDK closes the
// request's body as soon as there is one, and a transport that still looks at that body cuts the answer off.
func (a as) RoundTrip(r *http.Request) (*http.Response, error) {
	r.Header.Set(securityhub.HeaderAccount, a.account)
	r.Header.Set(securityhub.HeaderRegion, a.region)
	r.Header.Set(securityhub.HeaderPrincipal, a.principal)
	res, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(res.Body)
	res.Body = io.NopCloser(bytes.NewReader(body))
	return res, err
}

func (l *lab) client(account, region, principal string) *sdk.Client {
	return sdk.New(sdk.Options{
		Region:           region,
		BaseEndpoint:     aws.String(l.server.URL),
		RetryMaxAttempts: 1,
		HTTPClient:       &http.Client{Transport: as{account, region, principal}},
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: account, SecretAccessKey: "test"}, nil
		}),
	})
}

// root is a client with the root key of an account in the lab's Region.
func (l *lab) root(account string) *sdk.Client {
	return l.client(account, home, "arn:aws:iam::"+account+":root")
}

// role is a client with a session of some role.
func (l *lab) role(account string) *sdk.Client {
	return l.client(account, home, "arn:aws:sts::"+account+":assumed-role/anyone/session")
}

// spec is a finding about a public bucket.
func (l *lab) spec(account, bucket string) securityhub.FindingSpec {
	return securityhub.FindingSpec{
		Control: "S3.8", Title: "Buckets should block public access", Severity: "HIGH", Standard: "fsbp-1.0.0",
		Consolidated: true, Account: account, Region: home, Resource: "arn:aws:s3:::" + bucket,
		ResourceType: "AwsS3Bucket", At: l.clock(),
	}
}

func finding(t *testing.T, spec securityhub.FindingSpec) types.AwsSecurityFinding {
	t.Helper()
	built, err := securityhub.SDKFinding(spec)
	if err != nil {
		t.Fatalf("SDKFinding: %v", err)
	}
	return built
}

// put imports findings as Security Hub would and returns the first one.
func (l *lab) put(t *testing.T, specs ...securityhub.FindingSpec) types.AwsSecurityFinding {
	t.Helper()
	var findings []types.AwsSecurityFinding
	for _, spec := range specs {
		findings = append(findings, finding(t, spec))
	}
	answer, err := l.root(hubAccount).BatchImportFindings(t.Context(), &sdk.BatchImportFindingsInput{Findings: findings})
	if err != nil {
		t.Fatalf("BatchImportFindings: %v", err)
	}
	if *answer.FailedCount != 0 {
		t.Fatalf("BatchImportFindings refused %s", *answer.FailedFindings[0].ErrorMessage)
	}
	return findings[0]
}

// get returns the stored finding with an id.
func (l *lab) get(t *testing.T, id string) types.AwsSecurityFinding {
	t.Helper()
	answer, err := l.root(hubAccount).GetFindings(t.Context(), &sdk.GetFindingsInput{
		Filters: &types.AwsSecurityFindingFilters{Id: is(id)},
	})
	if err != nil {
		t.Fatalf("GetFindings: %v", err)
	}
	if len(answer.Findings) != 1 {
		t.Fatalf("GetFindings: %d findings with id %s, want 1", len(answer.Findings), id)
	}
	return answer.Findings[0]
}

func is(value string) []types.StringFilter { return text(types.StringFilterComparisonEquals, value) }

func text(comparison types.StringFilterComparison, values ...string) []types.StringFilter {
	var filters []types.StringFilter
	for _, value := range values {
		filters = append(filters, types.StringFilter{Comparison: comparison, Value: aws.String(value)})
	}
	return filters
}

func key(f types.AwsSecurityFinding) types.AwsSecurityFindingIdentifier {
	return types.AwsSecurityFindingIdentifier{Id: f.Id, ProductArn: f.ProductArn}
}

// unchecked lets requests leave that the SDK itself would refuse.
func unchecked(o *sdk.Options) {
	o.APIOptions = append(o.APIOptions, func(stack *middleware.Stack) error {
		_, err := stack.Initialize.Remove("OperationInputValidation")
		return err
	})
}

// code is the AWS error code of err.
func code(err error) string {
	var api smithy.APIError
	if errors.As(err, &api) {
		return api.ErrorCode()
	}
	return ""
}

// detail is the content of both kinds of events.
type detail struct {
	ActionName string `json:"actionName"`
	Findings   []map[string]any
}

func decodeDetail(t *testing.T, event securityhub.Event) detail {
	t.Helper()
	var parsed detail
	if err := json.NewDecoder(bytes.NewReader(event.Detail)).Decode(&parsed); err != nil {
		t.Fatalf("event detail: %v", err)
	}
	return parsed
}
