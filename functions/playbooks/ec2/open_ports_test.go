package ec2_test

import (
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/google/go-cmp/cmp"

	playbook "github.com/salve-security/salve/functions/playbooks/ec2"
	"github.com/salve-security/salve/functions/playbooktest"
	"github.com/salve-security/salve/internal/fault"
)

const (
	everybody  = "0.0.0.0/0"
	everybody6 = "::/0"
)

func TestOpenPorts(t *testing.T) {
	ssh := open{protocol: "tcp", from: 22, to: 22, cidr: everybody, description: "jump", team: "ops"}
	files := open{protocol: "tcp", from: 440, to: 450, cidr: everybody6, description: "files", team: "storage"}
	web := open{protocol: "tcp", from: 443, to: 443, cidr: everybody, description: "web"}
	playbooktest.Run(t, playbooktest.Suite{
		Control: playbook.OpenPorts()[0],
		Seed:    newGroup(ssh, files, web),
		Foreign: []string{
			"arn:aws:ec2:us-east-1:222222222222:security-group-rule/sgr-0123456789abcdef0",
			arnPrefix + "*",
			"sg-0123456789abcdef0",
		},
		Observe:   observeRules,
		Disturb:   redescribe(ssh),
		Unrelated: allowNTP,
		Delete:    deleteGroup,
		Unseen: map[string]string{
			"ec2:CreateTags": "AWS asks for it where a rule is added with tags; there is no call of that name",
		},
	})
}

// leftover is a group before the fix and its inbound rules after it.
type leftover struct {
	seed  []open
	ports any // the parameter, nil for the default
	want  []string
}

func TestWhatIsLeftOpen(t *testing.T) {
	for name, tc := range map[string]leftover{
		"one port": {seed: []open{opened("tcp", 3389, 3389, everybody, "")}},
		"a range keeps its allowed parts, with description and tags": {
			seed: []open{{protocol: "tcp", from: 19, to: 26, cidr: everybody, description: "old", team: "net"}},
			want: []string{
				"in tcp 19-19 0.0.0.0/0 old team=net", "in tcp 24-24 0.0.0.0/0 old team=net",
				"in tcp 26-26 0.0.0.0/0 old team=net",
			},
		},
		"a part that is there already keeps its own description": {
			seed: []open{opened("tcp", 21, 24, everybody, "range"), opened("tcp", 24, 24, everybody, "mail")},
			want: []string{"in tcp 24-24 0.0.0.0/0 mail"},
		},
		"two ranges with a common part": {
			seed: []open{opened("tcp", 23, 25, everybody, "first"), opened("tcp", 22, 25, everybody, "second")},
			want: []string{"in tcp 24-24 0.0.0.0/0 second"},
		},
		"both ends are risky": {
			seed: []open{opened("tcp", 8080, 8088, everybody6, "")},
			want: []string{"in tcp 8081-8087 ::/0"},
		},
		"UDP": {
			seed: []open{opened("udp", 5431, 5433, everybody, "")},
			want: []string{"in udp 5431-5431 0.0.0.0/0", "in udp 5433-5433 0.0.0.0/0"},
		},
		"not everybody": {
			seed: []open{opened("tcp", 22, 22, "10.0.0.0/8", ""), opened("tcp", 22, 22, "0.0.0.0/1", "")},
			want: []string{"in tcp 22-22 0.0.0.0/1", "in tcp 22-22 10.0.0.0/8"},
		},
		"ICMP has types, not ports": {
			seed: []open{opened("icmp", 8, 22, everybody, "")},
			want: []string{"in icmp 8-22 0.0.0.0/0"},
		},
		"ports of one's own": {
			seed:  []open{opened("tcp", 22, 22, everybody, ""), opened("tcp", 6379, 6380, everybody, "")},
			ports: "6379, 11211",
			want:  []string{"in tcp 22-22 0.0.0.0/0", "in tcp 6380-6380 0.0.0.0/0"},
		},
	} {
		t.Run(name, tc.run)
	}
}

// There is no rule for all traffic but some ports: other rules take its place.
func TestWhatIsLeftOfAllTraffic(t *testing.T) {
	for name, tc := range map[string]leftover{
		"IPv4": {
			seed:  []open{opened("-1", 0, 0, everybody, "all")},
			ports: []any{22},
			want: []string{
				"in icmp -1--1 0.0.0.0/0 all", "in tcp 0-21 0.0.0.0/0 all", "in tcp 23-65535 0.0.0.0/0 all",
				"in udp 0-21 0.0.0.0/0 all", "in udp 23-65535 0.0.0.0/0 all",
			},
		},
		"IPv6, first and last port": {
			seed:  []open{opened("-1", 0, 0, everybody6, "")},
			ports: []any{65535, 0},
			want:  []string{"in icmpv6 -1--1 ::/0", "in tcp 1-65534 ::/0", "in udp 1-65534 ::/0"},
		},
		"no ports": {
			seed:  []open{opened("-1", 0, 0, everybody, "")},
			ports: []any{},
			want:  []string{"in -1 -1--1 0.0.0.0/0"},
		},
	} {
		t.Run(name, tc.run)
	}
}

