package ec2_test

import (
	"context"
	"crypto/rand"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/google/go-cmp/cmp"

	playbook "github.com/salve-security/salve/functions/playbooks/ec2"
	"github.com/salve-security/salve/functions/playbooktest"
	"github.com/salve-security/salve/internal/fault"
)

// The runbooks run in the lab, as the role of their family and with its rights alone.
func TestIsolateInstance(t *testing.T) {
	playbooktest.Run(t, playbooktest.Suite{
		Control: playbook.IsolateInstance()[0],
		Seed: func(ctx context.Context, t *testing.T, root aws.Config) string {
			return networked(ctx, t, root, "")
		},
		Foreign: otherInstances(),
		Observe: observeInterfaces,
		Disturb: func(ctx context.Context, t *testing.T, root aws.Config, resource string) {
			face := described(ctx, t, root, resource).NetworkInterfaces[0]
			regroup(ctx, t, root, *face.NetworkInterfaceId, newSecurityGroup(ctx, t, root, "other", *face.VpcId))
		},
		Unrelated:   label,
		DisturbFact: stop,
		Delete:      terminate,
	})
}

// networked is an instance with two network interfaces, each with a group of its own, in a VPC, the default one if
// empty. The lab counts groups that are named outside of interfaces to every interface for good.
func networked(ctx context.Context, t *testing.T, root aws.Config, vpc string) string {
	client := ec2.NewFromConfig(root)
	in := ec2.DescribeSubnetsInput{Filters: filter("vpc-id", vpc)}
	if vpc == "" {
		in.Filters = filter("default-for-az", "true")
	}
	subnet := playbooktest.Got(client.DescribeSubnets(ctx, &in))(t).Subnets[0]
	group := func(name string) string { return newSecurityGroup(ctx, t, root, name, *subnet.VpcId) }
	resource := launched(ctx, t, root, func(in *ec2.RunInstancesInput) {
		in.NetworkInterfaces = []types.InstanceNetworkInterfaceSpecification{{
			DeviceIndex: aws.Int32(0), SubnetId: subnet.SubnetId, Groups: []string{group("app"), group("web")},
		}}
	})
	face := playbooktest.Got(client.CreateNetworkInterface(ctx, &ec2.CreateNetworkInterfaceInput{
		SubnetId: subnet.SubnetId, Groups: []string{group("app")},
	}))(t)
	playbooktest.Got(client.AttachNetworkInterface(ctx, &ec2.AttachNetworkInterfaceInput{
		InstanceId: aws.String(instanceID(resource)), DeviceIndex: aws.Int32(1),
		NetworkInterfaceId: face.NetworkInterface.NetworkInterfaceId,
	}))(t)
	return resource
}

// newSecurityGroup makes a group whose name begins with a word.
func newSecurityGroup(ctx context.Context, t *testing.T, root aws.Config, word, vpc string) string {
	return *playbooktest.Got(ec2.NewFromConfig(root).CreateSecurityGroup(ctx, &ec2.CreateSecurityGroupInput{
		GroupName: aws.String(word + "-" + strings.ToLower(rand.Text())), Description: aws.String(word), VpcId: &vpc,
	}))(t).GroupId
}

func regroup(ctx context.Context, t *testing.T, root aws.Config, face, group string) {
	playbooktest.Got(ec2.NewFromConfig(root).ModifyNetworkInterfaceAttribute(ctx,
		&ec2.ModifyNetworkInterfaceAttributeInput{NetworkInterfaceId: &face, Groups: []string{group}}))(t)
}

// observeInterfaces are the groups of each interface, by the words that their names begin with, the keys of its tags,
// and the tags of the instance.
func observeInterfaces(ctx context.Context, t *testing.T, root aws.Config, resource string) any {
	var out []string
	client := ec2.NewFromConfig(root)
	in := ec2.DescribeNetworkInterfacesInput{Filters: filter("attachment.instance-id", instanceID(resource))}
	for _, face := range playbooktest.Got(client.DescribeNetworkInterfaces(ctx, &in))(t).NetworkInterfaces {
		var said []string
		for _, group := range face.Groups {
			about := ec2.DescribeSecurityGroupsInput{GroupIds: []string{*group.GroupId}}
			found := playbooktest.Got(client.DescribeSecurityGroups(ctx, &about))(t).SecurityGroups[0]
			said = append(said, *found.Description)
		}
		for _, tag := range face.TagSet {
			said = append(said, "tag "+*tag.Key)
		}
		slices.Sort(said)
		out = append(out, strings.Join(said, ", "))
	}
	for _, tag := range described(ctx, t, root, resource).Tags {
		out = append(out, *tag.Key)
	}
	slices.Sort(out)
	return out
}

