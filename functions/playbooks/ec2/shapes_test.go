package ec2_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	playbook "github.com/salve-security/salve/functions/playbooks/ec2"
	"github.com/salve-security/salve/functions/playbooktest"
	"github.com/salve-security/salve/internal/fault"
)

// What AWS counts as failed: the Config rules of EC2.13 and EC2.14 speak of TCP, that of EC2.18 and that of EC2.53 and
// EC2.54 of TCP and UDP, the user guide of no protocol for EC2.19. Each rule is mapped to the controls that it fails.
func TestOpenPortsFailWhereAWSDoes(t *testing.T) {
	for rule, fails := range map[string]string{
		"in tcp 22-22 0.0.0.0/0":         "13 18 19 53",
		"in tcp 22-22 ::/0":              "13 18 19 54",
		"in 6 22-22 ::/0":                "13 18 19 54", // AWS may say the number
		"in udp 22-22 0.0.0.0/0":         "18 19 53",
		"in 17 22-22 ::/0":               "18 19 54",
		"in tcp 3389-3389 0.0.0.0/0":     "14 18 19 53",
		"in tcp 3389-3389 ::/0":          "14 18 19 54",
		"in udp 3389-3389 ::/0":          "18 19 54",
		"in tcp 0-65535 0.0.0.0/0":       "13 14 18 19 53",
		"in -1 -1--1 0.0.0.0/0":          "13 14 18 19 53",
		"in -1 -1--1 ::/0":               "13 14 18 19 54",
		"in tcp 1-22 0.0.0.0/0":          "13 18 19 53",
		"in tcp 22-1000 ::/0":            "13 18 19 54",
		"in tcp 3388-3390 0.0.0.0/0":     "14 18 19 53",
		"in tcp 23-23 0.0.0.0/0":         "18 19",
		"in tcp 23-23 ::/0":              "18 19",
		"in tcp 5000-5600 0.0.0.0/0":     "18 19",
		"in tcp 444-445 ::/0":            "18 19",
		"in tcp 8888-9000 0.0.0.0/0":     "18 19",
		"in udp 1434-1434 0.0.0.0/0":     "18 19",
		"in tcp 0-19 0.0.0.0/0":          "18",
		"in tcp 26-109 0.0.0.0/0":        "18",
		"in tcp 9301-65535 ::/0":         "18",
		"in tcp 80-81 0.0.0.0/0":         "18",
		"in udp 443-443 0.0.0.0/0":       "18",
		"in tcp 80-80 0.0.0.0/0":         "",
		"in tcp 443-443 ::/0":            "",
		"in tcp 22-22 0.0.0.0/1":         "",
		"in tcp 22-22 8000::/1":          "",
		"in tcp 22-22 192.0.2.7/32":      "",
		"in tcp 22-22 2001:db8::7/128":   "",
		"in tcp 22-22 pl-0123456789abcd": "",
		"in -1 -1--1 sg-0123456789abcde": "",
		"in icmp -1--1 0.0.0.0/0":        "",
		"in icmp 22-0 0.0.0.0/0":         "",
		"in icmpv6 -1--1 ::/0":           "",
		"in 50 -1--1 0.0.0.0/0":          "",
		"out tcp 22-22 0.0.0.0/0":        "",
		"out -1 -1--1 0.0.0.0/0":         "",
	} {
		for _, c := range playbook.OpenPorts() {
			is := slices.Contains(strings.Fields(fails), strings.TrimPrefix(c.ID, "EC2."))
			playbooktest.Judged(t, c, arnPrefix+"sg-0123456789abcdef0", map[string]playbooktest.Shape{
				rule:                  {Answers: ruled(t, rule), Fails: is},
				rule + " with others": {Answers: ruled(t, "in tcp 443-443 0.0.0.0/0", rule, "in tcp 22-22 10.0.0.0/8"), Fails: is},
			})
		}
	}
}

// ruled answers with a group of rules as allow takes them.
func ruled(t *testing.T, rules ...string) playbooktest.StandIn {
	out := &ec2.DescribeSecurityGroupRulesOutput{}
	for n, rule := range rules {
		words := strings.Fields(rule)
		r := types.SecurityGroupRule{
			SecurityGroupRuleId: aws.String(fmt.Sprint("sgr-", n)), IsEgress: aws.Bool(words[0] == "out"),
			IpProtocol: &words[1], FromPort: new(int32), ToPort: new(int32),
		}
		playbooktest.Got(fmt.Sscanf(words[2], "%d-%d", r.FromPort, r.ToPort))(t)
		switch peer := &words[3]; {
		case strings.HasPrefix(*peer, "sg-"):
			r.ReferencedGroupInfo = &types.ReferencedSecurityGroup{GroupId: peer}
		case strings.HasPrefix(*peer, "pl-"):
			r.PrefixListId = peer
		case strings.Contains(*peer, ":"):
			r.CidrIpv6 = peer
		default:
			r.CidrIpv4 = peer
		}
		out.SecurityGroupRules = append(out.SecurityGroupRules, r)
	}
	return playbooktest.Answers(out, &ec2.DescribeSecurityGroupsOutput{SecurityGroups: make([]types.SecurityGroup, 1)})
}

