package rds

import (
	"github.com/aws/aws-sdk-go-v2/service/rds"
	"github.com/aws/aws-sdk-go-v2/service/rds/types"

	"github.com/salve-security/salve/internal/control"
)

// paramRetention is AWS's name for the days of backups.
const paramRetention = "minimumBackupRetentionPeriod"

// Settings returns the controls that are met by one setting of a DB instance or of a cluster.
func Settings() []control.Control {
	return []control.Control{
		publicInstance(), protectedInstance(), protectedCluster(), copiedTags(), clusterUpgrades(),
		documentBackups(), withStandby(),
	}
}

type (
	onInstance = setting[types.DBInstance, rds.ModifyDBInstanceInput, bool]
	onCluster  = setting[types.DBCluster, rds.ModifyDBClusterInput, bool]
)

func publicInstance() control.Control {
	return onInstance{
		name:   "PubliclyAccessible",
		value:  func(db *types.DBInstance) *bool { return db.PubliclyAccessible },
		wanted: is(false),
		stays: func(db *types.DBInstance) string {
			if !inMultiAZCluster(*db) {
				return ""
			}
			return "the instance belongs to the Multi-AZ DB cluster " + *db.DBClusterIdentifier + ", which is public or not " +
				"from the beginning: restore it as one that is not, or close its security groups and make an exception"
		},
		put: func(in *rds.ModifyDBInstanceInput, v *bool) { in.PubliclyAccessible = v },
	}.control(instances(), control.Info{
		ID: "RDS.2",
		Effect: "The instance has no public address any more: its name leads to its private one, and clients outside the " +
			"VPC and the networks connected to it are cut off. Look first who connects from where; security groups stay.",
		Fails: control.Fails{
			When: "The DB instance is set to be publicly accessible, whatever its security groups and subnets let in.",
			Rule: "rds-instance-public-access-check",
		},
		Impact: control.ImpactInterrupts,
	})
}

func protectedInstance() control.Control {
	return onInstance{
		name: "DeletionProtection",
		engines: []string{
			"custom-oracle-ee", "mariadb", "mysql", "oracle-ee", "oracle-ee-cdb", "oracle-se", "oracle-se1", "oracle-se2",
			"oracle-se2-cdb", "postgres", "sqlserver-ee", "sqlserver-ex", "sqlserver-se", "sqlserver-web",
		},
		value:  func(db *types.DBInstance) *bool { return db.DeletionProtection },
		wanted: is(true),
		stays: func(db *types.DBInstance) string {
			if !inMultiAZCluster(*db) {
				return ""
			}
			return "the instance belongs to the Multi-AZ DB cluster " + *db.DBClusterIdentifier + ", whose deletion " +
				"protection is all there is: see to it by RDS.7, and make an exception for the instance"
		},
		put: func(in *rds.ModifyDBInstanceInput, v *bool) { in.DeletionProtection = v },
	}.control(instances(), control.Info{
		ID: "RDS.8",
		Effect: "Nobody can delete the instance until somebody turns the protection off; a stack that is to remove or " +
			"replace it fails.",
		Fails: control.Fails{
			When: "Deletion protection is off on a DB instance of MariaDB, MySQL, Oracle, PostgreSQL or SQL Server. " +
				"Instances of Aurora, Neptune and DocumentDB do not count.",
			Rule: "rds-instance-deletion-protection-enabled",
		},
		Impact: control.ImpactNone,
	})
}

func protectedCluster() control.Control {
	return onCluster{
		name:   "DeletionProtection",
		value:  func(c *types.DBCluster) *bool { return c.DeletionProtection },
		wanted: is(true),
		put:    func(in *rds.ModifyDBClusterInput, v *bool) { in.DeletionProtection = v },
	}.control(clusters(), control.Info{
		ID: "RDS.7",
		Effect: "Nobody can delete the cluster until somebody turns the protection off; a stack that is to remove or " +
			"replace it fails. Its instances can still be deleted.",
		Fails: control.Fails{
			When: "Deletion protection is off on a cluster of Aurora, Neptune or DocumentDB or on a Multi-AZ DB cluster.",
			Rule: "rds-cluster-deletion-protection-enabled",
		},
		Impact: control.ImpactNone,
	})
}

func copiedTags() control.Control {
	return onCluster{
		name:    "CopyTagsToSnapshot",
		engines: []string{"aurora", "aurora-mysql", "aurora-postgresql"},
		value:   func(c *types.DBCluster) *bool { return c.CopyTagsToSnapshot },
		wanted:  is(true),
		put:     func(in *rds.ModifyDBClusterInput, v *bool) { in.CopyTagsToSnapshot = v },
	}.control(clusters(), control.Info{
		ID: "RDS.16",
		Effect: "Snapshots that are made from now on have the tags that the cluster has then; those that are there " +
			"already stay without. What goes by tags, such as rights and bills, includes the new snapshots.",
		Fails: control.Fails{
			When:   "An Aurora cluster does not copy its tags to snapshots.",
			Rule:   "rds-cluster-copy-tags-to-snapshots-enabled",
			Custom: true,
		},
		Impact: control.ImpactNone,
	})
}

func clusterUpgrades() control.Control {
	return onCluster{
		name:    "AutoMinorVersionUpgrade",
		engines: []string{"aurora", "aurora-mysql", "aurora-postgresql", "mysql", "postgres"},
		value:   func(c *types.DBCluster) *bool { return c.AutoMinorVersionUpgrade },
		wanted:  is(true),
		put:     func(in *rds.ModifyDBClusterInput, v *bool) { in.AutoMinorVersionUpgrade = v },
	}.control(clusters(), control.Info{
		ID: "RDS.35",
		Effect: "RDS installs new minor versions in the maintenance window, with a short outage each time. Turning it on " +
			"causes none. The setting changes for all instances of the cluster.",
		Fails: control.Fails{
			When: "Automatic minor version upgrades are off for an Aurora cluster or a Multi-AZ DB cluster.",
			Rule: "rds-cluster-auto-minor-version-upgrade-enable",
		},
		Impact: control.ImpactInterrupts,
	})
}

func documentBackups() control.Control {
	return setting[types.DBCluster, rds.ModifyDBClusterInput, int32]{
		name:    "BackupRetentionPeriod",
		engines: []string{"docdb"},
		value:   func(c *types.DBCluster) *int32 { return c.BackupRetentionPeriod },
		wanted: func(now int32, env control.Env) int32 {
			return max(now, int32(env.Params.Int(paramRetention))) //nolint:gosec // at most 35
		},
		put: func(in *rds.ModifyDBClusterInput, v *int32) { in.BackupRetentionPeriod = v },
	}.control(clusters(), control.Info{
		ID: "DocumentDB.2",
		Effect: "Backups are kept for longer, and what goes beyond the size of the cluster is billed as backup storage by " +
			"the gigabyte. Undo shortens the time again, and DocumentDB deletes what is older.",
		Fails: control.Fails{
			When: "A DocumentDB cluster keeps its automated backups for fewer days than the parameter says.",
			Rule: "docdb-cluster-backup-retention-check",
		},
		Impact: control.ImpactNone,
		Params: []control.Param{{
			Name: paramRetention, Default: 7, Min: 7, Max: 35, Meaning: "How many days backups are kept at least.",
		}},
	})
}
