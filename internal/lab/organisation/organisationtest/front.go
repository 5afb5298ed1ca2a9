// Package organisationtest serves an organization to clients of the AWS SDK in the test's own process, without the lab:
// who calls is whose account id is the access key, and everybody may everything.
package organisationtest

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"regexp"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"

	"github.com/salve-security/salve/internal/lab/organisation"
	"github.com/salve-security/salve/internal/lab/securityhub"
)

// Accounts of the organization.
const (
	Management    = "100000000000"
	Administrator = "111111111111"
	One           = "222222222222"
	Two           = "333333333333"
	Three         = "444444444444"
	Outside       = "888888888888" // of another organization
)

// Organisation is an organization with a management account, an administrator and three others, in which nothing is on.
type Organisation struct {
	World *organisation.World
	Hub   *securityhub.Hub

	mu sync.Mutex
	// calls are those that were answered, as "service operation-or-path"; strike is asked before each and after it.
	calls  []string
	strike func(n int, after bool) bool
}

// New returns one; lag is how many calls a new administrator is refused, by each service and in each Region.
func New(lag int, regions ...string) *Organisation {
	o := &Organisation{Hub: securityhub.New(securityhub.Options{
		Hub: Administrator, Members: []string{One, Two, Three, Management}, Bare: true,
	})}
	o.World = organisation.New(organisation.Options{
		ID: "o-lab1234567", Management: Management, Accounts: []string{Administrator, One, Two, Three}, Regions: regions,
		Lag: lag, Hub: o.Hub,
	})
	return o
}

// Strike asks f before the nth call, counted from 1, and after it was answered: true cuts the connection.
func (o *Organisation) Strike(f func(n int, after bool) bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.strike, o.calls = f, nil
}

// Calls are those that came since the last Strike: service, method and path or operation.
func (o *Organisation) Calls() []string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return append([]string(nil), o.calls...)
}

// errCut is what a client sees whose connection was cut.
var errCut = errors.New("the connection was cut")

// Do answers a call for the account that signed it: it is the HTTP client of every configuration.
func (o *Organisation) Do(r *http.Request) (*http.Response, error) {
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	scope := regexp.MustCompile(`Credential=(\d{12})/\d{8}/([^/]+)/([^/]+)/`).
		FindStringSubmatch(r.Header.Get("Authorization"))
	if scope == nil {
		return nil, fmt.Errorf("%s is not signed by an account", r.URL)
	}
	call := scope[3] + " " + r.Method + " " + r.URL.Path + r.Header.Get("X-Amz-Target")
	if o.struck(call, false) {
		return nil, errCut
	}
	if r.Body == nil {
		r.Body = http.NoBody
	}
	r.Header.Set("X-Lab-Account", scope[1])
	r.Header.Set("X-Lab-Region", scope[2])
	r.Header.Set("X-Lab-Principal", "arn:aws:iam::"+scope[1]+":root")
	got := httptest.NewRecorder()
	o.World.Handler(scope[3]).ServeHTTP(got, r)
	if got.Code == http.StatusNotImplemented && scope[3] == "securityhub" {
		got = httptest.NewRecorder()
		o.Hub.ServeHTTP(got, r)
	}
	if o.struck(call, true) {
		return nil, errCut
	}
	return got.Result(), nil
}

func (o *Organisation) struck(call string, after bool) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	if !after {
		o.calls = append(o.calls, call)
	}
	return o.strike != nil && o.strike(len(o.calls), after)
}

// As opens an account with its root key.
func (o *Organisation) As(account, region string) (aws.Config, error) {
	return aws.Config{
		Region: region, BaseEndpoint: aws.String("http://lab"), HTTPClient: o, RetryMaxAttempts: 1,
		Credentials: credentials.NewStaticCredentialsProvider(account, "lab", ""),
	}, nil
}
