package rds

import (
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/rds"
	"github.com/aws/aws-sdk-go-v2/service/rds/types"

	"github.com/salve-security/salve/internal/control"
)

// standby is a second instance in another Availability Zone: whether it is asked for, and whether it is there. It comes
// and goes in the maintenance window.
type standby struct{ Asked, There bool }

// withStandby is met by a second instance in another Availability Zone. The window comes once a week, so that runs for
// other settings of the instance do not wait for this one.
func withStandby() control.Control {
	return setting[types.DBInstance, rds.ModifyDBInstanceInput, standby]{
		name:  "Standby",
		skips: placedByCluster,
		value: standbyOf,
		wanted: func(now standby, _ control.Env) standby {
			if now.There { // AWS does not fail it as long as it is, and somebody may want it gone
				return now
			}
			return standby{true, true}
		},
		stays: whyNoStandby,
		put:   func(in *rds.ModifyDBInstanceInput, v *standby) { in.MultiAZ = &v.Asked },
	}.control(instances(), control.Info{
		ID: "RDS.5",
		Effect: "RDS makes a standby in another Availability Zone in the maintenance window. Reads and writes are slower " +
			"while it is made, and each write a little from then on. Instance and storage are billed about twice. Where the " +
			"instance fails, its name leads to the standby within some minutes: look whether clients connect again by name.",
		Fails: control.Fails{
			When: "The DB instance has no standby in another Availability Zone; one that only waits for the maintenance " +
				"window does not count. Instances of clusters, of Aurora, DocumentDB and Neptune do not count.",
			Rule: "rds-multi-az-support",
		},
		Impact: control.ImpactInterrupts,
		Settle: control.Settle{Typical: 15 * time.Minute, Within: 8 * 24 * time.Hour},
		Lock:   func(env control.Env) []string { return []string{env.Target.Resource + "/standby"} },
	})
}

// standbyOf is nil where AWS does not say.
func standbyOf(db *types.DBInstance) *standby {
	if db.MultiAZ == nil {
		return nil
	}
	now := standby{*db.MultiAZ, *db.MultiAZ}
	if p := db.PendingModifiedValues; p != nil && p.MultiAZ != nil {
		now.Asked = *p.MultiAZ
	}
	return &now
}

// placedByCluster tells instances whose cluster decides where they are.
func placedByCluster(db *types.DBInstance) bool {
	engine := aws.ToString(db.Engine)
	return aws.ToString(db.DBClusterIdentifier) != "" || strings.HasPrefix(engine, "aurora") ||
		engine == "docdb" || engine == "neptune"
}

// whyNoStandby is why an instance cannot have one.
func whyNoStandby(db *types.DBInstance) string {
	if aws.ToString(db.Engine) == "sqlserver-ex" {
		return "SQL Server Express has no standby: make an exception for the instance"
	}
	if db.DBSubnetGroup == nil {
		return ""
	}
	zones := map[string]bool{}
	for _, s := range db.DBSubnetGroup.Subnets {
		if s.SubnetAvailabilityZone != nil {
			zones[aws.ToString(s.SubnetAvailabilityZone.Name)] = true
		}
	}
	if len(zones) != 1 { // AWS may leave the zones out
		return ""
	}
	return "the subnet group " + aws.ToString(db.DBSubnetGroup.DBSubnetGroupName) + " lies in one Availability Zone: " +
		"add a subnet in another one first"
}
