package ec2_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/google/go-cmp/cmp"

	playbook "github.com/salve-security/salve/functions/playbooks/ec2"
	"github.com/salve-security/salve/functions/playbooktest"
	"github.com/salve-security/salve/internal/control"
)

// better: EC2.19 to find nothing to do is success
func TestOpenPorts(t *testing.T) {
	playbooktest.Run(t, playbooktest.Suite{
		Control: playbooktest.Pick(t, playbook.OpenPorts(), "EC2.19"),
		Seed: newGroup("in tcp 22-22 0.0.0.0/0 jump team=ops", "in tcp 440-450 ::/0 files team=storage",
			"in tcp 443-443 0.0.0.0/0 web"),
		Foreign: []string{
			"arn:aws:ec2:us-east-1:222222222222:security-group-rule/sgr-0123456789abcdef0",
			arnPrefix + "*",
			"sg-0123456789abcdef0",
		},
		Observe:   observeRules,
		Disturb:   reopen("in tcp 22-22 0.0.0.0/0"),
		Unrelated: allowNTP,
		Delete: func(ctx context.Context, t *testing.T, root aws.Config, resource string) {
			in := ec2.DeleteSecurityGroupInput{GroupId: groupID(resource)}
			playbooktest.Got(ec2.NewFromConfig(root).DeleteSecurityGroup(ctx, &in))(t)
		},
		Unseen: map[string]string{
			"ec2:CreateTags": "AWS asks for it where a rule is added with tags; there is no call of that name",
		},
	})
}

// leftover is a group before the fix and its inbound rules after it.
type leftover struct {
	ports any // the parameter, nil for the default
	wide  any // the other one, nil for the default
	seed  []string
	want  []string
}

// better: EC2.19 puts back what of a range may stay open
func TestWhatIsLeftOpen(t *testing.T) {
	for name, tc := range map[string]leftover{
		"one port": {seed: []string{"in tcp 3389-3389 0.0.0.0/0"}},
		"a range keeps its allowed parts, with description and tags": {
			seed: []string{"in tcp 19-26 0.0.0.0/0 old team=net"},
			want: []string{
				"in tcp 19-19 0.0.0.0/0 old team=net", "in tcp 24-24 0.0.0.0/0 old team=net",
				"in tcp 26-26 0.0.0.0/0 old team=net",
			},
		},
		"a part that is there already keeps its own description": {
			seed: []string{"in tcp 21-24 0.0.0.0/0 range", "in tcp 24-24 0.0.0.0/0 mail"},
			want: []string{"in tcp 24-24 0.0.0.0/0 mail"},
		},
		"two ranges with a common part": {
			seed: []string{"in tcp 23-25 0.0.0.0/0 first", "in tcp 22-25 0.0.0.0/0 second"},
			want: []string{"in tcp 24-24 0.0.0.0/0 second"},
		},
		"both ends are risky": {seed: []string{"in tcp 8080-8088 ::/0"}, want: []string{"in tcp 8081-8087 ::/0"}},
		"UDP": {
			seed: []string{"in udp 5431-5433 0.0.0.0/0"},
			want: []string{"in udp 5431-5431 0.0.0.0/0", "in udp 5433-5433 0.0.0.0/0"},
		},
		"not everybody": {
			seed: []string{"in tcp 22-22 0.0.0.0/1", "in tcp 22-22 10.0.0.0/8"},
			want: []string{"in tcp 22-22 0.0.0.0/1", "in tcp 22-22 10.0.0.0/8"},
		},
		"ICMP has types, not ports": {
			seed: []string{"in icmp 8-22 0.0.0.0/0"}, want: []string{"in icmp 8-22 0.0.0.0/0"},
		},
		"ports of one's own": {
			ports: "6379, 11211",
			seed:  []string{"in tcp 22-22 0.0.0.0/0", "in tcp 6379-6380 0.0.0.0/0"},
			want:  []string{"in tcp 22-22 0.0.0.0/0", "in tcp 6380-6380 0.0.0.0/0"},
		},
		// There is no rule for all traffic but some ports: other rules take its place.
		"all traffic": {
			ports: []any{22}, seed: []string{"in -1 -1--1 0.0.0.0/0 all"},
			want: []string{
				"in icmp -1--1 0.0.0.0/0 all", "in tcp 0-21 0.0.0.0/0 all", "in tcp 23-65535 0.0.0.0/0 all",
				"in udp 0-21 0.0.0.0/0 all", "in udp 23-65535 0.0.0.0/0 all",
			},
		},
		"all traffic of IPv6, first and last port": {
			ports: []any{65535, 0}, seed: []string{"in -1 -1--1 ::/0"},
			want: []string{"in icmpv6 -1--1 ::/0", "in tcp 1-65534 ::/0", "in udp 1-65534 ::/0"},
		},
		"whole rules, with all traffic": {
			wide: "remove", seed: []string{"in -1 -1--1 0.0.0.0/0", "in tcp 20-30 ::/0 old", "in tcp 443-443 0.0.0.0/0"},
			want: []string{"in tcp 443-443 0.0.0.0/0"},
		},
		"all traffic and no ports": {
			ports: []any{}, seed: []string{"in -1 -1--1 0.0.0.0/0"}, want: []string{"in -1 -1--1 0.0.0.0/0"},
		},
	} {
		t.Run(name, tc.run)
	}
}

