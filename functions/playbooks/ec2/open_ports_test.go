package ec2_test

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	gocmp "github.com/google/go-cmp/cmp"

	playbook "github.com/salve-security/salve/functions/playbooks/ec2"
	"github.com/salve-security/salve/functions/playbooktest"
	"github.com/salve-security/salve/internal/control"
)

// seeds violate each control of the family, so that a fix adds, changes and removes a rule. The last one is removed.
func seeds() map[string][]string {
	const web = "in tcp 443-443 0.0.0.0/0 web"
	return map[string][]string{
		"EC2.13": {web, "in tcp 20-24 0.0.0.0/0 jump team=ops", "in tcp 22-22 ::/0"},
		"EC2.14": {web, "in tcp 3380-3390 ::/0 desks team=it", "in tcp 3389-3389 0.0.0.0/0"},
		"EC2.18": {web, "in tcp 80-443 ::/0 old", "in tcp 22-22 0.0.0.0/0"},
		"EC2.19": {web, "in tcp 440-450 ::/0 files team=storage", "in tcp 22-22 0.0.0.0/0"},
		"EC2.53": {web, "in udp 20-24 0.0.0.0/0 jump", "in tcp 3389-3389 0.0.0.0/0"},
		"EC2.54": {web, "in tcp 3380-3390 ::/0 desks", "in udp 22-22 ::/0"},
	}
}

// better: EC2.19 to find nothing to do is success
func TestOpenPorts(t *testing.T) {
	playbooktest.Family(t, playbook.OpenPorts(), func(c control.Control) playbooktest.Suite {
		seed := seeds()[c.ID]
		return playbooktest.Suite{
			Control: c,
			Seed:    newGroup(seed...),
			Foreign: []string{
				"arn:aws:ec2:us-east-1:222222222222:security-group-rule/sgr-0123456789abcdef0",
				arnPrefix + "*",
				"sg-0123456789abcdef0",
			},
			Observe:   observeRules,
			Disturb:   reopen(seed[len(seed)-1]),
			Unrelated: allowNTP,
			Delete: func(ctx context.Context, t *testing.T, root aws.Config, resource string) {
				in := ec2.DeleteSecurityGroupInput{GroupId: groupID(resource)}
				playbooktest.Got(ec2.NewFromConfig(root).DeleteSecurityGroup(ctx, &in))(t)
			},
			Unseen: map[string]string{
				"ec2:CreateTags": "AWS asks for it where a rule is added with tags; there is no call of that name",
			},
		}
	})
}

// leftover is a group before the fix and its inbound rules after it.
type leftover struct {
	id   string         // EC2.19 where it is empty
	set  map[string]any // parameters
	seed []string
	want []string
}

// AWS's own solution closes only what is exactly one of the ports, or takes ports that are allowed along.
//
// better: EC2.13 takes ranges and rules for all traffic apart, by the id of the rule
// better: EC2.14 takes ranges and rules for all traffic apart, by the id of the rule
// better: EC2.18 puts back what of a range may stay open
// better: EC2.18 to find nothing to do is success
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
		"tags without a value are tags too": {
			seed: []string{"in tcp 22-24 0.0.0.0/0 old bare=", "in tcp 25-25 0.0.0.0/0 bare="},
			want: []string{"in tcp 24-24 0.0.0.0/0 old bare="},
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
			set:  map[string]any{"ports": "6379, 11211"},
			seed: []string{"in tcp 22-22 0.0.0.0/0", "in tcp 6379-6380 0.0.0.0/0"},
			want: []string{"in tcp 22-22 0.0.0.0/0", "in tcp 6380-6380 0.0.0.0/0"},
		},
	} {
		t.Run(name, tc.run)
	}
}

// Of all traffic, and by the parameters of others.
func TestWhatIsLeftOpenOfMore(t *testing.T) {
	for name, tc := range map[string]leftover{
		// There is no rule for all traffic but some ports: other rules take its place.
		"all traffic": {
			set: map[string]any{"ports": []any{22}}, seed: []string{"in -1 -1--1 0.0.0.0/0 all"},
			want: []string{
				"in icmp -1--1 0.0.0.0/0 all", "in tcp 0-21 0.0.0.0/0 all", "in tcp 23-65535 0.0.0.0/0 all",
				"in udp 0-21 0.0.0.0/0 all", "in udp 23-65535 0.0.0.0/0 all",
			},
		},
		"all traffic of IPv6, first and last port": {
			set: map[string]any{"ports": []any{65535, 0}}, seed: []string{"in -1 -1--1 ::/0"},
			want: []string{"in icmpv6 -1--1 ::/0", "in tcp 1-65534 ::/0", "in udp 1-65534 ::/0"},
		},
		"whole rules, with all traffic": {
			set:  map[string]any{"wideRules": "remove"},
			seed: []string{"in -1 -1--1 0.0.0.0/0", "in tcp 20-30 ::/0 old", "in tcp 443-443 0.0.0.0/0"},
			want: []string{"in tcp 443-443 0.0.0.0/0"},
		},
		"SSH of all traffic, and nothing of UDP": {
			id: "EC2.13", seed: []string{"in -1 -1--1 0.0.0.0/0", "in udp 22-22 0.0.0.0/0"},
			want: []string{
				"in icmp -1--1 0.0.0.0/0", "in tcp 0-21 0.0.0.0/0", "in tcp 23-65535 0.0.0.0/0", "in udp 0-65535 0.0.0.0/0",
				"in udp 22-22 0.0.0.0/0",
			},
		},
		"authorised ports of a range": {
			id: "EC2.18", set: map[string]any{"authorizedTcpPorts": "443, 8443", "authorizedUdpPorts": "443"},
			seed: []string{"in tcp 80-8443 0.0.0.0/0", "in -1 -1--1 ::/0"},
			want: []string{
				"in tcp 443-443 0.0.0.0/0", "in tcp 8443-8443 0.0.0.0/0",
				"in icmpv6 -1--1 ::/0", "in tcp 443-443 ::/0", "in tcp 8443-8443 ::/0", "in udp 443-443 ::/0",
			},
		},
		"one family of addresses": {
			id: "EC2.54", seed: []string{"in tcp 22-22 0.0.0.0/0", "in tcp 22-22 ::/0"},
			want: []string{"in tcp 22-22 0.0.0.0/0"},
		},
		"all traffic and no ports": {
			set:  map[string]any{"ports": []any{}},
			seed: []string{"in -1 -1--1 0.0.0.0/0"}, want: []string{"in -1 -1--1 0.0.0.0/0"},
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
		if d := gocmp.Diff(any(want), observeRules(t.Context(), t, playbooktest.Root(t), resource)); d != "" {
			t.Errorf("after the %s (-want +got):\n%s", when, d)
		}
	}
	c := playbooktest.Pick(t, playbook.OpenPorts(), cmp.Or(l.id, "EC2.19"))
	env := playbooktest.Env(t, c, resource, playbooktest.With(l.set))
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
	if d := gocmp.Diff([]string{
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
