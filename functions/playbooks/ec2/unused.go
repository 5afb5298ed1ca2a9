package ec2

import (
	"context"
	"regexp"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
)

// thing is what a control takes away if nobody uses it. What goes with it is in the plan, and so in the record of the
// run: people can make another one by that.
type thing struct {
	There bool
	With  map[string]string // what goes with it, by name
	Used  bool              `salve:"fact"`
	Kept  string            `salve:"fact"` // why a person has to see to it
}

// unused is a control that takes a thing away.
type unused struct {
	info control.Info
	read func(ctx context.Context, env control.Env) (what map[string]string, used bool, kept string, err error)
	drop func(ctx context.Context, env control.Env) error
}

// Unused returns the controls that take away what nobody uses.
func Unused() []control.Control {
	return []control.Control{unused{control.Info{
		ID: "EC2.12",
		Effect: "The Elastic IP address is released and given to somebody else: DNS records, allow lists and devices that " +
			"name it then mean a stranger. Look for them first. It is not billed any more.",
		Fails: control.Fails{
			When: "The Elastic IP address belongs to no instance and to no network interface that is in use.",
			Rule: "eip-attached",
		},
		// Of the ways in which AWS Config, Security Hub and IAM write it, the last one is what rights are about.
		Pattern: regexp.MustCompile(
			`^arn:aws[a-z-]*:ec2:[a-z0-9-]+:\d{12}:(?:eip|eip-allocation|elastic-ip)/(eipalloc-(?:[0-9a-f]{17}|[0-9a-f]{8}))$`),
		Actions: []string{"ec2:DescribeAddresses", "ec2:DescribeNetworkInterfaces", "ec2:ReleaseAddress"},
		Narrow:  func(env control.Env) []string { return []string{addressARN(env)} },
		Lock:    func(env control.Env) []string { return []string{addressARN(env)} },
	}, readAddress, releaseAddress}.control(), unused{control.Info{
		ID: "EC2.16",
		Effect: "The network ACL is deleted with its entries, which the plan lists. No subnet uses it, so no traffic " +
			"changes. Look first whether templates, or people who mean to use it in an emergency, name it.",
		Fails: control.Fails{
			When: "No subnet uses the network ACL. Default ACLs, which nobody can delete, are refused.",
			Rule: "vpc-network-acl-unused-check",
		},
		Pattern: arnOf("network-acl", "acl"),
		Actions: []string{"ec2:DeleteNetworkAcl", "ec2:DescribeNetworkAcls"},
	}, readUnusedACL, deleteACL}.control()}
}

func (u unused) control() control.Control {
	u.info.Impact = control.ImpactDestructive
	const why = "what is made anew has another id"
	u.info.OneWay = map[string]string{"There": why, "With/*": why}
	return control.Of[thing]{
		Info: u.info,
		Read: func(ctx context.Context, env control.Env) (thing, error) {
			what, used, kept, err := u.read(ctx, env)
			if fault.Of(err) == fault.Gone {
				return thing{}, nil // which is what was wanted
			}
			return thing{true, what, used, kept}, err
		},
		Want: func(now thing, _ control.Env) (thing, error) {
			if now.Used {
				return now, nil
			}
			if now.There && now.Kept != "" {
				return now, fault.New(fault.Refused, "%s", now.Kept)
			}
			return thing{}, nil
		},
		Write: func(ctx context.Context, env control.Env, from, _ thing) error {
			if !from.There {
				return nil
			}
			if err := u.drop(ctx, env); fault.Of(err) != fault.Gone {
				return err
			}
			return nil
		},
	}.Control()
}

func addressARN(env control.Env) string { return env.Target.ARN("ec2", "elastic-ip/"+env.Name) }

func readAddress(ctx context.Context, env control.Env) (what map[string]string, used bool, kept string, err error) {
	client := ec2.NewFromConfig(env.Config)
	out, err := client.DescribeAddresses(ctx, &ec2.DescribeAddressesInput{AllocationIds: []string{env.Name}})
	if err != nil {
		return nil, false, "", err
	}
	if len(out.Addresses) != 1 || out.Addresses[0].PublicIp == nil {
		return nil, false, "", fault.New(fault.Invalid, "DescribeAddresses answered without the address %s", env.Name)
	}
	a := out.Addresses[0]
	what = tagged(a.Tags)
	what["PublicIp"] = *a.PublicIp
	if a.ServiceManaged != "" {
		kept = "the address is managed by " + string(a.ServiceManaged) + ", which releases it"
	}
	face := aws.ToString(a.NetworkInterfaceId)
	if face == "" || aws.ToString(a.InstanceId) != "" {
		return what, aws.ToString(a.InstanceId)+aws.ToString(a.AssociationId) != "", kept, nil
	}
	faces, err := client.DescribeNetworkInterfaces(ctx, &ec2.DescribeNetworkInterfacesInput{
		Filters: []types.Filter{{Name: aws.String("network-interface-id"), Values: []string{face}}},
	})
	if err != nil {
		return nil, false, "", err
	}
	// One of another account cannot be seen, and is no reason to release its address.
	idle := func(n types.NetworkInterface) bool { return n.Status == types.NetworkInterfaceStatusAvailable }
	if !slices.ContainsFunc(faces.NetworkInterfaces, idle) {
		return what, true, kept, nil
	}
	return what, false, "the address belongs to the network interface " + face + ", which nothing uses: use it, delete " +
		"it, or take the address from it, then try again", nil
}

func releaseAddress(ctx context.Context, env control.Env) error {
	_, err := ec2.NewFromConfig(env.Config).ReleaseAddress(ctx, &ec2.ReleaseAddressInput{AllocationId: &env.Name})
	return err
}

func readUnusedACL(ctx context.Context, env control.Env) (what map[string]string, used bool, kept string, err error) {
	found, err := describeNetworkACL(ctx, env)
	if err != nil {
		return nil, false, "", err
	}
	what = tagged(found.Tags)
	what["VpcId"] = aws.ToString(found.VpcId)
	for _, listed := range found.Entries {
		e, err := aclEntryOf(listed)
		if err != nil {
			return nil, false, "", err
		}
		what[e.key()] = e.text()
	}
	if aws.ToBool(found.IsDefault) {
		kept = "it is the default ACL of its VPC, which goes with the VPC only"
	}
	return what, len(found.Associations) > 0, kept, nil
}

func deleteACL(ctx context.Context, env control.Env) error {
	_, err := ec2.NewFromConfig(env.Config).DeleteNetworkAcl(ctx, &ec2.DeleteNetworkAclInput{NetworkAclId: &env.Name})
	return err
}

// tagged are tags among what goes with a thing.
func tagged(tags []types.Tag) map[string]string {
	out := map[string]string{}
	for _, tag := range tags {
		out["tag "+aws.ToString(tag.Key)] = aws.ToString(tag.Value)
	}
	return out
}
