package ec2

import (
	"regexp"
	"slices"

	"github.com/salve-security/salve/internal/control"
)

// lastPort is the highest port number.
const lastPort = int32(65535)

// portsParam names the parameter with the ports of high risk.
const portsParam = "ports"

// wideParam names the parameter that says what becomes of a rule which opens more than those ports, and its values.
const (
	wideParam = "wideRules"
	split     = "split"
	remove    = "remove"
)

// OpenPorts returns the control that closes ports of high risk to the whole internet.
func OpenPorts() []control.Control {
	rules := groupRules("")
	rules.Offends = func(r rule, env control.Env) (bool, error) {
		_, less := harmless(r, risky(env))
		return less && !r.Egress && (r.Peer == "0.0.0.0/0" || r.Peer == "::/0"), nil
	}
	rules.Instead = func(r rule, env control.Env) []rule {
		if env.Params.Text(wideParam) == remove {
			return nil
		}
		left, _ := harmless(r, risky(env))
		return left
	}
	return []control.Control{rules.Control(control.Info{
		ID: "EC2.19",
		Effect: "New TCP and UDP connections from anywhere (0.0.0.0/0, ::/0) to the ports are refused. Other ports " +
			"of the same rule stay open, in rules of their own, unless wideRules is remove. A rule for all traffic " +
			"becomes rules for TCP, UDP and ICMP, 43 with the default ports: other protocols, as those of a VPN, need a " +
			"rule of their own.",
		Fails: control.Fails{
			When: "An inbound rule of the group lets 0.0.0.0/0 or ::/0 reach one of the ports with high risk, whether " +
				"the group is in use or not. AWS names no protocol: Salve counts TCP, UDP and all traffic, and nothing " +
				"of ICMP. Prefix lists, other groups and narrower ranges are not looked at.",
			Rule:   "vpc-sg-restricted-common-ports",
			Custom: true,
		},
		Impact: control.ImpactInterrupts,
		Params: []control.Param{{
			Name: portsParam, Meaning: "Ports that must not be open to everybody.", Default: riskyPorts(),
			Min: 0, Max: int(lastPort),
		}, {
			Name: wideParam, Default: split,
			Meaning: "What becomes of a rule that opens other ports too: split leaves those open, in as many rules as it " +
				"takes; remove takes the whole rule away.",
			Pattern: regexp.MustCompile("^(" + split + "|" + remove + ")$"), Form: split + " or " + remove,
		}},
		Pattern: groupARN, Writes: writesRules,
		Actions: []string{
			"ec2:AuthorizeSecurityGroupIngress", "ec2:CreateTags", "ec2:DescribeSecurityGroupRules",
			"ec2:DescribeSecurityGroups", "ec2:ModifySecurityGroupRules", "ec2:RevokeSecurityGroupIngress",
		},
		Narrow: groupAndRules,
	})}
}

// riskyPorts are the ports Security Hub checks. Source: its user guide, EC2.19.
func riskyPorts() []int {
	return []int{
		20, 21, 22, 23, 25, 110, 135, 143, 445, 1433, 1434, 3000, 3306, 3389, 4333, 5000, 5432, 5500, 5601,
		8080, 8088, 8888, 9200, 9300,
	}
}

// risky are the ports of a run, in order.
func risky(env control.Env) []int { return slices.Sorted(slices.Values(env.Params.Ints(portsParam))) }

// harmless are the rules in the place of one without the ports, which are sorted, and whether they let in less.
func harmless(r rule, ports []int) (left []rule, less bool) {
	for _, s := range spans(r) {
		if !s.ported() {
			left = append(left, s)
			continue
		}
		last := s.To
		for _, p := range ports {
			port := int32(p)
			if port < s.From || port > last {
				continue
			}
			if s.To = port - 1; s.From <= s.To {
				left = append(left, s)
			}
			s.From, less = port+1, true
		}
		if s.To = last; s.From <= s.To {
			left = append(left, s)
		}
	}
	return left, less
}

// spans is the rule itself, or for all traffic the rules that can be written port by port in its place.
func spans(r rule) []rule {
	if r.Protocol != allProtocols {
		return []rule{r}
	}
	t, u, i := r, r, r
	t.Protocol, t.From, t.To = tcp, 0, lastPort
	u.Protocol, u.From, u.To = udp, 0, lastPort
	i.Protocol, i.From, i.To = icmp, all, all
	if r.Peer == "::/0" {
		i.Protocol = icmpv6
	}
	return []rule{t, u, i}
}
