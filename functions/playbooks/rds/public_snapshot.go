package rds

import (
	"context"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/rds"
	"github.com/aws/aws-sdk-go-v2/service/rds/types"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/kind"
)

// everybody is the account that stands for all of them, in the attribute of a snapshot that says who may restore it.
const (
	everybody = "all"
	restore   = "restore"
)

// PublicSnapshots returns the controls that are met by snapshots which not everybody can restore.
func PublicSnapshots() []control.Control {
	return []control.Control{
		private("RDS.1", "rds-snapshots-public-prohibited", "A snapshot of a DB instance or of a cluster of Aurora, "+
			"Neptune or DocumentDB can be restored by every account. Sharing with named accounts does not count.", "",
			"(?:cluster-)?snapshot"),
		private("Neptune.3", "neptune-cluster-snapshot-public-prohibited", "A snapshot of a Neptune cluster can be restored "+
			"by every account. Sharing with named accounts does not count.", "neptune", "cluster-snapshot"),
		private("DocumentDB.3", "docdb-cluster-snapshot-public-prohibited", "A snapshot of a DocumentDB cluster can be "+
			"restored by every account. Sharing with named accounts does not count.", "docdb", "cluster-snapshot"),
	}
}

// private returns the control for snapshots of an engine, "" for all. Those of instances and of clusters have calls of
// their own.
func private(id, rule, when, engine, kindOf string) control.Control {
	info := control.Info{
		ID: id, State: "rds.snapshot-sharing", Fails: control.Fails{When: when, Rule: rule},
		Effect: "Accounts that the snapshot is not shared with by name can no longer see, copy or restore it. What they " +
			"have copied or restored stays theirs; accounts that are named keep their access.",
		Impact: control.ImpactNone, Pattern: snapshotARN(kindOf),
		Actions: []string{"rds:DescribeDBClusterSnapshotAttributes", "rds:ModifyDBClusterSnapshotAttribute"},
	}
	if engine == "" {
		info.Actions = append(info.Actions, "rds:DescribeDBSnapshotAttributes", "rds:ModifyDBSnapshotAttribute")
	} else {
		info.Actions = append(info.Actions, "rds:DescribeDBClusterSnapshots")
	}
	return kind.Setting[bool]{
		Name: "Public", Want: kind.Always(false), Set: publish,
		Get: func(ctx context.Context, env control.Env) (bool, error) {
			if engine != "" {
				if counts, err := ofEngine(ctx, env, engine); err != nil || !counts {
					return false, err
				}
			}
			return published(ctx, env)
		},
	}.Control(info)
}

// ofEngine tells that the snapshot of a cluster is of the engine.
func ofEngine(ctx context.Context, env control.Env, engine string) (bool, error) {
	out, err := rds.NewFromConfig(env.Config).DescribeDBClusterSnapshots(ctx, &rds.DescribeDBClusterSnapshotsInput{
		DBClusterSnapshotIdentifier: &env.Name,
	})
	if err != nil {
		return false, err
	}
	found, err := kind.Only(out.DBClusterSnapshots, "DescribeDBClusterSnapshots", "snapshots", env.Name)
	return aws.ToString(found.Engine) == engine, err
}

// published tells that everybody may restore the snapshot.
func published(ctx context.Context, env control.Env) (bool, error) {
	if !ofCluster(env) {
		given, err := restorers(ctx, env)
		return slices.Contains(given, everybody), err
	}
	out, err := rds.NewFromConfig(env.Config).DescribeDBClusterSnapshotAttributes(ctx,
		&rds.DescribeDBClusterSnapshotAttributesInput{DBClusterSnapshotIdentifier: &env.Name})
	if err != nil {
		return false, err
	}
	told, err := kind.Answered(out.DBClusterSnapshotAttributesResult, "DescribeDBClusterSnapshotAttributes",
		"who it is shared with")
	return slices.ContainsFunc(told.DBClusterSnapshotAttributes, func(a types.DBClusterSnapshotAttribute) bool {
		return aws.ToString(a.AttributeName) == restore && slices.Contains(a.AttributeValues, everybody)
	}), err
}

// publish adds everybody to those who may restore the snapshot, or takes them out.
func publish(ctx context.Context, env control.Env, public bool) error {
	client, add, remove := rds.NewFromConfig(env.Config), []string(nil), []string{everybody}
	if public {
		add, remove = remove, add
	}
	if ofCluster(env) {
		_, err := client.ModifyDBClusterSnapshotAttribute(ctx, &rds.ModifyDBClusterSnapshotAttributeInput{
			DBClusterSnapshotIdentifier: &env.Name, AttributeName: aws.String(restore), ValuesToAdd: add, ValuesToRemove: remove,
		})
		return err
	}
	_, err := client.ModifyDBSnapshotAttribute(ctx, &rds.ModifyDBSnapshotAttributeInput{
		DBSnapshotIdentifier: &env.Name, AttributeName: aws.String(restore), ValuesToAdd: add, ValuesToRemove: remove,
	})
	return err
}