// run fixes the group, looks, and takes the fix back.
func (l leftover) run(t *testing.T) {
	const out = "out -1 -1--1 0.0.0.0/0" // every new group has it
	resource := newGroup(l.seed...)(t.Context(), t, playbooktest.Root(t))
	shows := func(want []string, when string) {
		want = slices.Sorted(slices.Values(append(want, out)))
		if d := cmp.Diff(any(want), observeRules(t.Context(), t, playbooktest.Root(t), resource)); d != "" {
			t.Errorf("after the %s (-want +got):\n%s", when, d)
		}
	}
	params := map[string]any{}
	if l.ports != nil {
		params["ports"] = l.ports
	}
	if l.wide != nil {
		params["wideRules"] = l.wide
	}
	c := playbooktest.Pick(t, playbook.OpenPorts(), "EC2.19")
	env := playbooktest.Env(t, c, resource, playbooktest.With(params))
	if slices.Equal(l.seed, l.want) {
		playbooktest.Planned(t, c, env, "")
		return
	}
	changes := playbooktest.Fix(t, c, env)
	shows(l.want, "fix")
	playbooktest.Undo(t, c, env, changes)
	shows(l.seed, "undo")
}

// The plan of the widest rule there is has its ports in their order, and can be counted.
func TestOpenPortsPlanOfAllTraffic(t *testing.T) {
	c := playbooktest.Pick(t, playbook.OpenPorts(), "EC2.19")
	env := playbooktest.Env(t, c, newGroup("in -1 -1--1 0.0.0.0/0")(t.Context(), t, playbooktest.Root(t)))
	plan := playbooktest.Got(c.Plan(t.Context(), env))(t)
	if got := control.Count(plan.Changes); got != "43 to add, 1 to remove" {
		t.Errorf("counted %s", got)
	}
	lines := strings.Split(plan.String(), "\n")
	if d := cmp.Diff([]string{
		"  - in all from 0.0.0.0/0", "  + in icmp from 0.0.0.0/0", "  + in tcp 0-19 from 0.0.0.0/0",
		"  + in tcp 24 from 0.0.0.0/0", "  + in tcp 26-109 from 0.0.0.0/0", "  + in tcp 111-134 from 0.0.0.0/0",
	}, lines[:6]); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}

// A plan is what people approve, so they must be able to read it.
func TestOpenPortsPlan(t *testing.T) {
	resource := newGroup("in tcp 3306-3306 0.0.0.0/0 jump team=ops", "in tcp 22-24 ::/0")(
		t.Context(), t, playbooktest.Root(t))
	c := playbooktest.Pick(t, playbook.OpenPorts(), "EC2.19")
	playbooktest.Planned(t, c, playbooktest.Env(t, c, resource), `  - in tcp 22-24 from ::/0
  + in tcp 24 from ::/0
  - in tcp 3306 from 0.0.0.0/0 "jump" {team: ops}
`)
}
