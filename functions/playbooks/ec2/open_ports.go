package ec2

import (
	"context"
	"maps"
	"slices"

	"github.com/salve-security/salve/internal/control"
)

// lastPort is the highest port number.
const lastPort = int32(65535)

// portsParam names the parameter with the ports of high risk.
const portsParam = "ports"

// OpenPorts returns the control that closes ports of high risk to the whole internet.
func OpenPorts() []control.Control {
	return []control.Control{control.Of[rules]{
		Info: control.Info{
			ID: "EC2.19",
			Effect: "New TCP and UDP connections from anywhere (0.0.0.0/0, ::/0) to the ports are refused. Other ports " +
				"of the same rule stay open. A rule for all traffic becomes rules for TCP, UDP and ICMP: other " +
				"protocols, as those of a VPN, need a rule of their own.",
			Fails: control.Fails{
				When:   "An inbound rule of the group lets 0.0.0.0/0 or ::/0 reach one of the ports with high risk.",
				Rule:   "vpc-sg-restricted-common-ports",
				Custom: true,
			},
			Impact: control.ImpactInterrupts,
			Params: []control.Param{{
				Name: portsParam, Meaning: "Ports that must not be open to everybody.", Default: riskyPorts(),
				Min: 0, Max: int(lastPort),
			}},
			Pattern: groupARN, Writes: groupRules,
			Actions: []string{
				"ec2:AuthorizeSecurityGroupIngress", "ec2:CreateTags", "ec2:DescribeSecurityGroupRules",
				"ec2:DescribeSecurityGroups", "ec2:RevokeSecurityGroupIngress",
			},
			Narrow: groupAndRules,
		},
		Read:  readRules,
		Want:  closePorts,
		Write: writeRules,
	}.Control()}
}

// riskyPorts are the ports Security Hub checks. Source: its user guide, EC2.19.
func riskyPorts() []int {
	return []int{
		20, 21, 22, 23, 25, 110, 135, 143, 445, 1433, 1434, 3000, 3306, 3389, 4333, 5000, 5432, 5500, 5601,
		8080, 8088, 8888, 9200, 9300,
	}
}

func readRules(ctx context.Context, env control.Env) (rules, error) { return openGroup(env).read(ctx) }

func writeRules(ctx context.Context, env control.Env, from, to rules) error {
	return openGroup(env).write(ctx, from, to)
}

// closePorts puts rules for the harmless ports in the place of each rule that opens a risky one. Such a rule
// may be there already; then it keeps its own description.
func closePorts(now rules, env control.Env) (rules, error) {
	ports := env.Params.Ints(portsParam)
	slices.Sort(ports)
	out := maps.Clone(now)
	for _, key := range slices.Sorted(maps.Keys(now)) {
		r := now[key]
		if !exposes(r, ports) {
			continue
		}
		delete(out, key)
		for _, part := range harmless(r, ports) {
			if _, there := out[part.key()]; !there {
				out[part.key()] = part
			}
		}
	}
	return out, nil
}

// exposes tells whether everybody reaches one of the ports through the rule.
func exposes(r rule, ports []int) bool {
	if r.Egress || r.Peer != "0.0.0.0/0" && r.Peer != "::/0" {
		return false
	}
	return slices.ContainsFunc(spans(r), func(s rule) bool {
		return hasPorts(s) && slices.ContainsFunc(ports, func(p int) bool { return s.From <= int32(p) && int32(p) <= s.To })
	})
}

// harmless is what remains of a rule without the ports, which are sorted.
func harmless(r rule, ports []int) []rule {
	var out []rule
	for _, s := range spans(r) {
		if !hasPorts(s) {
			out = append(out, s)
			continue
		}
		last := s.To
		for _, p := range ports {
			port := int32(p)
			if port < s.From || port > last {
				continue
			}
			if s.To = port - 1; s.From <= s.To {
				out = append(out, s)
			}
			s.From = port + 1
		}
		if s.To = last; s.From <= s.To {
			out = append(out, s)
		}
	}
	return out
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

func hasPorts(r rule) bool { return r.Protocol == tcp || r.Protocol == udp }
