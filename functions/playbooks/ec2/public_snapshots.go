package ec2

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/kind"
)

// keepParam names the parameter with the snapshots that are for everybody.
const keepParam = "keepPublic"

// publicSnapshot is a snapshot that every account may restore.
type publicSnapshot struct {
	ID     string `json:"_ID"`
	Volume string `json:",omitempty"`
	Says   string `json:",omitempty"`
}

// PublicSnapshots returns the control that takes everybody's right to restore the snapshots of a Region.
func PublicSnapshots() []control.Control {
	return []control.Control{kind.Entries[publicSnapshot]{
		Key:  func(s publicSnapshot) string { return s.ID },
		List: listPublicSnapshots,
		Offends: func(s publicSnapshot, env control.Env) (bool, error) {
			return !slices.Contains(env.Params.Texts(keepParam), s.ID), nil
		},
		Add: restorable(types.OperationTypeAdd), Remove: restorable(types.OperationTypeRemove),
	}.Control(control.Info{
		ID: "EC2.1",
		Effect: "The EBS snapshots of the Region that everybody could restore can be restored by this account and those " +
			"they are shared with by name only. Copies and volumes that others have made stay with them: what was in a " +
			"snapshot is known.",
		Fails: control.Fails{
			When: "An EBS snapshot of the account in the Region can be restored by everybody. Snapshots that are shared with " +
				"accounts by name, and those of others, are not looked at. AWS knows no exceptions: with a snapshot in " +
				keepParam + " the finding stays.",
			Rule: "ebs-snapshot-public-restorable-check",
		},
		Impact: control.ImpactNone,
		Params: []control.Param{{
			Name: keepParam, Default: []string{}, Meaning: "Ids of snapshots that everybody may go on restoring.",
			Pattern: regexp.MustCompile(`^snap-(?:[0-9a-f]{17}|[0-9a-f]{8})$`),
		}},
		Pattern: regexp.MustCompile(`^AWS::::Account:(\d{12})$`),
		Actions: []string{"ec2:DescribeSnapshots", "ec2:ModifySnapshotAttribute"},
		Narrow: func(env control.Env) []string {
			return []string{fmt.Sprintf("arn:%s:ec2:%s::snapshot/*", env.Target.Partition, env.Target.Region)}
		},
		Lock: func(env control.Env) []string { return []string{"ec2/public-snapshots/" + env.Target.Region} },
	})}
}

func listPublicSnapshots(ctx context.Context, env control.Env) ([]publicSnapshot, error) {
	pages := ec2.NewDescribeSnapshotsPaginator(ec2.NewFromConfig(env.Config), &ec2.DescribeSnapshotsInput{
		OwnerIds: []string{"self"}, RestorableByUserIds: []string{"all"},
	})
	var out []publicSnapshot
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		for _, s := range page.Snapshots {
			id, err := kind.Answered(s.SnapshotId, "DescribeSnapshots", "the id of a snapshot")
			if err != nil {
				return nil, err
			}
			out = append(out, publicSnapshot{id, aws.ToString(s.VolumeId), aws.ToString(s.Description)})
		}
	}
	return out, nil
}

// restorable gives everybody the right to restore snapshots, or takes it. One that AWS does not change keeps it off no
// other, and the error names each.
func restorable(how types.OperationType) func(context.Context, control.Env, []publicSnapshot) error {
	return func(ctx context.Context, env control.Env, all []publicSnapshot) error {
		var failed []error
		for _, s := range all {
			_, err := ec2.NewFromConfig(env.Config).ModifySnapshotAttribute(ctx, &ec2.ModifySnapshotAttributeInput{
				SnapshotId: &s.ID, Attribute: types.SnapshotAttributeNameCreateVolumePermission,
				OperationType: how, GroupNames: []string{"all"},
			})
			if err != nil {
				failed = append(failed, fmt.Errorf("%s: %w", s.ID, err))
			}
		}
		return errors.Join(failed...)
	}
}
