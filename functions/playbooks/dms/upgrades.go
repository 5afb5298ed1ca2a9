// Package dms holds the playbooks for AWS Database Migration Service.
package dms

import (
	"context"
	"regexp"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	dms "github.com/aws/aws-sdk-go-v2/service/databasemigrationservice"
	"github.com/aws/aws-sdk-go-v2/service/databasemigrationservice/types"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/kind"
)

// Upgrades returns the control that has replication instances take minor versions by themselves.
func Upgrades() []control.Control {
	return []control.Control{kind.Setting[bool]{
		Name: "AutoMinorVersionUpgrade", Get: upgraded, Want: kind.Always(true), Set: setUpgraded,
	}.Control(control.Info{
		ID: "DMS.6",
		Effect: "DMS installs new minor versions in the maintenance window: tasks on the instance stop for some minutes " +
			"each time and go on by themselves. Turning it on causes an outage only where the window is open at the moment.",
		Fails: control.Fails{
			When: "Automatic minor version upgrades are off for the replication instance.",
			Rule: "dms-auto-minor-version-upgrade-check",
		},
		Impact: control.ImpactInterrupts,
		// The calls take the ARN.
		Pattern: regexp.MustCompile(`^(arn:aws[a-z-]*:dms:[a-z0-9-]+:\d{12}:rep:[A-Za-z0-9-]{1,64})$`),
		Actions: []string{"dms:DescribeReplicationInstances", "dms:ModifyReplicationInstance"},
		Settle:  control.Settle{Typical: 30 * time.Second, Within: 30 * time.Minute},
	})}
}

func upgraded(ctx context.Context, env control.Env) (bool, error) {
	out, err := dms.NewFromConfig(env.Config).DescribeReplicationInstances(ctx, &dms.DescribeReplicationInstancesInput{
		Filters: []types.Filter{{Name: aws.String("replication-instance-arn"), Values: []string{env.Name}}},
	})
	if err != nil {
		return false, err
	}
	for _, found := range out.ReplicationInstances {
		if aws.ToString(found.ReplicationInstanceArn) == env.Name {
			return found.AutoMinorVersionUpgrade, nil
		}
	}
	return false, fault.New(fault.Gone, "DMS knows no replication instance %s", env.Name)
}

func setUpgraded(ctx context.Context, env control.Env, on bool) error {
	_, err := dms.NewFromConfig(env.Config).ModifyReplicationInstance(ctx, &dms.ModifyReplicationInstanceInput{
		ReplicationInstanceArn: &env.Name, AutoMinorVersionUpgrade: &on,
	})
	return err
}
