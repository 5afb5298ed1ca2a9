package playbooktest

import (
	"context"
	"errors"
	"net/http"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ssm/types"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
)

// Shape is something that AWS may answer about a resource, and on which side of the line it is then.
type Shape struct {
	Answers StandIn        // to every call of the plan
	Params  map[string]any // as people write them
	Fails   bool           // AWS fails the control: there is something to change
	// Class is why nothing can be said, with some of the Words; None is that it can.
	Class fault.Class
	Words []string
}

// Judged holds a control against both sides of the line at which AWS fails it, without a lab: every answer is a
// shape's.
func Judged(t *testing.T, c control.Control, resource string, shapes map[string]Shape, options ...Option) {
	t.Helper()
	for name, s := range shapes {
		t.Run(c.ID+"/"+name, func(t *testing.T) {
			shape := []Option{Unplugged(), s.Answers, unpublished(), With(s.Params)}
			env := Env(t, c, resource, append(shape, options...)...)
			plan, err := c.Plan(t.Context(), env)
			if Fails(t, err, s.Class, s.Words...); err == nil && plan.Empty() == s.Fails {
				t.Errorf("AWS fails the control: %v, and the plan is:\n%s", s.Fails, plan)
			}
		})
	}
}

// unpublished is an account that has no runbooks yet, for controls that start one.
func unpublished() StandIn {
	none := func(any) (any, error) { return nil, &types.InvalidDocument{} }
	return StandIn{"DescribeDocument": none, "GetDocument": none}
}

// Unplugged is a run without a lab: only a StandIn answers.
func Unplugged() Option { return On(nowhere{}) }

// nowhere is an AWS that nothing reaches.
type nowhere struct{}

// Root may do nothing.
func (nowhere) Root(string) aws.Config {
	return aws.Config{Region: DefaultRegion, Credentials: aws.AnonymousCredentials{}, HTTPClient: nowhere{}}
}

// Open gives a session whose calls nobody answers.
func (n nowhere) Open(context.Context, control.SessionRequest) (aws.Config, error) {
	return n.Root(DefaultAccount), nil
}

// Do is the end of a call.
func (nowhere) Do(r *http.Request) (*http.Response, error) {
	return nil, errors.New("no shape answers the call to " + r.URL.Host)
}
