package rds_test

import (
	"context"
	"crypto/rand"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/rds"
	"github.com/aws/aws-sdk-go-v2/service/rds/types"

	playbook "github.com/salve-security/salve/functions/playbooks/rds"
	"github.com/salve-security/salve/functions/playbooktest"
	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
)

const shop = "arn:aws:rds:us-east-1:222222222222:cluster:shop"

// twoValues is why settings that are on or off cannot drift.
const twoValues = "the setting has two values, and both are ours"

func TestSettings(t *testing.T) {
	engines := map[string]string{
		"RDS.7": "aurora-postgresql", "RDS.16": "aurora-postgresql", "RDS.35": "aurora-mysql", "DocumentDB.2": "docdb",
	}
	playbooktest.Family(t, playbook.Settings(), func(c control.Control) playbooktest.Suite {
		suite := instanceSuite()
		if engine := engines[c.ID]; engine != "" {
			suite = clusterSuite(t, engine)
		}
		suite.Control = c
		if c.ID == "DocumentDB.2" {
			suite.Disturb = func(ctx context.Context, t *testing.T, root aws.Config, resource string) {
				modifyCluster(ctx, t, root, resource, rds.ModifyDBClusterInput{BackupRetentionPeriod: aws.Int32(30)})
			}
		} else {
			suite.Skip = map[string]string{playbooktest.CaseDrift: twoValues}
		}
		return suite
	})
}

// instanceSuite is all but the control: a public, unprotected database.
func instanceSuite() playbooktest.Suite {
	return playbooktest.Suite{
		Seed: newDatabase,
		Foreign: []string{
			shop, "arn:aws:rds:us-east-1:222222222222:db:", "arn:aws:rds:us-east-1:222222222222:db:a:b",
			"arn:aws:rds:us-east-1:222222222222:db:a*", "arn:aws:rds:us-east-1:22:db:a",
		},
		Observe: func(ctx context.Context, t *testing.T, root aws.Config, resource string) any {
			db := playbooktest.Got(rds.NewFromConfig(root).DescribeDBInstances(ctx, &rds.DescribeDBInstancesInput{
				DBInstanceIdentifier: name(resource),
			}))(t).DBInstances[0]
			return []any{
				db.PubliclyAccessible, db.DeletionProtection, db.BackupRetentionPeriod, db.MultiAZ, db.MonitoringInterval,
				strings.Join(db.EnabledCloudwatchLogsExports, " "),
			}
		},
		Unrelated: func(ctx context.Context, t *testing.T, root aws.Config, resource string) {
			playbooktest.Got(rds.NewFromConfig(root).ModifyDBInstance(ctx, &rds.ModifyDBInstanceInput{
				DBInstanceIdentifier: name(resource), BackupRetentionPeriod: aws.Int32(9),
			}))(t)
		},
		Delete: func(ctx context.Context, t *testing.T, root aws.Config, resource string) {
			playbooktest.Got(rds.NewFromConfig(root).DeleteDBInstance(ctx, &rds.DeleteDBInstanceInput{
				DBInstanceIdentifier: name(resource), SkipFinalSnapshot: aws.Bool(true),
			}))(t)
		},
	}
}

