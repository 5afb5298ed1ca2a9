package ssm

import (
	"context"
	"regexp"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/ssm/types"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/kind"
)

// instanceARN accepts instances of every partition, and their ids from before 2016.
var instanceARN = regexp.MustCompile(
	`^arn:aws[a-z-]*:ec2:[a-z0-9-]+:\d{12}:instance/(i-(?:[0-9a-f]{17}|[0-9a-f]{8}))$`)

// arnOf is the run's instance, by whatever id the finding names it.
func arnOf(env control.Env) string {
	return env.Target.ARN("ec2", "instance/"+env.Name)
}

// readInstance returns the run's instance. One from whose state none comes back is gone.
func readInstance(ctx context.Context, env control.Env) (ec2types.Instance, error) {
	out, err := ec2.NewFromConfig(env.Config).DescribeInstances(ctx, &ec2.DescribeInstancesInput{
		InstanceIds: []string{env.Name},
	})
	if err != nil {
		return ec2types.Instance{}, err
	}
	if len(out.Reservations) != 1 || len(out.Reservations[0].Instances) != 1 {
		return ec2types.Instance{}, fault.New(fault.Invalid, "DescribeInstances answered without the instance %s", env.Name)
	}
	found := out.Reservations[0].Instances[0]
	state, err := kind.Answered(found.State, "DescribeInstances", "the instance's state")
	switch {
	case err != nil:
		return ec2types.Instance{}, err
	case state.Name == ec2types.InstanceStateNameTerminated, state.Name == ec2types.InstanceStateNameShuttingDown:
		return ec2types.Instance{}, fault.New(fault.Gone, "the instance is %s", state.Name)
	}
	return found, nil
}

// readAgent tells what Systems Manager knows of the instance's agent, nothing where it never registered. An instance
// that is stopped stays registered.
func readAgent(ctx context.Context, env control.Env) (types.PingStatus, error) {
	out, err := ssm.NewFromConfig(env.Config).DescribeInstanceInformation(ctx, &ssm.DescribeInstanceInformationInput{
		Filters: []types.InstanceInformationStringFilter{{Key: aws.String("InstanceIds"), Values: []string{env.Name}}},
	})
	if err != nil || len(out.InstanceInformationList) == 0 {
		return "", err
	}
	one := out.InstanceInformationList[0]
	if one.PingStatus == "" || aws.ToString(one.InstanceId) != env.Name {
		return "", fault.New(fault.Invalid, "DescribeInstanceInformation answered without the agent of %s", env.Name)
	}
	return one.PingStatus, nil
}
