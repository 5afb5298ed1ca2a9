// Package rds holds the playbooks for Amazon RDS.
package rds

import (
	"context"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/rds"
	"github.com/aws/aws-sdk-go-v2/service/rds/types"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/kind"
)

// MinorUpgrades returns the control that is met by automatic minor version upgrades.
func MinorUpgrades() []control.Control {
	return []control.Control{kind.Setting[bool]{
		Name: "AutoMinorVersionUpgrade", Get: readMinorUpgrades, Want: kind.Always(true), Set: writeMinorUpgrades,
	}.Control(control.Info{
		ID: "RDS.13", Writes: "rds.instance.AutoMinorVersionUpgrade",
		Effect: "RDS installs new minor versions in the maintenance window, with a short outage each time. Turning " +
			"it on causes none. In a Multi-AZ DB cluster the setting is the cluster's and changes for all its instances.",
		Fails: control.Fails{
			When: "Automatic minor version upgrades are off for the DB instance.",
			Rule: "rds-automatic-minor-version-upgrade-enabled",
		},
		Impact:  control.ImpactInterrupts,
		Pattern: instanceARN,
		Actions: []string{"rds:DescribeDBInstances", "rds:ModifyDBCluster", "rds:ModifyDBInstance"},
		Narrow:  instanceOrItsCluster,
		Settle:  control.Settle{Typical: time.Minute, Within: 30 * time.Minute},
	})}
}

// instanceOrItsCluster allows any cluster of the account and Region: an instance's ARN does not say which is its own.
func instanceOrItsCluster(env control.Env) []string {
	return []string{env.Target.Resource, env.Target.ARN("rds", "cluster:*")}
}

func readMinorUpgrades(ctx context.Context, env control.Env) (bool, error) {
	db, err := describe(ctx, env)
	if err != nil {
		return false, err
	}
	on, err := kind.Answered(db.AutoMinorVersionUpgrade, "DescribeDBInstances", "the setting")
	if err != nil {
		return false, err
	}
	if engine := aws.ToString(db.Engine); !on && strings.HasPrefix(engine, "custom-") {
		return false, fault.New(fault.Refused, "RDS Custom (%s) has no automatic minor version upgrades: "+
			"patch the database yourself and make an exception for it", engine)
	}
	return on, nil
}

// writeMinorUpgrades never asks to apply at once: the setting takes effect soon in any case, and asking would
// also set off whatever else waits for the maintenance window.
func writeMinorUpgrades(ctx context.Context, env control.Env, on bool) error {
	db, err := describe(ctx, env)
	if err != nil {
		return err
	}
	client := rds.NewFromConfig(env.Config)
	if inMultiAZCluster(db) {
		_, err = client.ModifyDBCluster(ctx, &rds.ModifyDBClusterInput{
			DBClusterIdentifier: db.DBClusterIdentifier, AutoMinorVersionUpgrade: &on,
		})
		return err
	}
	_, err = client.ModifyDBInstance(ctx, &rds.ModifyDBInstanceInput{
		DBInstanceIdentifier: db.DBInstanceIdentifier, AutoMinorVersionUpgrade: &on,
	})
	return err
}

// inMultiAZCluster tells instances that only their cluster can change. The instances of Aurora, Neptune and
// DocumentDB clusters have settings of their own; the other engines have Multi-AZ clusters only.
func inMultiAZCluster(db types.DBInstance) bool {
	engine := aws.ToString(db.Engine)
	return aws.ToString(db.DBClusterIdentifier) != "" && (engine == "mysql" || engine == "postgres")
}

// describe asks by name: by ARN, the answer would have to be searched for the instance.
func describe(ctx context.Context, env control.Env) (types.DBInstance, error) {
	out, err := rds.NewFromConfig(env.Config).DescribeDBInstances(ctx, &rds.DescribeDBInstancesInput{
		DBInstanceIdentifier: aws.String(env.Name),
	})
	if err != nil {
		return types.DBInstance{}, err
	}
	return kind.Only(out.DBInstances, "DescribeDBInstances", "instances", env.Name)
}