// clusterSuite is all but the control: a cluster with everything off. The lab makes clusters of Aurora alone, which its
// answers call by another engine's name, and forgets what they export.
func clusterSuite(t *testing.T, engine string) playbooktest.Suite {
	t.Helper()
	exports := map[string][]string{}
	return playbooktest.Suite{
		World: playbooktest.Amended(honest{playbooktest.World(t)}, func(in, out any) {
			if modified, ok := in.(*rds.ModifyDBClusterInput); ok {
				exported(exports, *modified.DBClusterIdentifier, modified.CloudwatchLogsExportConfiguration)
			}
			if described, ok := out.(*rds.DescribeDBClustersOutput); ok {
				for i, c := range described.DBClusters {
					described.DBClusters[i].Engine = &engine
					described.DBClusters[i].EnabledCloudwatchLogsExports = exports[*c.DBClusterIdentifier]
				}
			}
		}),
		Seed: newCluster,
		Foreign: []string{
			orders, "arn:aws:rds:us-east-1:222222222222:cluster:", "arn:aws:rds:us-east-1:222222222222:cluster:a*",
			"arn:aws:rds:us-east-1:222222222222:cluster-snapshot:a", "arn:aws:rds:us-east-1:22:cluster:a",
		},
		Observe: func(ctx context.Context, t *testing.T, root aws.Config, resource string) any {
			c := playbooktest.Got(rds.NewFromConfig(root).DescribeDBClusters(ctx, &rds.DescribeDBClustersInput{
				DBClusterIdentifier: clusterName(resource),
			}))(t).DBClusters[0]
			return []any{
				c.DeletionProtection, c.CopyTagsToSnapshot, c.AutoMinorVersionUpgrade, c.BackupRetentionPeriod,
				strings.Join(c.EnabledCloudwatchLogsExports, " "), c.PreferredMaintenanceWindow,
			}
		},
		Unrelated: func(ctx context.Context, t *testing.T, root aws.Config, resource string) {
			modifyCluster(ctx, t, root, resource, rds.ModifyDBClusterInput{
				PreferredMaintenanceWindow: aws.String("sun:05:00-sun:05:30"),
			})
		},
		Delete: func(ctx context.Context, t *testing.T, root aws.Config, resource string) {
			playbooktest.Got(rds.NewFromConfig(root).DeleteDBCluster(ctx, &rds.DeleteDBClusterInput{
				DBClusterIdentifier: clusterName(resource), SkipFinalSnapshot: aws.Bool(true),
			}))(t)
		},
	}
}

func clusterName(resource string) *string {
	_, name, _ := strings.Cut(resource, ":cluster:")
	return &name
}

func newCluster(ctx context.Context, t *testing.T, root aws.Config) string {
	return *playbooktest.Got(rds.NewFromConfig(root).CreateDBCluster(ctx, &rds.CreateDBClusterInput{
		DBClusterIdentifier: aws.String("suite-" + strings.ToLower(rand.Text())), Engine: aws.String("aurora-mysql"),
		MasterUsername: aws.String("suite"), MasterUserPassword: aws.String(rand.Text()),
		AutoMinorVersionUpgrade: aws.Bool(false), BackupRetentionPeriod: aws.Int32(3),
	}))(t).DBCluster.DBClusterArn
}

func modifyCluster(
	ctx context.Context, t *testing.T, root aws.Config, resource string, in rds.ModifyDBClusterInput,
) {
	in.DBClusterIdentifier = clusterName(resource)
	playbooktest.Got(rds.NewFromConfig(root).ModifyDBCluster(ctx, &in))(t)
}

// AWS looks at the setting alone, of the engines that the control is about, and at nothing else of an instance.
//
// better: RDS.2 looks at the setting itself, not at a state that may be over
func TestInstanceSettingsLine(t *testing.T) {
	for id, tc := range map[string]struct {
		set   func(db *types.DBInstance, on bool)
		fails bool
		other map[string]bool // whether AWS looks at other engines than mysql
	}{
		"RDS.2": {
			func(db *types.DBInstance, on bool) { db.PubliclyAccessible = &on }, true,
			map[string]bool{"aurora-mysql": true, "neptune": true, "docdb": true, "custom-oracle-ee": true},
		},
		"RDS.8": {
			func(db *types.DBInstance, on bool) { db.DeletionProtection = &on }, false,
			map[string]bool{"aurora-mysql": false, "neptune": false, "docdb": false, "custom-oracle-ee": true, "": false},
		},
	} {
		bad, good := types.DBInstance{Engine: aws.String("mysql")}, types.DBInstance{Engine: aws.String("mysql")}
		tc.set(&bad, tc.fails)
		tc.set(&good, !tc.fails)
		member := bad
		member.DBClusterIdentifier = aws.String("shop")
		shapes := map[string]playbooktest.Shape{
			"unset":       {Answers: described(types.DBInstance{Engine: aws.String("mysql")}), Class: fault.Invalid},
			"no instance": {Answers: described(), Class: fault.Invalid},
			"Multi-AZ DB cluster": {
				Answers: described(member), Class: fault.Refused, Words: []string{"shop", "make an exception"},
			},
		}
		for engine, looks := range tc.other {
			db := bad
			db.Engine = &engine
			shapes[engine] = playbooktest.Shape{Answers: described(db), Fails: looks}
		}
		for _, status := range []string{"available", "modifying", "stopped", "deleting"} {
			bad.DBInstanceStatus, good.DBInstanceStatus = &status, &status
			shapes["bad, "+status] = playbooktest.Shape{Answers: described(bad), Fails: true}
			shapes["good, "+status] = playbooktest.Shape{Answers: described(good)}
		}
		playbooktest.Judged(t, playbooktest.Pick(t, playbook.Settings(), id), orders, shapes)
	}
}