// run fixes the group, looks, and takes the fix back.
func (l leftover) run(t *testing.T) {
	const out = "out -1 -1--1 0.0.0.0/0" // every new group has it
	root := playbooktest.Root(t)
	resource := newGroup(l.seed...)(t.Context(), t, root)
	before := lines(t.Context(), t, root, resource)
	c := playbook.OpenPorts()[0]
	env := playbooktest.Env(t, c, resource)
	if l.ports != nil {
		var err error
		env.Params, err = c.Resolve(map[string]any{"ports": l.ports})
		must(t)(env.Params, err)
	}
	plan, err := c.Plan(t.Context(), env)
	must(t)(plan, err)
	must(t)(nil, c.Apply(t.Context(), env, plan))
	if d := cmp.Diff(append(l.want, out), lines(t.Context(), t, root, resource)); d != "" {
		t.Errorf("after the fix (-want +got):\n%s", d)
	}
	undo, err := c.PlanUndo(t.Context(), env, plan.Changes)
	must(t)(undo, err)
	must(t)(nil, c.Apply(t.Context(), env, undo))
	if d := cmp.Diff(before, lines(t.Context(), t, root, resource)); d != "" {
		t.Errorf("after the undo (-want +got):\n%s", d)
	}
}

// A plan is what people approve, so they must be able to read it.
func TestOpenPortsPlan(t *testing.T) {
	resource := newGroup(
		open{protocol: "tcp", from: 3306, to: 3306, cidr: everybody, description: "jump", team: "ops"},
		open{protocol: "tcp", from: 22, to: 24, cidr: everybody6},
	)(t.Context(), t, playbooktest.Root(t))
	c := playbook.OpenPorts()[0]
	plan, err := c.Plan(t.Context(), playbooktest.Env(t, c, resource))
	must(t)(plan, err)
	want := `  - in tcp 22-24 from ::/0
  + in tcp 24 from ::/0
  - in tcp 3306 from 0.0.0.0/0 "jump" {team: ops}
`
	if d := cmp.Diff(want, plan.String()); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}

// A group may hold 60 rules. When the parts do not fit, what is open stays open and a person is told, instead of
// closing ports that nobody wanted closed.
func TestPartsThatDoNotFit(t *testing.T) {
	seed := []open{{protocol: "-1", cidr: everybody, description: "all"}}
	for i := range int32(20) {
		seed = append(seed, open{protocol: "tcp", from: 10000 + i, to: 10000 + i, cidr: "10.0.0.0/8"})
	}
	root := playbooktest.Root(t)
	resource := newGroup(seed...)(t.Context(), t, root)
	c := playbook.OpenPorts()[0]
	env := playbooktest.Env(t, c, resource)
	plan, err := c.Plan(t.Context(), env)
	must(t)(plan, err)
	if err := c.Apply(t.Context(), env, plan); fault.Of(err) != fault.Refused {
		t.Errorf("want an error of class refused, got %v (%s)", err, fault.Of(err))
	}
	if now := lines(t.Context(), t, root, resource); !slices.Contains(now, "in -1 -1--1 0.0.0.0/0 all") {
		t.Errorf("the rule was removed without its replacement:\n%v", now)
	}
}

// Between plan and write somebody may be faster: what they wrote is not ours to remove.
func TestRuleChangedBeforeTheWrite(t *testing.T) {
	ssh := open{protocol: "tcp", from: 22, to: 22, cidr: everybody, description: "jump"}
	root := playbooktest.Root(t)
	resource := newGroup(ssh)(t.Context(), t, root)
	c := playbook.OpenPorts()[0]
	env := playbooktest.Env(t, c, resource)
	plan, err := c.Plan(t.Context(), env)
	must(t)(plan, err)
	redescribe(ssh)(t.Context(), t, root, resource)
	changed := observeRules(t.Context(), t, root, resource)
	if err := c.Apply(t.Context(), env, plan); fault.Of(err) != fault.Drifted {
		t.Errorf("want an error of class drifted, got %v (%s)", err, fault.Of(err))
	}
	if d := cmp.Diff(changed, observeRules(t.Context(), t, root, resource)); d != "" {
		t.Errorf("somebody else's rule was changed (-before +now):\n%s", d)
	}
}

// The rule may be gone when its turn comes: nothing to do is success.
func TestRuleRevokedBeforeTheWrite(t *testing.T) {
	root := playbooktest.Root(t)
	resource := newGroup(open{protocol: "tcp", from: 22, to: 22, cidr: everybody})(t.Context(), t, root)
	c := playbook.OpenPorts()[0]
	env := playbooktest.Env(t, c, resource)
	plan, err := c.Plan(t.Context(), env)
	must(t)(plan, err)
	for _, r := range listRules(t.Context(), t, root, resource) {
		if !*r.IsEgress {
			must(t)(ec2.NewFromConfig(root).RevokeSecurityGroupIngress(t.Context(), &ec2.RevokeSecurityGroupIngressInput{
				GroupId: groupID(resource), SecurityGroupRuleIds: []string{*r.SecurityGroupRuleId},
			}))
		}
	}
	if err := c.Apply(t.Context(), env, plan); err != nil {
		t.Errorf("apply: %v", err)
	}
}