// What a runbook cannot do whole it does not do: somebody adds a rule to the group that lets nothing through.
func TestIsolationFailsAtAStep(t *testing.T) {
	c, root := playbook.IsolateInstance()[0], playbooktest.Root(t)
	client := ec2.NewFromConfig(root)
	network := ec2.CreateVpcInput{CidrBlock: aws.String("10.0.0.0/16")}
	vpc := *playbooktest.Got(client.CreateVpc(t.Context(), &network))(t).Vpc.VpcId
	playbooktest.Got(client.CreateSubnet(t.Context(), &ec2.CreateSubnetInput{
		VpcId: &vpc, CidrBlock: aws.String("10.0.1.0/24"),
	}))(t)
	made := playbooktest.Got(client.CreateSecurityGroup(t.Context(), &ec2.CreateSecurityGroupInput{
		GroupName: aws.String("salve-isolation"), Description: aws.String("isolation"), VpcId: &vpc,
	}))(t)
	for _, id := range listed(t.Context(), t, root, arnPrefix+*made.GroupId) {
		in := ec2.RevokeSecurityGroupEgressInput{GroupId: made.GroupId, SecurityGroupRuleIds: []string{id}}
		playbooktest.Got(client.RevokeSecurityGroupEgress(t.Context(), &in))(t)
	}
	resource := networked(t.Context(), t, root, vpc)
	before := observeInterfaces(t.Context(), t, root, resource)
	env := playbooktest.Env(t, c, resource)
	plan := playbooktest.Got(c.Plan(t.Context(), env))(t)
	allow(t.Context(), t, root, arnPrefix+*made.GroupId, "in tcp 22-22 10.0.0.0/8")
	p := playbooktest.Ended(t, nil, c, env, plan)
	if !p.Failed || p.Step != "Group" || !strings.Contains(p.Message, "added rules") {
		t.Errorf("the runbook ended as %+v", p)
	}
	if d := cmp.Diff(before, observeInterfaces(t.Context(), t, root, resource)); d != "" {
		t.Errorf("(-before +now):\n%s", d)
	}
	_, err := c.Verify(t.Context(), env, plan)
	playbooktest.Fails(t, err, fault.Refused, "added rules to "+*made.GroupId)
}

// What is only added, a snapshot, is no loss that anybody has to approve.
func TestIsolationOnlyAdds(t *testing.T) {
	c, root := playbook.IsolateInstance()[0], playbooktest.Root(t)
	env := playbooktest.Env(t, c, networked(t.Context(), t, root, ""))
	if plan := playbooktest.Got(c.Plan(t.Context(), env))(t); plan.OneWay() || len(plan.Changes) != 3 {
		t.Errorf("one way: %v, plan:\n%s", plan.OneWay(), plan)
	}
}

// A runbook that ended well is no proof: somebody has given the instance its way out again.
func TestIsolationThatIsNoMore(t *testing.T) {
	c, root := playbook.IsolateInstance()[0], playbooktest.Root(t)
	resource := networked(t.Context(), t, root, "")
	env := playbooktest.Env(t, c, resource)
	plan := playbooktest.Got(c.Plan(t.Context(), env))(t)
	if p := playbooktest.Ended(t, nil, c, env, plan); !p.Over || p.Failed {
		t.Fatalf("the runbook ended as %+v", p)
	}
	face := described(t.Context(), t, root, resource).NetworkInterfaces[0]
	regroup(t.Context(), t, root, *face.NetworkInterfaceId,
		newSecurityGroup(t.Context(), t, root, "other", *face.VpcId))
	seen := playbooktest.Got(c.Verify(t.Context(), env, plan))(t)
	if len(seen.Left) != 1 || seen.Left[0].Path != "Interfaces/"+*face.NetworkInterfaceId {
		t.Errorf("left are %v", seen.Left)
	}
}

// incident is an instance with an interface, a volume, a snapshot of it and an isolation group as EC2 may show them.
type incident struct {
	instance  types.Instance
	group     *types.SecurityGroup
	snapshots []types.Snapshot
}

// cutOff is an instance that is isolated and kept.
func cutOff(change func(*incident)) incident {
	i := incident{
		instance: types.Instance{
			State: inState(types.InstanceStateNameRunning), VpcId: aws.String("vpc-1"),
			NetworkInterfaces: []types.InstanceNetworkInterface{{
				NetworkInterfaceId: aws.String("eni-1"), VpcId: aws.String("vpc-1"),
				Groups: []types.GroupIdentifier{{GroupId: aws.String("sg-iso")}},
			}},
			BlockDeviceMappings: []types.InstanceBlockDeviceMapping{{
				Ebs: &types.EbsInstanceBlockDevice{VolumeId: aws.String("vol-1")},
			}},
		},
		group: &types.SecurityGroup{GroupId: aws.String("sg-iso")},
		snapshots: []types.Snapshot{{
			VolumeId: aws.String("vol-1"), State: types.SnapshotStateCompleted, StartTime: aws.Time(lineNow()),
		}},
	}
	if change != nil {
		change(&i)
	}
	return i
}

