package ec2_test

import (
	"context"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/salve-security/salve/functions/playbooktest"
)

// instancePrefix is what stands before the id of an instance.
const instancePrefix = "arn:aws:ec2:" + playbooktest.DefaultRegion + ":" + playbooktest.DefaultAccount + ":instance/"

func instanceID(resource string) string { return strings.TrimPrefix(resource, instancePrefix) }

// otherInstances are what no control of instances works on.
func otherInstances() []string {
	return []string{
		instancePrefix + "i-*", instancePrefix + "i-0123456789abcdef", instancePrefix + "i-0123456789abcdef0/x",
		strings.Replace(instancePrefix, "instance/", "volume/", 1) + "i-0123456789abcdef0", "i-0123456789abcdef0",
		instancePrefix + "i-0123456789ABCDEF0", strings.Replace(instancePrefix, "us-east-1", "*", 1) + "i-01234567",
	}
}

// launched runs an instance from an image with one volume.
func launched(ctx context.Context, t *testing.T, root aws.Config, change func(*ec2.RunInstancesInput)) string {
	client := ec2.NewFromConfig(root)
	image := playbooktest.Got(client.RegisterImage(ctx, &ec2.RegisterImageInput{
		Name: aws.String("base"), RootDeviceName: aws.String("/dev/sda1"),
		BlockDeviceMappings: []types.BlockDeviceMapping{{
			DeviceName: aws.String("/dev/sda1"), Ebs: &types.EbsBlockDevice{VolumeSize: aws.Int32(8)},
		}},
	}))(t)
	in := &ec2.RunInstancesInput{
		ImageId: image.ImageId, MinCount: aws.Int32(1), MaxCount: aws.Int32(1), InstanceType: types.InstanceTypeT3Micro,
	}
	if change != nil {
		change(in)
	}
	return instancePrefix + *playbooktest.Got(client.RunInstances(ctx, in))(t).Instances[0].InstanceId
}

// stop stops an instance, at once in the lab.
func stop(ctx context.Context, t *testing.T, root aws.Config, resource string) {
	in := ec2.StopInstancesInput{InstanceIds: []string{instanceID(resource)}}
	playbooktest.Got(ec2.NewFromConfig(root).StopInstances(ctx, &in))(t)
}

// terminate takes an instance away. The lab shows it as terminated for good.
func terminate(ctx context.Context, t *testing.T, root aws.Config, resource string) {
	in := ec2.TerminateInstancesInput{InstanceIds: []string{instanceID(resource)}}
	playbooktest.Got(ec2.NewFromConfig(root).TerminateInstances(ctx, &in))(t)
}

// label gives an instance a tag.
func label(ctx context.Context, t *testing.T, root aws.Config, resource string) {
	playbooktest.Got(ec2.NewFromConfig(root).CreateTags(ctx, &ec2.CreateTagsInput{
		Resources: []string{instanceID(resource)}, Tags: []types.Tag{{Key: aws.String("team"), Value: aws.String("ops")}},
	}))(t)
}

// described is an instance as another client sees it.
func described(ctx context.Context, t *testing.T, root aws.Config, resource string) types.Instance {
	in := ec2.DescribeInstancesInput{InstanceIds: []string{instanceID(resource)}}
	return playbooktest.Got(ec2.NewFromConfig(root).DescribeInstances(ctx, &in))(t).Reservations[0].Instances[0]
}

// answering is what EC2 says of an instance.
func answering(instance types.Instance) *ec2.DescribeInstancesOutput {
	return &ec2.DescribeInstancesOutput{Reservations: []types.Reservation{{Instances: []types.Instance{instance}}}}
}

// inState is an instance in a state.
func inState(name types.InstanceStateName) *types.InstanceState {
	return &types.InstanceState{Name: name}
}