func TestGroupsOfAllPartitions(t *testing.T) {
	for _, c := range playbook.OpenPorts() {
		playbooktest.Accepts(t, c, map[string]string{
			"arn:aws:ec2:us-east-1:222222222222:security-group/sg-0123456789abcdef0":            "sg-0123456789abcdef0",
			"arn:aws-cn:ec2:cn-north-1:222222222222:security-group/sg-0123456789abcdef0":        "sg-0123456789abcdef0",
			"arn:aws-us-gov:ec2:us-gov-west-1:222222222222:security-group/sg-0123456789abcdef0": "sg-0123456789abcdef0",
			"arn:aws:ec2:us-east-1:222222222222:security-group/sg-01234567":                     "sg-01234567", // until 2016
		})
	}
}

// For EC2.2 any rule is one too many, and only of default groups.
func TestDefaultGroupFailsWhereAWSDoes(t *testing.T) {
	root, c := playbooktest.Root(t), playbooktest.Pick(t, playbook.DefaultGroup(), "EC2.2")
	client := ec2.NewFromConfig(root)
	emptied := func(t *testing.T) string {
		resource := defaultGroup(t.Context(), t, root)
		playbooktest.Fix(t, c, playbooktest.Env(t, c, resource))
		return resource
	}
	shapes := map[string][]string{
		"from itself":       {"in -1 -1--1 group"},
		"out to everybody":  {"out -1 -1--1 0.0.0.0/0"},
		"out over IPv6":     {"out -1 -1--1 ::/0"},
		"one address":       {"in tcp 443-443 192.0.2.7/32"},
		"IPv6":              {"in tcp 443-443 2001:db8::/32"},
		"both families":     {"in tcp 22-22 0.0.0.0/0", "in tcp 22-22 ::/0"},
		"a prefix list":     {"in tcp 443-443 pl-0123456789abcdef0"},
		"out to a list":     {"out tcp 443-443 pl-0123456789abcdef0"},
		"a range, with UDP": {"in udp 1000-2000 10.0.0.0/8"},
		"ICMP":              {"in icmp 8-0 10.0.0.0/8"},
		"a VPN":             {"out 50 -1--1 10.0.0.0/8"},
	}
	for name, rules := range shapes {
		t.Run("fails "+name, func(t *testing.T) {
			resource := emptied(t)
			allow(t.Context(), t, root, resource, rules...)
			plan := playbooktest.Got(c.Plan(t.Context(), playbooktest.Env(t, c, resource)))(t)
			if len(plan.Changes) != len(rules) {
				t.Errorf("plan is\n%s", plan)
			}
		})
		t.Run("passes, of another group, "+name, func(t *testing.T) {
			if name == "out to everybody" {
				rules = nil // a new group has it
			}
			_, err := c.Plan(t.Context(), playbooktest.Env(t, c, newGroup(rules...)(t.Context(), t, root)))
			playbooktest.Fails(t, err, fault.Refused, "default groups only")
		})
	}
	t.Run("passes without rules", func(t *testing.T) {
		playbooktest.Planned(t, c, playbooktest.Env(t, c, emptied(t)), "")
	})
	t.Run("passes, emptied by another client", func(t *testing.T) {
		resource := defaultGroup(t.Context(), t, root)
		for shown, id := range listed(t.Context(), t, root, resource) {
			var err error
			if shown[:2] == "in" {
				_, err = client.RevokeSecurityGroupIngress(t.Context(), &ec2.RevokeSecurityGroupIngressInput{
					GroupId: groupID(resource), SecurityGroupRuleIds: []string{id},
				})
			} else {
				_, err = client.RevokeSecurityGroupEgress(t.Context(), &ec2.RevokeSecurityGroupEgressInput{
					GroupId: groupID(resource), SecurityGroupRuleIds: []string{id},
				})
			}
			playbooktest.Done(t, err)
		}
		playbooktest.Planned(t, c, playbooktest.Env(t, c, resource), "")
	})
}
