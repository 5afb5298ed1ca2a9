package eks

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/kind"
)

// nameless is why nobody in the VPC of a cluster would find its private endpoint; nothing where all would. Source: EKS
// user guide, cluster API server endpoint.
func nameless(ctx context.Context, env control.Env, vpc *string) (string, error) {
	id, err := kind.Answered(vpc, "DescribeCluster", "the VPC")
	if err != nil {
		return "", err
	}
	for _, name := range []types.VpcAttributeName{
		types.VpcAttributeNameEnableDnsSupport, types.VpcAttributeNameEnableDnsHostnames,
	} {
		out, err := ec2.NewFromConfig(env.Config).DescribeVpcAttribute(ctx, &ec2.DescribeVpcAttributeInput{
			VpcId: &id, Attribute: name,
		})
		if fault.Of(err) == fault.Gone { // the VPC, not the cluster
			return "look for the VPC " + id + " of the cluster first: it is not there", nil
		}
		if err != nil {
			return "", err
		}
		value := out.EnableDnsSupport
		if name == types.VpcAttributeNameEnableDnsHostnames {
			value = out.EnableDnsHostnames
		}
		if value == nil {
			value = &types.AttributeBooleanValue{}
		}
		on, err := kind.Answered(value.Value, "DescribeVpcAttribute", string(name))
		if err != nil {
			return "", err
		}
		if !on {
			return "turn " + string(name) + " of the VPC " + id + " on first: without it the nodes would not find the private " +
				"endpoint, and be cut off from the cluster", nil
		}
	}
	return "", nil
}
