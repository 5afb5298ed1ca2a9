package ec2

import (
	"regexp"
	"slices"

	"github.com/salve-security/salve/internal/control"
)

// anybody4 and anybody6 are all addresses of a family.
const (
	anybody4 = "0.0.0.0/0"
	anybody6 = "::/0"
)

// portsParam names the parameter of EC2.19 with the ports of high risk; those of EC2.18 have Security Hub's names.
const (
	portsParam = "ports"
	tcpParam   = "authorizedTcpPorts"
	udpParam   = "authorizedUdpPorts"
)

// wideParam names the parameter that says what becomes of a rule which opens more than those ports, and its values.
const (
	wideParam = "wideRules"
	split     = "split"
	remove    = "remove"
)

// closing is a control that closes ports of a group to everybody.
type closing struct {
	id, rule string
	custom   bool
	what     string // what is refused from then on
	more     string // what else people should know
	when     string
	peers    []string // whom it closes them to
	params   []control.Param
	ports    func(env control.Env) map[string][]span // that must not be open, by protocol
}

// OpenPorts returns the controls that close ports of security groups to the whole internet.
func OpenPorts() []control.Control {
	var all []control.Control
	for _, c := range append(administration(), authorized(), highRisk()) {
		all = append(all, c.control())
	}
	return all
}

// administration are the controls of SSH and RDP. Where AWS speaks of TCP alone, UDP stays open.
func administration() []closing {
	const own = " Whoever logs in over the internet needs a rule for an address of their own, or Session Manager."
	const both = " for TCP, UDP or all traffic, whether the group is in use or not."
	everybody, ssh, rdp := []string{anybody4, anybody6}, at(22), at(3389)
	remote := append(at(22), at(3389)...)
	return []closing{{
		id: "EC2.13", rule: "restricted-ssh", peers: everybody, ports: fixed(ssh, nil),
		what: "SSH connections (TCP, port 22) from anywhere (0.0.0.0/0, ::/0)", more: own,
		when: "An inbound rule of the group lets 0.0.0.0/0 or ::/0 reach port 22 by TCP or by all traffic.",
	}, {
		id: "EC2.14", rule: "restricted-common-ports", peers: everybody, ports: fixed(rdp, nil),
		what: "Remote Desktop connections (TCP, port 3389) from anywhere (0.0.0.0/0, ::/0)", more: own,
		when: "An inbound rule of the group lets 0.0.0.0/0 or ::/0 reach port 3389 by TCP or by all traffic. AWS names " +
			"no UDP, and groups in use only.",
	}, {
		id: "EC2.53", rule: "vpc-sg-port-restriction-check", peers: []string{anybody4}, ports: fixed(remote, remote),
		what: "TCP and UDP connections from anywhere over IPv4 (0.0.0.0/0) to the ports 22 and 3389", more: own,
		when: "An inbound rule of the group lets 0.0.0.0/0 reach port 22 or 3389" + both,
	}, {
		id: "EC2.54", rule: "vpc-sg-port-restriction-check", peers: []string{anybody6}, ports: fixed(remote, remote),
		what: "TCP and UDP connections from anywhere over IPv6 (::/0) to the ports 22 and 3389", more: own,
		when: "An inbound rule of the group lets ::/0 reach port 22 or 3389" + both,
	}}
}

// authorized is the control that leaves open what was authorised. What has no ports, such as ICMP, stays open.
func authorized() closing {
	return closing{
		id: "EC2.18", rule: "vpc-sg-open-only-to-authorized-ports", peers: []string{anybody4, anybody6},
		what: "TCP and UDP connections from anywhere (0.0.0.0/0, ::/0) to all ports but the authorised ones",
		more: " Look at what the group's members offer to the internet, and authorise it before.",
		when: "An inbound rule of the group lets 0.0.0.0/0 or ::/0 reach a port by TCP or UDP that is not authorised for " +
			"that protocol, by all traffic too; whether the group is in use does not matter. ICMP and other protocols " +
			"without ports are not looked at.",
		params: []control.Param{{
			Name: tcpParam, Meaning: "TCP ports that may be open to everybody, as Security Hub has them for EC2.18.",
			Default: []int{80, 443}, Min: 1, Max: int(lastPort),
		}, {
			Name: udpParam, Meaning: "UDP ports that may be open to everybody, as Security Hub has them for EC2.18.",
			Default: []int{}, Min: 1, Max: int(lastPort),
		}},
		ports: func(env control.Env) map[string][]span {
			return map[string][]span{
				tcp: besides(env.Params.Ints(tcpParam)), udp: besides(env.Params.Ints(udpParam)),
			}
		},
	}
}

