package ec2

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/kind"
	"github.com/salve-security/salve/internal/runbook"
)

const (
	// isolationGroup is the name of the group without rules that the runbook makes in a VPC.
	isolationGroup = "salve-isolation"
	// isolated is what an interface is that has this group alone.
	isolated = "isolated"
)

// isolation is how an instance can be reached, and what is kept of it for whoever looks into it.
type isolation struct {
	// Interfaces are the groups of each network interface, "sg-… sg-…" in the order of their ids, or isolated.
	Interfaces map[string]string
	Snapshots  map[string]bool // volumes of whose snapshots for this the newest is complete
	Ground     ground          `salve:"fact"`
}

// ground is what the runbook needs to find.
type ground struct {
	State   string
	Volumes []string
	Scales  string // the Auto Scaling group it belongs to
	Astray  string // a network interface in another VPC than the instance's
	Group   string // id of the isolation group, empty where the VPC has none yet
	Open    bool   // the isolation group has rules
}

// IsolateInstance returns the playbook that cuts an instance off, for whoever answers an incident.
func IsolateInstance() []control.Control {
	return []control.Control{runbook.Runbook[isolation]{
		Read: readIsolation, Want: isolate,
		Do: runbook.Named("Salve-IsolateInstance"), Undo: runbook.Named("Salve-ReleaseInstance"),
		Family: "isolation", Parameters: isolating,
	}.Control(control.Info{
		ID:       "Salve.IsolateInstance",
		Title:    "An instance under suspicion should be cut off, and its disks kept",
		Severity: control.SeverityCritical, Resources: []string{"AwsEc2Instance"},
		Effect: "Each volume gets a snapshot. Then each network interface has a security group without rules in the place " +
			"of its own: nothing reaches the instance any more, nor does it reach anything. It goes on running, so its " +
			"memory stays. Connections that AWS tracks may live on until they are idle.",
		Impact:  control.ImpactInterrupts,
		Pattern: instanceARN,
		Actions: []string{"ec2:DescribeInstances", "ec2:DescribeSecurityGroups", "ec2:DescribeSnapshots"},
		OneWay: map[string]string{
			"Snapshots/*": "snapshots are for whoever looks into the incident, and cost storage until somebody deletes them",
		},
		// Snapshots of large volumes may take hours, and the runbook waits six.
		Settle: control.Settle{Typical: 5 * time.Minute, Within: 7 * time.Hour},
	})}
}

func readIsolation(ctx context.Context, env control.Env) (isolation, error) {
	found, state, err := readInstance(ctx, env)
	if err != nil {
		return isolation{}, err
	}
	if ending(state) {
		return isolation{}, fault.New(fault.Gone, "the instance is %s", state)
	}
	now := isolation{
		Interfaces: map[string]string{}, Snapshots: map[string]bool{},
		Ground: ground{State: string(state), Scales: tagOf(found, scalingGroup)},
	}
	if err := now.Ground.find(ctx, env, aws.ToString(found.VpcId)); err != nil {
		return isolation{}, err
	}
	for _, face := range found.NetworkInterfaces {
		id, err := kind.Answered(face.NetworkInterfaceId, "DescribeInstances", "the id of a network interface")
		if err != nil {
			return isolation{}, err
		}
		now.Interfaces[id] = now.Ground.said(face.Groups)
		if aws.ToString(face.VpcId) != aws.ToString(found.VpcId) {
			now.Ground.Astray = id
		}
	}
	return now, now.keep(ctx, env, found.BlockDeviceMappings)
}

// find looks for the isolation group of a VPC.
func (g *ground) find(ctx context.Context, env control.Env, vpc string) error {
	out, err := ec2.NewFromConfig(env.Config).DescribeSecurityGroups(ctx, &ec2.DescribeSecurityGroupsInput{
		Filters: []types.Filter{
			{Name: aws.String("vpc-id"), Values: []string{vpc}},
			{Name: aws.String("group-name"), Values: []string{isolationGroup}},
		},
	})
	if err != nil || len(out.SecurityGroups) == 0 {
		return err
	}
	one := out.SecurityGroups[0] // names are unique in a VPC
	g.Open = len(one.IpPermissions)+len(one.IpPermissionsEgress) > 0
	g.Group, err = kind.Answered(one.GroupId, "DescribeSecurityGroups", "the id of a group")
	return err
}

