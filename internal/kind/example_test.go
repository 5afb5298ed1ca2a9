package kind_test

import (
	"context"
	"fmt"
	"regexp"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/kind"
)

// A family is a function that turns a row into a kind. What all rows share stands
// in it; a row has its id, its attribute, and what its users notice.
func Example_family() {
	attribute := func(id, key, want string, info control.Info) control.Control {
		info.ID = id
		info.Pattern = regexp.MustCompile(`^arn:aws:elasticloadbalancing:[a-z0-9-]+:\d{12}:loadbalancer/(.+)$`)
		info.Actions = []string{
			"elasticloadbalancing:DescribeLoadBalancerAttributes", "elasticloadbalancing:ModifyLoadBalancerAttributes",
		}
		return kind.Attributes{
			Keys: []string{key},
			Want: kind.Always(map[string]string{key: want}),
			Get:  describeAttributes,
			Put:  modifyAttributes,
		}.Control(info)
	}
	env := control.Env{Target: control.Target{
		Resource: "arn:aws:elasticloadbalancing:eu-west-1:222222222222:loadbalancer/app/web/1",
	}}
	for _, c := range []control.Control{
		attribute("ELB.4", "routing.http.drop_invalid_header_fields.enabled", "true", control.Info{
			Impact: control.ImpactInterrupts,
			Effect: "The load balancer drops HTTP headers with unusual names.",
		}),
		attribute("ELB.6", "deletion_protection.enabled", "true", control.Info{
			Impact: control.ImpactNone,
			Effect: "Nobody can delete the load balancer until somebody turns the protection off.",
		}),
	} {
		plan, err := c.Plan(context.Background(), env)
		if err != nil {
			fmt.Println(err)
		}
		fmt.Print(c.ID, plan)
	}
	// Output:
	// ELB.4  ~ routing.http.drop_invalid_header_fields.enabled: none → "true"
	// ELB.6  ~ deletion_protection.enabled: "false" → "true"
}

// describeAttributes stands for the call to AWS.
func describeAttributes(context.Context, control.Env) (map[string]string, error) {
	return map[string]string{"deletion_protection.enabled": "false"}, nil
}

// modifyAttributes stands for the call to AWS.
func modifyAttributes(context.Context, control.Env, map[string]string) error { return nil }