// The same for clusters: those of Aurora, those of Multi-AZ, and the two whose engines only answer to RDS's calls.
func TestClusterSettingsLine(t *testing.T) {
	const aurora = "aurora aurora-mysql aurora-postgresql"
	const all = aurora + " mysql postgres neptune docdb"
	for id, tc := range map[string]struct {
		set   func(c *types.DBCluster, good bool)
		looks string // the engines
	}{
		"RDS.7":  {func(c *types.DBCluster, good bool) { c.DeletionProtection = &good }, all},
		"RDS.16": {func(c *types.DBCluster, good bool) { c.CopyTagsToSnapshot = &good }, aurora},
		"RDS.35": {func(c *types.DBCluster, good bool) { c.AutoMinorVersionUpgrade = &good }, aurora + " mysql postgres"},
		"DocumentDB.2": {func(c *types.DBCluster, good bool) {
			c.BackupRetentionPeriod = map[bool]*int32{true: aws.Int32(7), false: aws.Int32(6)}[good]
		}, "docdb"},
	} {
		shapes := map[string]playbooktest.Shape{"no cluster": {Answers: answered(), Class: fault.Invalid}}
		for engine := range strings.SplitSeq(all, " ") {
			bad, good := types.DBCluster{Engine: &engine}, types.DBCluster{Engine: &engine}
			tc.set(&bad, false)
			tc.set(&good, true)
			looks := " " + tc.looks + " "
			shapes[engine+", bad"] = playbooktest.Shape{Answers: answered(bad), Fails: strings.Contains(looks, " "+engine+" ")}
			shapes[engine+", good"] = playbooktest.Shape{Answers: answered(good)}
			if strings.Contains(looks, " "+engine+" ") {
				unset := answered(types.DBCluster{Engine: &engine})
				shapes[engine+", unset"] = playbooktest.Shape{Answers: unset, Class: fault.Invalid}
			}
		}
		playbooktest.Judged(t, playbooktest.Pick(t, playbook.Settings(), id), shop, shapes)
	}
}

func answered(all ...types.DBCluster) playbooktest.StandIn {
	return playbooktest.Answers(&rds.DescribeDBClustersOutput{DBClusters: all})
}

// More days than are asked for stay, and the parameter is AWS's.
func TestBackupDays(t *testing.T) {
	shapes := map[string]playbooktest.Shape{}
	for name, tc := range map[string]struct {
		days, want int32
		fails      bool
	}{"more than the default": {35, 7, false}, "one less": {13, 14, true}, "as many": {14, 14, false}} {
		shapes[name] = playbooktest.Shape{
			Answers: answered(types.DBCluster{Engine: aws.String("docdb"), BackupRetentionPeriod: &tc.days}),
			Params:  map[string]any{"minimumBackupRetentionPeriod": int(tc.want)}, Fails: tc.fails,
		}
	}
	playbooktest.Judged(t, playbooktest.Pick(t, playbook.Settings(), "DocumentDB.2"), shop, shapes)
}
