package ec2

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

// Protocols as AWS names them in rules, and what stands for all of them and for all ports.
const (
	tcp          = "tcp"
	udp          = "udp"
	icmp         = "icmp"
	icmpv6       = "icmpv6"
	allProtocols = "-1"
	all          = int32(-1)
)

// rule is one rule of a security group without its id: a rule that comes back gets another one. What its key says
// in words is marked, so that plans do not say it again.
type rule struct {
	Egress      bool              `json:"_Egress,omitempty"`
	Protocol    string            `json:"_Protocol"` // a name, a number, or allProtocols
	From        int32             `json:"_From"`     // first port, or the type of ICMP
	To          int32             `json:"_To"`       // last port, or the code of ICMP
	Peer        string            `json:"_Peer"`     // a CIDR, a prefix list, a group, another account's as account/group
	Description string            `json:",omitempty"`
	Tags        map[string]string `json:",omitempty"`
	// Valueless are the tags that are keys alone, in order: a state leaves out texts that are empty, and their keys.
	Valueless []string `json:",omitempty"`
	ID        string   `json:"-"` // of a rule that was just listed
}

// key says what the rule lets through. No group has two rules with the same one.
func (r rule) key() string {
	direction, word := "in", "from"
	if r.Egress {
		direction, word = "out", "to"
	}
	protocol := r.Protocol
	if protocol == allProtocols {
		protocol = "all"
	}
	return strings.Join(strings.Fields(direction+" "+protocol+" "+r.ports()+" "+word+" "+r.Peer), " ")
}

func (r rule) ports() string {
	switch {
	case r.Protocol == allProtocols, r.From == all && r.To == all:
		return ""
	case r.Protocol == icmp, r.Protocol == icmpv6:
		return fmt.Sprintf("type %d code %d", r.From, r.To)
	case r.From == r.To:
		return fmt.Sprint(r.From)
	}
	return fmt.Sprintf("%d-%d", r.From, r.To)
}

// cidr tells that the rule is about addresses, not about a group or a prefix list.
func (r rule) cidr() bool { return strings.Contains(r.Peer, ".") || strings.Contains(r.Peer, ":") }

// ported tells that the rule is about ports, of TCP or UDP; AWS may say the number of the protocol.
func (r rule) ported() bool {
	return r.Protocol == tcp || r.Protocol == udp || r.Protocol == "6" || r.Protocol == "17"
}

// permission is the rule as AWS takes it.
func (r rule) permission() types.IpPermission {
	p := types.IpPermission{IpProtocol: &r.Protocol}
	if r.Protocol != allProtocols {
		p.FromPort, p.ToPort = &r.From, &r.To
	}
	var description *string
	if r.Description != "" {
		description = &r.Description
	}
	owner, other, foreign := strings.Cut(r.Peer, "/")
	switch {
	case foreign && strings.HasPrefix(other, "sg-"):
		p.UserIdGroupPairs = []types.UserIdGroupPair{{GroupId: &other, UserId: &owner, Description: description}}
	case strings.HasPrefix(r.Peer, "sg-"):
		p.UserIdGroupPairs = []types.UserIdGroupPair{{GroupId: &r.Peer, Description: description}}
	case strings.HasPrefix(r.Peer, "pl-"):
		p.PrefixListIds = []types.PrefixListId{{PrefixListId: &r.Peer, Description: description}}
	case strings.Contains(r.Peer, ":"):
		p.Ipv6Ranges = []types.Ipv6Range{{CidrIpv6: &r.Peer, Description: description}}
	default:
		p.IpRanges = []types.IpRange{{CidrIp: &r.Peer, Description: description}}
	}
	return p
}

// tag gives the rule a tag that somebody has set.
func (r *rule) tag(key, value string) {
	if value == "" {
		r.Valueless = append(r.Valueless, key)
		slices.Sort(r.Valueless)
		return
	}
	r.Tags[key] = value
}

// tagged says which tags the rule has, in one way for those that have the same.
func (r rule) tagged() string {
	return fmt.Sprintf("%q %q", r.Tags, r.Valueless) // fmt writes maps in the order of their keys
}

// tagging is nil without tags: AWS asks for the right to tag only where there are some.
func (r rule) tagging() []types.TagSpecification {
	if len(r.Tags)+len(r.Valueless) == 0 {
		return nil
	}
	spec := types.TagSpecification{ResourceType: types.ResourceTypeSecurityGroupRule}
	for _, key := range slices.Sorted(maps.Keys(r.Tags)) {
		spec.Tags = append(spec.Tags, types.Tag{Key: aws.String(key), Value: aws.String(r.Tags[key])})
	}
	for _, key := range r.Valueless {
		spec.Tags = append(spec.Tags, types.Tag{Key: aws.String(key), Value: aws.String("")})
	}
	return []types.TagSpecification{spec}
}
