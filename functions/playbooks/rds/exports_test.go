package rds_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/rds"
	"github.com/aws/aws-sdk-go-v2/service/rds/types"
	"github.com/google/go-cmp/cmp"

	playbook "github.com/salve-security/salve/functions/playbooks/rds"
	"github.com/salve-security/salve/functions/playbooktest"
	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
)

// A log is exported or not, and both are ours.
func TestLogExports(t *testing.T) {
	engines := map[string]string{
		"RDS.34": "aurora-mysql", "RDS.37": "aurora-postgresql", "Neptune.2": "neptune", "DocumentDB.4": "docdb",
	}
	playbooktest.Family(t, playbook.LogExports(), func(c control.Control) playbooktest.Suite {
		suite := instanceSuite()
		if engine := engines[c.ID]; engine != "" {
			suite = clusterSuite(t, engine)
		} else {
			suite.World = playbooktest.Amended(playbooktest.World(t), exportsOfInstances())
			suite.Unseen = map[string]string{
				"rds:DescribeDBClusters": "an instance of a cluster: TestExportsOfMembers calls it",
				"rds:ModifyDBCluster":    "an instance of a cluster: TestExportsOfMembers calls it",
			}
		}
		suite.Control, suite.Skip = c, map[string]string{playbooktest.CaseDrift: twoValues}
		return suite
	})
}

// exportsOfInstances remembers what instances export, which the lab takes and forgets.
func exportsOfInstances() func(in, out any) {
	exports := map[string][]string{}
	return func(in, out any) {
		if modified, ok := in.(*rds.ModifyDBInstanceInput); ok {
			exported(exports, *modified.DBInstanceIdentifier, modified.CloudwatchLogsExportConfiguration)
		}
		if told, ok := out.(*rds.DescribeDBInstancesOutput); ok {
			for i, db := range told.DBInstances {
				told.DBInstances[i].EnabledCloudwatchLogsExports = exports[*db.DBInstanceIdentifier]
			}
		}
	}
}

// exported does a change to what is exported.
func exported(exports map[string][]string, id string, change *types.CloudwatchLogsExportConfiguration) {
	if change == nil {
		return
	}
	left := slices.DeleteFunc(exports[id], func(log string) bool { return slices.Contains(change.DisableLogTypes, log) })
	left = append(left, change.EnableLogTypes...)
	slices.Sort(left)
	exports[id] = slices.Compact(left)
}

// What the instances of a cluster export is the cluster's, and is changed there. What is exported already, and is not
// asked for, stays as it is.
func TestExportsOfMembers(t *testing.T) {
	c, sent := playbooktest.Pick(t, playbook.LogExports(), "RDS.9"), []any{}
	standIn := database(types.DBInstance{
		Engine: aws.String("aurora-mysql"), DBClusterIdentifier: aws.String("shop"),
	}, &sent)
	standIn["DescribeDBClusters"] = answered(types.DBCluster{
		EnabledCloudwatchLogsExports: []string{"audit", "iam-db-auth-error", "error"},
	})["DescribeDBClusters"]
	env := playbooktest.Env(t, c, orders, playbooktest.Unplugged(), standIn)
	plan := playbooktest.Planned(t, c, env,
		"  ~ general: \"not exported\" → \"exported\"\n  ~ slowquery: \"not exported\" → \"exported\"\n")
	playbooktest.Done(t, c.Apply(context.WithoutCancel(t.Context()), env, plan))
	want := []any{&rds.ModifyDBClusterInput{
		DBClusterIdentifier: aws.String("shop"), CloudwatchLogsExportConfiguration: &types.CloudwatchLogsExportConfiguration{
			EnableLogTypes: []string{"general", "slowquery"},
		},
	}}
	if d := cmp.Diff(want, sent, fields()); d != "" {
		t.Errorf("sent (-want +got):\n%s", d)
	}
}

// AWS asks for a list of logs by engine, and for each of it.
func TestExportsLine(t *testing.T) {
	of := map[string]map[string]string{
		"RDS.9": {
			"mysql": "audit error general slowquery", "mariadb": "audit error general slowquery",
			"postgres": "postgresql upgrade", "oracle-se2-cdb": "alert audit listener trace", "sqlserver-web": "agent error",
			"docdb": "", "neptune": "", "custom-oracle-ee": "", "db2-se": "",
		},
		"RDS.36":       {"postgres": "postgresql", "mysql": "", "aurora-postgresql": ""},
		"RDS.34":       {"aurora-mysql": "audit", "aurora-postgresql": "", "mysql": "", "neptune": ""},
		"RDS.37":       {"aurora-postgresql": "postgresql", "aurora-mysql": "", "postgres": ""},
		"Neptune.2":    {"neptune": "audit", "docdb": "", "aurora-mysql": ""},
		"DocumentDB.4": {"docdb": "audit", "neptune": "", "aurora-mysql": ""},
	}
	for id, engines := range of {
		resource, instance := shop, id == "RDS.9" || id == "RDS.36"
		if instance {
			resource = orders
		}
		shape := func(engine, status string, exports []string, fails bool) playbooktest.Shape {
			s := playbooktest.Shape{Fails: fails, Answers: answered(types.DBCluster{
				Engine: &engine, EngineMode: &status, EnabledCloudwatchLogsExports: exports,
			})}
			if instance {
				s.Answers = described(types.DBInstance{
					Engine: &engine, DBInstanceStatus: &status, EnabledCloudwatchLogsExports: exports,
				})
			}
			return s
		}
		shapes, idle := map[string]playbooktest.Shape{}, map[bool]string{true: "stopped", false: "serverless"}[instance]
		for engine, list := range engines {
			all := append(strings.Fields(list), "iam-db-auth-error")
			shapes[engine+", none"] = shape(engine, "provisioned", nil, list != "")
			shapes[engine+", all"] = shape(engine, "provisioned", all, false)
			shapes[engine+", all but one"] = shape(engine, "available", all[1:], list != "")
			shapes[engine+", "+idle] = shape(engine, idle, nil, false)
		}
		if id == "RDS.9" {
			express := shape("sqlserver-ex", "available", []string{"error"}, false)
			express.Class, express.Words = fault.Refused, []string{"make an exception"}
			shapes["Express, no agent"] = express
		}
		playbooktest.Judged(t, playbooktest.Pick(t, playbook.LogExports(), id), resource, shapes)
	}
}