func highRisk() closing {
	return closing{
		id: "EC2.19", rule: "vpc-sg-restricted-common-ports", custom: true, peers: []string{anybody4, anybody6},
		what: "TCP and UDP connections from anywhere (0.0.0.0/0, ::/0) to the ports",
		more: " With the default ports, a rule for all traffic becomes 43 rules.",
		when: "An inbound rule of the group lets 0.0.0.0/0 or ::/0 reach one of the ports with high risk, whether " +
			"the group is in use or not. AWS names no protocol: Salve counts TCP, UDP and all traffic, and nothing " +
			"of ICMP. Prefix lists, other groups and narrower ranges are not looked at.",
		params: []control.Param{{
			Name: portsParam, Meaning: "Ports that must not be open to everybody.", Default: riskyPorts(),
			Min: 0, Max: int(lastPort),
		}},
		ports: func(env control.Env) map[string][]span {
			risky := at(env.Params.Ints(portsParam)...)
			return map[string][]span{tcp: risky, udp: risky}
		},
	}
}

// riskyPorts are the ports Security Hub checks. Source: its user guide, EC2.19.
func riskyPorts() []int {
	return []int{
		20, 21, 22, 23, 25, 110, 135, 143, 445, 1433, 1434, 3000, 3306, 3389, 4333, 5000, 5432, 5500, 5601,
		8080, 8088, 8888, 9200, 9300,
	}
}

// fixed are ports that nobody can set.
func fixed(ofTCP, ofUDP []span) func(control.Env) map[string][]span {
	return func(control.Env) map[string][]span { return map[string][]span{tcp: ofTCP, udp: ofUDP} }
}

// control returns the closing as a control. All of them read and write the rules of a group.
func (c closing) control() control.Control {
	rules := groupRules("")
	rules.Offends = func(r rule, env control.Env) (bool, error) {
		_, less := harmless(r, c.ports(env))
		return less && !r.Egress && slices.Contains(c.peers, r.Peer), nil
	}
	rules.Instead = func(r rule, env control.Env) []rule {
		if env.Params.Text(wideParam) == remove {
			return nil
		}
		left, _ := harmless(r, c.ports(env))
		return left
	}
	return rules.Control(control.Info{
		ID: c.id, State: writesRules,
		Effect: "New " + c.what + " are refused." + c.more + " Other ports of the same rule stay open, in rules of " +
			"their own, unless wideRules is remove. A rule for all traffic becomes rules for TCP, UDP and ICMP: other " +
			"protocols, as those of a VPN, need a rule of their own.",
		Fails:  control.Fails{When: c.when, Rule: c.rule, Custom: c.custom},
		Impact: control.ImpactInterrupts,
		Params: append(c.params, control.Param{
			Name: wideParam, Default: split,
			Meaning: "What becomes of a rule that opens other ports too: split leaves those open, in as many rules as it " +
				"takes; remove takes the whole rule away.",
			Pattern: regexp.MustCompile("^(" + split + "|" + remove + ")$"), Form: split + " or " + remove,
		}),
		Pattern: groupARN,
		Actions: []string{
			"ec2:AuthorizeSecurityGroupIngress", "ec2:CreateTags", "ec2:DescribeSecurityGroupRules",
			"ec2:DescribeSecurityGroups", "ec2:ModifySecurityGroupRules", "ec2:RevokeSecurityGroupIngress",
		},
		Narrow: groupAndRules,
	})
}
