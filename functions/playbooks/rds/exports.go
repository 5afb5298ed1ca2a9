package rds

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/rds"
	"github.com/aws/aws-sdk-go-v2/service/rds/types"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/kind"
)

// What a log that AWS asks for can be. Those that it does not ask for are no part of a state.
const (
	exportOn  = "exported"
	exportOff = "not exported"
)

// logs is a control that is met by logs which go to CloudWatch Logs.
type logs struct {
	id, rule, when string
	needs          string              // what has to be set besides for the logs to say something
	engines        map[string][]string // the types of logs by the engines that AWS looks at
}

// LogExports returns the controls that are met by logs which go to CloudWatch Logs.
func LogExports() []control.Control {
	audit, postgresql := []string{"audit"}, []string{"postgresql"}
	out := []control.Control{
		logs{
			"RDS.9", "rds-logging-enabled",
			"The DB instance does not export all logs of its engine: alert, audit, listener and trace of Oracle, audit, " +
				"error, general and slowquery of MySQL, MariaDB and Aurora MySQL, postgresql and upgrade of PostgreSQL, " +
				"postgresql of Aurora PostgreSQL, agent and error of SQL Server. Stopped instances do not count.",
			"what turns audit, general and slowquery logs on, in parameter and option groups", allLogs(),
		}.ofInstance(),
		logs{
			"RDS.36", "rds-postgresql-logs-to-cloudwatch",
			"A DB instance of RDS for PostgreSQL does not export its log postgresql.", "",
			map[string][]string{"postgres": postgresql},
		}.ofInstance(),
	}
	for _, row := range []logs{{
		"RDS.34", "rds-aurora-mysql-audit-logging-enabled",
		"An Aurora MySQL cluster, other than Serverless v1, does not export its audit log.",
		"server_audit_logging, in the parameter group of the cluster",
		map[string][]string{"aurora": audit, "aurora-mysql": audit},
	}, {
		"RDS.37", "rds-aurora-postgresql-logs-to-cloudwatch",
		"An Aurora PostgreSQL cluster, other than Serverless v1, does not export its log postgresql.", "",
		map[string][]string{"aurora-postgresql": postgresql},
	}, {
		"Neptune.2", "neptune-cluster-cloudwatch-log-export-enabled",
		"A Neptune cluster does not export its audit log.",
		"neptune_enable_audit_log, in the parameter group of the cluster",
		map[string][]string{"neptune": audit},
	}, {
		"DocumentDB.4", "docdb-cluster-audit-logging-enabled",
		"A DocumentDB cluster does not export its audit log.",
		"audit_logs, in the parameter group of the cluster",
		map[string][]string{"docdb": audit},
	}} {
		out = append(out, row.ofCluster())
	}
	return out
}

// allLogs are the types that AWS wants of an instance.
func allLogs() map[string][]string {
	mysql := []string{"audit", "error", "general", "slowquery"}
	of := map[string][]string{
		"aurora": mysql, "aurora-mysql": mysql, "mariadb": mysql, "mysql": mysql,
		"aurora-postgresql": {"postgresql"}, "postgres": {"postgresql", "upgrade"},
	}
	for _, edition := range []string{"ee", "ee-cdb", "se", "se1", "se2", "se2-cdb"} {
		of["oracle-"+edition] = []string{"alert", "audit", "listener", "trace"}
	}
	for _, edition := range []string{"ee", "ex", "se", "web"} {
		of["sqlserver-"+edition] = []string{"agent", "error"}
	}
	return of
}

