package lambda_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/aws/smithy-go"

	playbook "github.com/salve-security/salve/functions/playbooks/lambda"
	"github.com/salve-security/salve/functions/playbooktest"
	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
)

const manyARN = "arn:aws:lambda:us-east-1:222222222222:function:many"

// crowd answers for a function with many versions and aliases, and counts the calls for their policies.
type crowd struct {
	versions, aliases int
	broken            string        // the qualifier whose policy AWS does not tell
	hold              chan struct{} // calls wait until it is closed
	mu                sync.Mutex    // of calls
	calls             int
}

func (c *crowd) standIn() playbooktest.StandIn {
	return playbooktest.StandIn{
		"ListVersionsByFunction": func(any) (any, error) {
			out := &lambda.ListVersionsByFunctionOutput{
				Versions: []types.FunctionConfiguration{{Version: aws.String("$LATEST")}},
			}
			for i := range c.versions {
				out.Versions = append(out.Versions, types.FunctionConfiguration{Version: aws.String(fmt.Sprint(i + 1))})
			}
			return out, nil
		},
		"ListAliases": func(any) (any, error) {
			out := &lambda.ListAliasesOutput{}
			for i := range c.aliases {
				out.Aliases = append(out.Aliases, types.AliasConfiguration{Name: aws.String(fmt.Sprint("a", i))})
			}
			return out, nil
		},
		"GetPolicy": func(in any) (any, error) { return c.policy(aws.ToString(in.(*lambda.GetPolicyInput).Qualifier)) },
	}
}

func (c *crowd) policy(qualifier string) (any, error) {
	c.mu.Lock()
	c.calls++
	c.mu.Unlock()
	if c.hold != nil {
		<-c.hold
	}
	if qualifier == c.broken && qualifier != "" {
		return nil, &smithy.GenericAPIError{Code: "AccessDeniedException", Message: "not authorized"}
	}
	resource := manyARN
	if qualifier != "" {
		resource += ":" + qualifier
	}
	text := `{"Statement":[{"Sid":"s` + qualifier + `","Effect":"Allow","Principal":"*","Action":"lambda:Invoke",` +
		`"Resource":"` + resource + `"}]}`
	return &lambda.GetPolicyOutput{Policy: &text, RevisionId: aws.String("r")}, nil
}

// plan returns what plans with the crowd; the session for it is opened at once.
func (c *crowd) plan(t *testing.T) func() (control.Plan, error) {
	t.Helper()
	playbook := playbook.PublicAccess()[0]
	env := playbooktest.Env(t, playbook, manyARN)
	c.standIn().AddTo(&env.Config)
	return func() (control.Plan, error) { return playbook.Plan(context.WithoutCancel(t.Context()), env) }
}

// Every version and alias is looked at, five at a time, and each answer stays with its part.
func TestPoliciesOfManyParts(t *testing.T) {
	c := crowd{versions: 150, aliases: 50}
	plan := c.plan(t)
	var made control.Plan
	synctest.Test(t, func(t *testing.T) {
		c.hold = make(chan struct{})
		done := make(chan error)
		go func() {
			var err error
			made, err = plan()
			done <- err
		}()
		synctest.Wait() // until nothing moves any more
		if c.calls != 5 {
			t.Errorf("%d calls at a time", c.calls)
		}
		close(c.hold)
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	if len(made.Changes) != 201 || c.calls != 201 {
		t.Errorf("%d changes, %d calls", len(made.Changes), c.calls)
	}
	for _, ch := range made.Changes {
		part, sid, _ := strings.Cut(strings.TrimPrefix(ch.Path, "Public/"), "/s")
		if _, qualifier, _ := strings.Cut(part, " "); qualifier != sid {
			t.Errorf("the policy of %q is shown for %q", sid, part)
		}
	}
}

func TestTooManyParts(t *testing.T) {
	for name, c := range map[string]*crowd{
		"versions": {versions: 201}, "aliases": {aliases: 201}, "both": {versions: 200, aliases: 1},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := c.plan(t)()
			if fault.Of(err) != fault.Refused || !strings.Contains(fault.Cause(err), "15 a second") || c.calls > 0 {
				t.Errorf("want a refusal with its reason before any policy is read, got %v after %d calls", err, c.calls)
			}
		})
	}
}

// The cause is what one call said, not that the others were ended by it.
func TestOnePolicyIsNotTold(t *testing.T) {
	c := crowd{versions: 100, broken: "7"}
	if _, err := c.plan(t)(); fault.Of(err) != fault.Denied {
		t.Errorf("plan: want class denied, got %v", err)
	}
}
