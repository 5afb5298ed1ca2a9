package ec2

import "slices"

// lastPort is the highest port number.
const lastPort = int32(65535)

// span is a range of ports, both ends included. Lists of spans are in order and do not overlap.
type span struct{ from, to int32 }

// at are ports one by one.
func at(ports ...int) []span {
	var out []span
	for _, p := range slices.Sorted(slices.Values(ports)) {
		out = append(out, span{int32(p), int32(p)})
	}
	return slices.Compact(out)
}

// besides are all ports but some.
func besides(ports []int) []span {
	var out []span
	from := int32(0)
	for _, s := range at(ports...) {
		if from < s.from {
			out = append(out, span{from, s.from - 1})
		}
		from = s.to + 1
	}
	if from <= lastPort {
		out = append(out, span{from, lastPort})
	}
	return out
}

// harmless are the rules in the place of one without ports, by protocol, and whether they let in less.
func harmless(r rule, closed map[string][]span) (left []rule, less bool) {
	for _, s := range spans(r) {
		if !s.ported() {
			left = append(left, s)
			continue
		}
		ports := closed[tcp]
		if s.Protocol == udp || s.Protocol == "17" {
			ports = closed[udp]
		}
		last := s.To
		for _, c := range ports {
			if c.to < s.From || c.from > last {
				continue
			}
			if s.To = c.from - 1; s.From <= s.To {
				left = append(left, s)
			}
			s.From, less = c.to+1, true
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
	if r.Peer == anybody6 {
		i.Protocol = icmpv6
	}
	return []rule{t, u, i}
}
