package rds

import (
	"cmp"
	"context"
	"regexp"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/rds"

	"github.com/salve-security/salve/functions/playbooks/needs"
	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/kind"
)

const (
	// paramInterval is AWS's name for the seconds between two measurements.
	paramInterval = "monitoringInterval"
	// monitor is the service that writes them down.
	monitor = "monitoring.rds.amazonaws.com"
	// usual are the seconds between two measurements where nobody asks for others.
	usual = 60
)

// monitoring is how often the operating system of an instance is measured, never is zero, and the role for it.
type monitoring struct {
	Interval int32
	Role     string
	// Trouble is why monitoring cannot be changed, NoRole why there is no role for an instance that has none.
	Trouble string `salve:"fact"`
	NoRole  string `salve:"fact"`
}

// Monitoring returns the control that is met by enhanced monitoring.
func Monitoring() []control.Control {
	return []control.Control{control.Of[monitoring]{
		Info: control.Info{
			ID: "RDS.6", Writes: "rds.instance.MonitoringInterval",
			Effect: "An agent on the instance measures its operating system and writes that into the log group " +
				"RDSOSMetrics, which CloudWatch Logs bills by the gigabyte: the shorter the interval, the more. Nobody who uses " +
				"the database notices. Measurements go in as the role of the member's stack, one for all instances.",
			Fails: control.Fails{
				When: "Enhanced monitoring of the DB instance is off or, where the parameter names an interval, has another one.",
				Rule: "rds-enhanced-monitoring-enabled",
			},
			Impact:  control.ImpactNone,
			Pattern: instanceARN,
			Params: []control.Param{{
				Name: paramInterval, Default: "", Pattern: regexp.MustCompile(`^(1|5|10|15|30|60)?$`),
				Meaning: "Seconds between two measurements; empty for any, and 60 where monitoring is off.",
				Form:    "1, 5, 10, 15, 30, 60 or nothing",
			}, needs.RoleParam(monitor, "writes down what it measures")},
			Actions: append(needs.RoleActions(), "rds:DescribeDBInstances", "rds:ModifyDBInstance"),
			Passes:  []string{monitor},
			Settle:  control.Settle{Typical: time.Minute, Within: 30 * time.Minute},
		},
		Read: readMonitoring, Want: wantMonitoring, Write: writeMonitoring,
		Passed: func(_ control.Env, from, to monitoring) []string {
			if to.Role == "" || to.Role == from.Role {
				return nil
			}
			return []string{to.Role}
		},
	}.Control()}
}

// readMonitoring leaves out the role of monitoring that is off: RDS may remember it.
func readMonitoring(ctx context.Context, env control.Env) (monitoring, error) {
	db, err := describe(ctx, env)
	if err != nil {
		return monitoring{}, err
	}
	interval, err := kind.Answered(db.MonitoringInterval, "DescribeDBInstances", "the interval of monitoring")
	if err != nil {
		return monitoring{}, err
	}
	now := monitoring{Interval: interval}
	if interval > 0 {
		now.Role = aws.ToString(db.MonitoringRoleArn)
	}
	switch engine := aws.ToString(db.Engine); {
	case engine == "docdb" || engine == "neptune":
		now.Trouble = engine + " has no enhanced monitoring: make an exception for the instance"
	case inMultiAZCluster(db):
		now.Trouble = "the instance is monitored as its Multi-AZ DB cluster " + *db.DBClusterIdentifier +
			" is: change it there"
	default:
		now.NoRole, err = needs.RoleTrouble(ctx, env, monitor)
	}
	return now, err
}

// wantMonitoring keeps a role that is there, and an interval that AWS takes.
func wantMonitoring(now monitoring, env control.Env) (monitoring, error) {
	asked, _ := strconv.ParseInt(env.Params.Text(paramInterval), 10, 32) // empty is none
	switch {
	case now.Interval > 0 && (asked == 0 || now.Interval == int32(asked)):
		return now, nil
	case now.Trouble != "":
		return now, fault.New(fault.Refused, "%s", now.Trouble)
	case now.Role == "" && now.NoRole != "":
		return now, fault.New(fault.Refused, "%s", now.NoRole)
	}
	now.Interval = cmp.Or(int32(asked), usual)
	now.Role = cmp.Or(now.Role, needs.OwnRole(env, monitor))
	return now, nil
}

// writeMonitoring names a role only where another one is to be used: what it names, it gives away.
func writeMonitoring(ctx context.Context, env control.Env, from, to monitoring) error {
	in := &rds.ModifyDBInstanceInput{MonitoringInterval: &to.Interval}
	if to.Role != "" && to.Role != from.Role {
		in.MonitoringRoleArn = &to.Role
	}
	return instances().modify(ctx, env, in)
}