func (l logs) ofInstance() control.Control {
	info := l.info("instance")
	info.Pattern, info.Narrow = instanceARN, instanceOrItsCluster
	info.Actions = []string{
		"rds:DescribeDBClusters", "rds:DescribeDBInstances", "rds:ModifyDBCluster", "rds:ModifyDBInstance",
	}
	return l.control(info, func(ctx context.Context, env control.Env) (map[string]string, error) {
		db, err := describe(ctx, env)
		if err != nil {
			return nil, err
		}
		engine, exports := aws.ToString(db.Engine), db.EnabledCloudwatchLogsExports
		if status := aws.ToString(db.DBInstanceStatus); !env.Undo && (status == "stopped" || status == "stopping") {
			return nil, nil
		}
		if db.DBClusterIdentifier != nil { // what its instances export is the cluster's
			c, err := describeCluster(ctx, named(env, *db.DBClusterIdentifier))
			if err != nil {
				return nil, err
			}
			exports = c.EnabledCloudwatchLogsExports
		}
		now := l.asked(engine, exports)
		if engine == "sqlserver-ex" && now["agent"] == exportOff {
			return nil, fault.New(fault.Refused, "SQL Server Express has no agent, whose log AWS wants exported all the same: "+
				"make an exception for the instance")
		}
		return now, nil
	}, func(ctx context.Context, env control.Env, change *types.CloudwatchLogsExportConfiguration) error {
		db, err := describe(ctx, env)
		if err != nil {
			return err
		}
		if db.DBClusterIdentifier != nil {
			return exportCluster(ctx, named(env, *db.DBClusterIdentifier), change)
		}
		return instances().modify(ctx, env, &rds.ModifyDBInstanceInput{CloudwatchLogsExportConfiguration: change})
	})
}

func (l logs) ofCluster() control.Control {
	info := l.info("cluster")
	info.Pattern, info.Actions = clusterARN, clusters().actions
	return l.control(info, func(ctx context.Context, env control.Env) (map[string]string, error) {
		c, err := describeCluster(ctx, env)
		if err != nil || aws.ToString(c.EngineMode) == "serverless" {
			return nil, err
		}
		return l.asked(aws.ToString(c.Engine), c.EnabledCloudwatchLogsExports), nil
	}, exportCluster)
}

// named is the same for another resource of the account and Region.
func named(env control.Env, name string) control.Env {
	env.Name = name
	return env
}

func exportCluster(ctx context.Context, env control.Env, change *types.CloudwatchLogsExportConfiguration) error {
	return clusters().modify(ctx, env, &rds.ModifyDBClusterInput{CloudwatchLogsExportConfiguration: change})
}

// asked are the logs that AWS asks for of the engine.
func (l logs) asked(engine string, exports []string) map[string]string {
	now := map[string]string{}
	for _, log := range l.engines[engine] {
		now[log] = exportOff
		if slices.Contains(exports, log) {
			now[log] = exportOn
		}
	}
	return now
}

func (l logs) info(of string) control.Info {
	effect := "RDS sends the logs to CloudWatch Logs, which bills them by the gigabyte it takes in and keeps; audit and " +
		"general logs of a busy database are large, and hold what is asked of it. Log groups are made without a retention " +
		"period, and all instances of a cluster export alike."
	if l.needs != "" {
		effect += " Nothing arrives without " + l.needs + ", which Salve leaves alone."
	}
	return control.Info{
		ID: l.id, State: "rds." + of + ".exports", Effect: effect, Fails: control.Fails{When: l.when, Rule: l.rule},
		Impact: control.ImpactNone, Settle: control.Settle{Typical: time.Minute, Within: 30 * time.Minute},
	}
}

func (l logs) control(
	info control.Info, get func(context.Context, control.Env) (map[string]string, error),
	put func(context.Context, control.Env, *types.CloudwatchLogsExportConfiguration) error,
) control.Control {
	keys := slices.Concat(slices.Collect(maps.Values(l.engines))...)
	slices.Sort(keys)
	return kind.Attributes{
		Keys: slices.Compact(keys), Get: get,
		Want: func(now map[string]string, _ control.Env) (map[string]string, error) {
			for log := range now {
				now[log] = exportOn
			}
			return now, nil
		},
		Put: func(ctx context.Context, env control.Env, change map[string]string) error {
			in := &types.CloudwatchLogsExportConfiguration{}
			for _, log := range slices.Sorted(maps.Keys(change)) {
				if change[log] == exportOn {
					in.EnableLogTypes = append(in.EnableLogTypes, log)
				} else {
					in.DisableLogTypes = append(in.DisableLogTypes, log)
				}
			}
			return put(ctx, env, in)
		},
	}.Control(info)
}