// said are the groups of an interface as the state has them.
func (g *ground) said(groups []types.GroupIdentifier) string {
	var ids []string
	for _, one := range groups {
		ids = append(ids, aws.ToString(one.GroupId))
	}
	slices.Sort(ids)
	if g.Group != "" && !g.Open && slices.Equal(ids, []string{g.Group}) {
		return isolated
	}
	return strings.Join(ids, " ")
}

// keep looks for the snapshots of an instance's volumes. Of each, the newest counts: one of an earlier incident is no
// proof that the last one is complete.
func (s *isolation) keep(ctx context.Context, env control.Env, devices []types.InstanceBlockDeviceMapping) error {
	for _, device := range devices {
		if device.Ebs != nil {
			s.Ground.Volumes = append(s.Ground.Volumes, aws.ToString(device.Ebs.VolumeId))
		}
	}
	newest := map[string]time.Time{}
	pages := ec2.NewDescribeSnapshotsPaginator(ec2.NewFromConfig(env.Config), &ec2.DescribeSnapshotsInput{
		OwnerIds: []string{"self"},
		Filters:  []types.Filter{{Name: aws.String("tag:salve:isolated-instance"), Values: []string{env.Name}}},
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return err
		}
		for _, one := range page.Snapshots {
			volume, made := aws.ToString(one.VolumeId), aws.ToTime(one.StartTime)
			if !slices.Contains(s.Ground.Volumes, volume) || made.Before(newest[volume]) {
				continue
			}
			newest[volume] = made
			if delete(s.Snapshots, volume); one.State == types.SnapshotStateCompleted {
				s.Snapshots[volume] = true
			}
		}
	}
	return nil
}

// isolate wants each interface cut off and each volume kept.
func isolate(now isolation, _ control.Env) (isolation, error) {
	want := isolation{Interfaces: map[string]string{}, Snapshots: map[string]bool{}, Ground: now.Ground}
	done := true
	for id, groups := range now.Interfaces {
		want.Interfaces[id], done = isolated, done && groups == isolated
	}
	for _, volume := range now.Ground.Volumes {
		want.Snapshots[volume], done = true, done && now.Snapshots[volume]
	}
	if why := now.kept(); !done && why != "" {
		return now, fault.New(fault.Refused, "the instance is not cut off: %s", why)
	}
	return want, nil
}

// kept says why an instance is not isolated, and what a person can do instead; nothing where it can be.
func (s isolation) kept() string {
	switch g := s.Ground; {
	case g.State != string(types.InstanceStateNameRunning) && g.State != string(types.InstanceStateNameStopped):
		return "it is " + g.State + "; try again when it runs or is stopped"
	case g.Scales != "":
		return "the Auto Scaling group " + g.Scales + " would replace it, and its disks would be gone; detach it first"
	case len(s.Interfaces) == 0 || len(g.Volumes) == 0:
		return "it has no network interface, or no volume on EBS"
	case g.Astray != "":
		return "network interface " + g.Astray + " is in another VPC; detach it first"
	case g.Open:
		return "somebody added rules to " + g.Group + ", which isolates nothing; take them away"
	}
	return ""
}

// isolating are the parameters of both runbooks. The way back is told what there was before: tags can be changed by
// whoever may tag.
func isolating(env control.Env, from, to isolation) (map[string][]string, error) {
	out := map[string][]string{"InstanceId": {env.Name}}
	if !env.Undo {
		return out, nil
	}
	if from.Ground.Group == "" {
		return nil, fault.New(fault.Refused, "the VPC has no group %s any more: nobody can tell what is isolated",
			isolationGroup)
	}
	var before []string
	for id, groups := range to.Interfaces {
		if groups != from.Interfaces[id] {
			before = append(before, id+"="+strings.ReplaceAll(groups, " ", "="))
		}
	}
	slices.Sort(before)
	out["GroupId"], out["Before"] = []string{from.Ground.Group}, []string{strings.Join(before, ",")}
	return out, nil
}
