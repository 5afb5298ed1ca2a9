package ec2

import (
	"context"
	"regexp"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/kind"
)

// instanceARN accepts instances of every partition, and their ids from before 2016.
var instanceARN = regexp.MustCompile(
	`^arn:aws[a-z-]*:ec2:[a-z0-9-]+:\d{12}:instance/(i-(?:[0-9a-f]{17}|[0-9a-f]{8}))$`)

// readInstance returns the run's instance. For about an hour EC2 shows one that was terminated.
func readInstance(ctx context.Context, env control.Env) (types.Instance, types.InstanceStateName, error) {
	out, err := ec2.NewFromConfig(env.Config).DescribeInstances(ctx, &ec2.DescribeInstancesInput{
		InstanceIds: []string{env.Name},
	})
	if err != nil {
		return types.Instance{}, "", err
	}
	if len(out.Reservations) != 1 || len(out.Reservations[0].Instances) != 1 {
		return types.Instance{}, "", fault.New(fault.Invalid, "DescribeInstances answered without the instance %s", env.Name)
	}
	found := out.Reservations[0].Instances[0]
	state, err := kind.Answered(found.State, "DescribeInstances", "the instance's state")
	return found, state.Name, err
}

// ending tells states from which no instance comes back.
func ending(state types.InstanceStateName) bool {
	return state == types.InstanceStateNameTerminated || state == types.InstanceStateNameShuttingDown
}

// tagOf is the value of an instance's tag, empty without it.
func tagOf(instance types.Instance, key string) string {
	for _, tag := range instance.Tags {
		if strings.EqualFold(aws.ToString(tag.Key), key) {
			return aws.ToString(tag.Value)
		}
	}
	return ""
}

// scalingGroup is the tag by which an Auto Scaling group names itself on its instances. Only AWS sets it.
const scalingGroup = "aws:autoscaling:groupName"
