package policy_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/policy"
)

// TestSessionThatCalls: a session has the functions called that it says, and without any has none, though its control
// declares that.
func TestSessionThatCalls(t *testing.T) {
	const own = "arn:aws:lambda:eu-west-1:222222222222:function:"
	request := control.SessionRequest{
		Target:  control.Target{Account: account, Region: region, Partition: "aws"},
		Actions: []string{"lambda:InvokeFunction", "secretsmanager:RotateSecret"},
		Narrow:  []string{own + "*"},
	}
	const rotates = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"secretsmanager:RotateSecret",` +
		`"Resource":"*","Condition":{"StringEquals":{"aws:RequestedRegion":"eu-west-1"}}}`
	for name, c := range map[string]struct{ function, want, err string }{
		"one": {
			own + "rotate",
			rotates + `,{"Effect":"Allow","Action":"lambda:InvokeFunction","Resource":"` + own + `rotate"}]}`, "",
		},
		"none":              {"", rotates + "]}", ""},
		"all":               {own + "*", "", "want that of a function"},
		"a version":         {own + "rotate:1", "", "want that of a function"},
		"another account's": {strings.Replace(own, account, "999999999999", 1) + "a", "", "want that of a function"},
		"another Region's":  {strings.Replace(own, region, "us-east-1", 1) + "a", "", "want that of a function"},
	} {
		t.Run(name, func(t *testing.T) {
			r := request
			if c.function != "" {
				r.Passes.Functions = []string{c.function}
			}
			got, err := policy.SessionOf(r)
			if d := cmp.Diff(c.want, got); d != "" || (err == nil) != (c.err == "") ||
				err != nil && !strings.Contains(err.Error(), c.err) {
				t.Errorf("%v (-want +got):\n%s", err, d)
			}
		})
	}
	request.Actions = request.Actions[:1]
	if got, err := policy.SessionOf(request); err == nil {
		t.Errorf("a session that may do nothing: %s", got)
	}
}