func (i incident) shape(open bool, words ...string) playbooktest.Shape {
	groups := &ec2.DescribeSecurityGroupsOutput{}
	if i.group != nil {
		groups.SecurityGroups = []types.SecurityGroup{*i.group}
	}
	s := playbooktest.Shape{Fails: open, Answers: playbooktest.Answers(answering(i.instance), groups,
		&ec2.DescribeSnapshotsOutput{Snapshots: i.snapshots})}
	if len(words) > 0 {
		s.Class, s.Words = fault.Refused, words
	}
	return s
}

// state puts the instance into another state.
func state(name types.InstanceStateName) func(*incident) {
	return func(i *incident) { i.instance.State = inState(name) }
}

// What is gone, and what EC2 leaves out, is neither cut off nor open.
func TestIsolationUnanswered(t *testing.T) {
	c := playbook.IsolateInstance()[0]
	playbooktest.Judged(t, c, instancePrefix+"i-0123456789abcdef0", map[string]playbooktest.Shape{
		"no name of an interface": {Class: fault.Invalid, Answers: cutOff(func(i *incident) {
			i.instance.NetworkInterfaces[0].NetworkInterfaceId = nil
		}).shape(false).Answers},
		"no name of the group": {Class: fault.Invalid, Answers: cutOff(func(i *incident) {
			i.group.GroupId = nil
		}).shape(false).Answers},
		"no instance": {Answers: playbooktest.Answers(&ec2.DescribeInstancesOutput{}), Class: fault.Invalid},
		"terminated":  {Answers: cutOff(state(types.InstanceStateNameTerminated)).shape(false).Answers, Class: fault.Gone},
		"shuts down":  {Answers: cutOff(state(types.InstanceStateNameShuttingDown)).shape(false).Answers, Class: fault.Gone},
	})
}

// No standard says where the line is: an instance is cut off and kept, or it is not.
func TestLineOfIsolation(t *testing.T) {
	open := func(i *incident) {
		i.instance.NetworkInterfaces[0].Groups = []types.GroupIdentifier{{GroupId: aws.String("sg-app")}}
	}
	then := func(changes ...func(*incident)) incident {
		return cutOff(func(i *incident) {
			for _, change := range changes {
				change(i)
			}
		})
	}
	snapshot := func(state types.SnapshotState, after time.Duration) func(*incident) {
		return func(i *incident) {
			i.snapshots = append(i.snapshots, types.Snapshot{
				VolumeId: aws.String("vol-1"), State: state, StartTime: aws.Time(lineNow().Add(after)),
			})
		}
	}
	rule := []types.IpPermission{{IpProtocol: aws.String("-1")}}
	shapes := map[string]playbooktest.Shape{
		"cut off":           cutOff(nil).shape(false),
		"cut off, stopped":  then(state(types.InstanceStateNameStopped)).shape(false),
		"open":              then(open).shape(true),
		"never cut off yet": then(open, func(i *incident) { i.group, i.snapshots = nil, nil }).shape(true),
		"a group beside": then(func(i *incident) {
			face := &i.instance.NetworkInterfaces[0]
			face.Groups = append(face.Groups, types.GroupIdentifier{GroupId: aws.String("sg-app")})
		}).shape(true),
		"no snapshot":              then(func(i *incident) { i.snapshots = nil }).shape(true),
		"of another volume":        then(func(i *incident) { i.snapshots[0].VolumeId = aws.String("vol-2") }).shape(true),
		"the newest failed":        then(snapshot(types.SnapshotStateError, time.Hour)).shape(true),
		"the newest is on its way": then(snapshot(types.SnapshotStatePending, time.Hour)).shape(true),
		"an older one failed":      then(snapshot(types.SnapshotStateError, -time.Hour)).shape(false),
		"a way in":                 then(func(i *incident) { i.group.IpPermissions = rule }).shape(true, "added rules"),
		"a way out":                then(func(i *incident) { i.group.IpPermissionsEgress = rule }).shape(true, "added rules"),
		"starts":                   then(open, state(types.InstanceStateNamePending)).shape(true, "it is pending"),
		"cut off, stops":           then(state(types.InstanceStateNameStopping)).shape(false),
		"without interfaces": then(func(i *incident) {
			i.instance.NetworkInterfaces, i.snapshots = nil, nil
		}).shape(true, "no network"),
		"without volumes": then(open, func(i *incident) {
			i.instance.BlockDeviceMappings = nil
		}).shape(true, "no volume"),
		"an interface somewhere else": then(open, func(i *incident) {
			i.instance.NetworkInterfaces[0].VpcId = aws.String("vpc-2")
		}).shape(true, "eni-1 is in another VPC"),
		"scales": then(open, func(i *incident) {
			i.instance.Tags = []types.Tag{{Key: aws.String("aws:autoscaling:groupName"), Value: aws.String("web")}}
		}).shape(true, "Auto Scaling group web"),
	}
	playbooktest.Judged(t, playbook.IsolateInstance()[0], instancePrefix+"i-0123456789abcdef0", shapes)
}
