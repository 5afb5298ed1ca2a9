// Package organisationtest serves an organization to clients of the AWS SDK in the test's own process, without the lab:
// who calls is whose account id is the access key, and everybody may everything.
package organisationtest

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"

	"github.com/salve-security/salve/internal/fault"
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

	roles *roles

	mu sync.Mutex
	// calls are those that were answered, as "service operation-or-path"; strike is asked before each and after it.
	calls  []string
	strike func(n int, after bool) bool
	// fail is asked before each call too; shut are accounts that nobody gets into.
	fail    func(Call) error
	failing int
	shut    map[string]bool
}

// New returns one; lag is how many calls a new administrator is refused, by each service and in each Region.
func New(lag int, regions ...string) *Organisation {
	o := &Organisation{
		Hub: securityhub.New(securityhub.Options{
			Hub: Administrator, Members: []string{One, Two, Three, Management}, Bare: true,
		}),
		roles: &roles{all: map[string]map[string]bool{}}, shut: map[string]bool{},
	}
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
	account, region, service, ok := signed(r.Header.Get("Authorization"))
	if !ok {
		return nil, fmt.Errorf("%s is not signed by an account", r.URL)
	}
	call := service + " " + r.Method + " " + r.URL.Path + r.Header.Get("X-Amz-Target")
	if err := o.failed(Call{Account: account, Region: region, Name: call}); err != nil {
		if answer := (said{}); errors.As(err, &answer) {
			return answer.response(service, r), nil
		}
		return nil, err
	}
	if o.struck(call, false) {
		return nil, errCut
	}
	if r.Body == nil {
		r.Body = http.NoBody
	}
	r.Header.Set("X-Lab-Account", account)
	r.Header.Set("X-Lab-Region", region)
	r.Header.Set("X-Lab-Principal", "arn:aws:iam::"+account+":root")
	got := httptest.NewRecorder()
	if service == "iam" {
		o.roles.ServeHTTP(got, r)
	} else {
		o.World.Handler(service).ServeHTTP(got, r)
	}
	if got.Code == http.StatusNotImplemented && service == "securityhub" {
		got = httptest.NewRecorder()
		o.Hub.ServeHTTP(got, r)
	}
	if o.struck(call, true) {
		return nil, errCut
	}
	return got.Result(), nil
}

// signed reads who signed a request, where and for which service. It is done for every call: no pattern is compiled.
func signed(authorization string) (account, region, service string, ok bool) {
	_, scope, ok := strings.Cut(authorization, "Credential=")
	parts := strings.SplitN(scope, "/", 5)
	if !ok || len(parts) < 5 {
		return "", "", "", false
	}
	return parts[0], parts[2], parts[3], true
}

// Places are copies of all that was set, to be compared: the World's and roles.
func (o *Organisation) Places() map[string]any {
	all := o.World.Places()
	all["roles"] = o.roles.copied()
	return all
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
	o.mu.Lock()
	shut := o.shut[account]
	o.mu.Unlock()
	if shut {
		return aws.Config{}, fault.New(fault.NotOnboarded, "account %s does not let the operator in", account)
	}
	return aws.Config{
		Region: region, BaseEndpoint: aws.String("http://lab"), HTTPClient: o, RetryMaxAttempts: 1,
		Credentials: credentials.NewStaticCredentialsProvider(account, "lab", ""),
	}, nil
}
