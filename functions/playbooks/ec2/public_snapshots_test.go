package ec2_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/smithy-go"

	playbook "github.com/salve-security/salve/functions/playbooks/ec2"
	"github.com/salve-security/salve/functions/playbooktest"
	"github.com/salve-security/salve/internal/fault"
)

// public is the lab with snapshots that everybody may restore: it lists all snapshots, whoever may restore them.
func public(t *testing.T) playbooktest.AWS {
	all := map[string]bool{}
	return playbooktest.Amended(playbooktest.World(t), func(input, output any) {
		switch in := input.(type) {
		case *ec2.ModifySnapshotAttributeInput:
			if slices.Contains(in.GroupNames, "all") {
				all[*in.SnapshotId] = in.OperationType == types.OperationTypeAdd
			}
		case *ec2.DescribeSnapshotsInput:
			out := output.(*ec2.DescribeSnapshotsOutput)
			out.Snapshots = slices.DeleteFunc(out.Snapshots, func(s types.Snapshot) bool { return !all[*s.SnapshotId] })
		}
	})
}

func TestPublicSnapshots(t *testing.T) {
	w := public(t)
	client := ec2.NewFromConfig(w.Root(playbooktest.DefaultAccount))
	volume := ec2.CreateVolumeInput{AvailabilityZone: aws.String("us-east-1a"), Size: aws.Int32(1)}
	made := ec2.CreateSnapshotInput{VolumeId: playbooktest.Got(client.CreateVolume(t.Context(), &volume))(t).VolumeId}
	var ids []*string
	for range 2 {
		ids = append(ids, playbooktest.Got(client.CreateSnapshot(t.Context(), &made))(t).SnapshotId)
	}
	set := func(ctx context.Context, t *testing.T, root aws.Config, in ec2.ModifySnapshotAttributeInput) {
		in.Attribute = types.SnapshotAttributeNameCreateVolumePermission
		playbooktest.Got(ec2.NewFromConfig(root).ModifySnapshotAttribute(ctx, &in))(t)
	}
	other := []string{"333333333333"}
	playbooktest.Run(t, playbooktest.Suite{
		World: w, Control: playbooktest.Pick(t, playbook.PublicSnapshots(), "EC2.1"),
		Seed: func(ctx context.Context, t *testing.T, root aws.Config) string {
			for _, id := range ids {
				set(ctx, t, root, ec2.ModifySnapshotAttributeInput{
					SnapshotId: id, OperationType: "add", GroupNames: []string{"all"},
				})
			}
			set(ctx, t, root, ec2.ModifySnapshotAttributeInput{SnapshotId: ids[0], OperationType: "remove", UserIds: other})
			return account
		},
		Observe: func(ctx context.Context, t *testing.T, root aws.Config, _ string) any {
			var seen []any
			for _, id := range ids {
				in := ec2.DescribeSnapshotAttributeInput{SnapshotId: id, Attribute: "createVolumePermission"}
				out := playbooktest.Got(ec2.NewFromConfig(root).DescribeSnapshotAttribute(ctx, &in))(t)
				seen = append(seen, out.CreateVolumePermissions)
			}
			return seen
		},
		Unrelated: func(ctx context.Context, t *testing.T, root aws.Config, _ string) {
			set(ctx, t, root, ec2.ModifySnapshotAttributeInput{SnapshotId: ids[0], OperationType: "add", UserIds: other})
		},
		Skip: map[string]string{playbooktest.CaseDrift: "everybody may restore a snapshot or not: a third does not exist"},
	})
}

// better: EC2.1 names each snapshot that stayed public
func TestPublicSnapshotsFailWhereAWSDoes(t *testing.T) {
	c := playbooktest.Pick(t, playbook.PublicSnapshots(), "EC2.1")
	listed := func(ids ...string) playbooktest.StandIn {
		out := &ec2.DescribeSnapshotsOutput{}
		for _, id := range ids {
			out.Snapshots = append(out.Snapshots, types.Snapshot{SnapshotId: &id})
		}
		return playbooktest.StandIn{"DescribeSnapshots": func(input any) (any, error) {
			in := input.(*ec2.DescribeSnapshotsInput)
			if strings.Join(append(in.OwnerIds, in.RestorableByUserIds...), " ") != "self all" {
				return nil, &smithy.GenericAPIError{Code: "InvalidParameterValue", Message: "not ours that everybody may restore"}
			}
			return out, nil
		}}
	}
	const one, two = "snap-0123456789abcdef0", "snap-01234567"
	keep := map[string]any{"keepPublic": one}
	playbooktest.Judged(t, c, account, map[string]playbooktest.Shape{
		"none":        {Answers: listed()},
		"one":         {Answers: listed(one), Fails: true},
		"one to keep": {Answers: listed(one), Params: keep},
		"one besides": {Answers: listed(one, two), Params: keep, Fails: true},
		"without its id": {Class: fault.Invalid, Answers: playbooktest.Answers(
			&ec2.DescribeSnapshotsOutput{Snapshots: make([]types.Snapshot, 1)})},
		"listed together": {Answers: listed(one, one), Class: fault.Refused},
	})

	var asked []string
	refuses := playbooktest.StandIn{"ModifySnapshotAttribute": func(input any) (any, error) {
		in := input.(*ec2.ModifySnapshotAttributeInput)
		asked = append(asked, string(in.OperationType)+" "+in.GroupNames[0]+" "+*in.SnapshotId)
		if *in.SnapshotId == one {
			return &ec2.ModifySnapshotAttributeOutput{}, nil
		}
		return nil, &smithy.GenericAPIError{Code: "OperationNotPermitted"}
	}}
	env := playbooktest.Env(t, c, account, playbooktest.Unplugged(), listed(two, one, "snap-11234567"), refuses)
	plan := playbooktest.Got(c.Plan(t.Context(), env))(t)
	playbooktest.Fails(t, c.Apply(t.Context(), env, plan), fault.Refused, two, "snap-11234567")
	if want := []string{"remove all " + two, "remove all " + one, "remove all snap-11234567"}; !slices.Equal(asked, want) {
		t.Errorf("asked %q, want %q", asked, want)
	}
}
