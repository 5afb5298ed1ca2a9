package rds_test

import (
	"context"
	"crypto/rand"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/rds"
	"github.com/aws/aws-sdk-go-v2/service/rds/types"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	playbook "github.com/salve-security/salve/functions/playbooks/rds"
	"github.com/salve-security/salve/functions/playbooktest"
	"github.com/salve-security/salve/internal/fault"
)

func TestMinorUpgrades(t *testing.T) {
	playbooktest.Run(t, playbooktest.Suite{
		Control: playbooktest.Pick(t, playbook.MinorUpgrades(), "RDS.13"),
		Seed:    newDatabase,
		Foreign: []string{
			"arn:aws:rds:us-east-1:222222222222:cluster:orders", "arn:aws:rds:us-east-1:222222222222:db:",
			"arn:aws:rds:us-east-1:222222222222:db:a:b", "arn:aws:rds:us-east-1:222222222222:db:a*",
			"arn:aws:rds:us-east-1:22:db:a",
		},
		Observe: func(ctx context.Context, t *testing.T, root aws.Config, resource string) any {
			db := playbooktest.Got(rds.NewFromConfig(root).DescribeDBInstances(ctx, &rds.DescribeDBInstancesInput{
				DBInstanceIdentifier: name(resource),
			}))(t).DBInstances[0]
			return []any{db.AutoMinorVersionUpgrade, db.DeletionProtection, db.BackupRetentionPeriod}
		},
		Unrelated: func(ctx context.Context, t *testing.T, root aws.Config, resource string) {
			playbooktest.Got(rds.NewFromConfig(root).ModifyDBInstance(ctx, &rds.ModifyDBInstanceInput{
				DBInstanceIdentifier: name(resource),
				DeletionProtection:   aws.Bool(true), BackupRetentionPeriod: aws.Int32(9),
			}))(t)
		},
		Delete: func(ctx context.Context, t *testing.T, root aws.Config, resource string) {
			playbooktest.Got(rds.NewFromConfig(root).DeleteDBInstance(ctx, &rds.DeleteDBInstanceInput{
				DBInstanceIdentifier: name(resource), SkipFinalSnapshot: aws.Bool(true),
			}))(t)
		},
		Skip:   map[string]string{playbooktest.CaseDrift: "the setting has two values, and both are ours"},
		Unseen: map[string]string{"rds:ModifyDBCluster": "the lab has no Multi-AZ DB clusters: TestEngines calls it"},
	})
}

func name(resource string) *string {
	_, name, _ := strings.Cut(resource, ":db:")
	return &name
}

func newDatabase(ctx context.Context, t *testing.T, root aws.Config) string {
	out := playbooktest.Got(rds.NewFromConfig(root).CreateDBInstance(ctx, &rds.CreateDBInstanceInput{
		DBInstanceIdentifier: aws.String("suite-" + strings.ToLower(rand.Text())),
		Engine:               aws.String("postgres"), DBInstanceClass: aws.String("db.t4g.micro"),
		AllocatedStorage: aws.Int32(20), MasterUsername: aws.String("suite"), MasterUserPassword: aws.String(rand.Text()),
		AutoMinorVersionUpgrade: aws.Bool(false), DeletionProtection: aws.Bool(false), PubliclyAccessible: aws.Bool(true),
	}))(t)
	return *out.DBInstance.DBInstanceArn
}

const orders = "arn:aws:rds:us-east-1:222222222222:db:orders"

// The instances of a Multi-AZ DB cluster take the setting from their cluster; those of Aurora have their own. RDS
// Custom cannot have it on: AWS would refuse the change after the run had begun. Nothing but the setting may be
// sent: to apply at once would also set off what waits for the maintenance window.
func TestEngines(t *testing.T) {
	c := playbooktest.Pick(t, playbook.MinorUpgrades(), "RDS.13")
	instance := []any{&rds.ModifyDBInstanceInput{
		DBInstanceIdentifier: aws.String("orders"), AutoMinorVersionUpgrade: aws.Bool(true),
	}}
	cluster := []any{&rds.ModifyDBClusterInput{
		DBClusterIdentifier: aws.String("shop"), AutoMinorVersionUpgrade: aws.Bool(true),
	}}
	for title, tc := range map[string]struct {
		engine, cluster string
		on              bool
		class           fault.Class
		want            []any // what is sent
	}{
		"alone":             {"postgres", "", false, fault.None, instance},
		"Multi-AZ postgres": {"postgres", "shop", false, fault.None, cluster},
		"Multi-AZ mysql":    {"mysql", "shop", false, fault.None, cluster},
		"Aurora postgres":   {"aurora-postgresql", "shop", false, fault.None, instance},
		"Aurora mysql":      {"aurora-mysql", "shop", false, fault.None, instance},
		"Neptune":           {"neptune", "shop", false, fault.None, instance},
		"Custom, off":       {"custom-oracle-ee", "", false, fault.Refused, nil},
		"Custom, on":        {"custom-oracle-ee", "", true, fault.None, nil},
	} {
		t.Run(title, func(t *testing.T) {
			var sent []any
			env := playbooktest.Env(t, c, orders, database(types.DBInstance{
				DBInstanceIdentifier: aws.String("orders"), Engine: &tc.engine, DBClusterIdentifier: &tc.cluster,
				AutoMinorVersionUpgrade: &tc.on,
			}, &sent))
			plan, err := c.Plan(t.Context(), env)
			playbooktest.Fails(t, err, tc.class)
			if err == nil {
				playbooktest.Done(t, c.Apply(t.Context(), env, plan))
			}
			if d := cmp.Diff(tc.want, sent, fields()); d != "" {
				t.Errorf("sent (-want +got):\n%s", d)
			}
		})
	}
}

// database is one that only the stand-in knows; what changes it is sent, whole.
func database(db types.DBInstance, sent *[]any) playbooktest.StandIn {
	return playbooktest.StandIn{
		"DescribeDBInstances": func(any) (any, error) {
			return &rds.DescribeDBInstancesOutput{DBInstances: []types.DBInstance{db}}, nil
		},
		"ModifyDBInstance": func(in any) (any, error) {
			*sent = append(*sent, in)
			return &rds.ModifyDBInstanceOutput{}, nil
		},
		"ModifyDBCluster": func(in any) (any, error) {
			*sent = append(*sent, in)
			return &rds.ModifyDBClusterOutput{}, nil
		},
	}
}

// fields are those of what is sent.
func fields() cmp.Option {
	return cmpopts.IgnoreUnexported(
		rds.ModifyDBInstanceInput{}, rds.ModifyDBClusterInput{}, types.CloudwatchLogsExportConfiguration{},
	)
}

// A narrow session must still reach the cluster, and no account or Region beside.
func TestNarrow(t *testing.T) {
	c := playbooktest.Pick(t, playbook.MinorUpgrades(), "RDS.13")
	got := playbooktest.Got(c.Limits(playbooktest.Env(t, c, orders).Target, nil))(t)
	if d := cmp.Diff([]string{orders, "arn:aws:rds:us-east-1:222222222222:cluster:*"}, got); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}

// AWS fails each instance with the setting off: of every engine, in a cluster or not, whatever it does at the moment.
// Aurora, Neptune and DocumentDB are RDS to this call, and each of their instances has a setting of its own.
func TestLine(t *testing.T) {
	shapes := map[string]playbooktest.Shape{
		"unset":       {Answers: described(types.DBInstance{}), Class: fault.Invalid},
		"no instance": {Answers: described(), Class: fault.Invalid},
		"two":         {Answers: described(types.DBInstance{}, types.DBInstance{}), Class: fault.Invalid},
		"Custom, off": {
			Answers: described(types.DBInstance{
				Engine: aws.String("custom-sqlserver-se"), AutoMinorVersionUpgrade: aws.Bool(false),
			}),
			Class: fault.Refused, Words: []string{"make an exception"},
		},
	}
	for name, db := range map[string]types.DBInstance{
		"mysql":       {Engine: aws.String("mysql")},
		"mariadb":     {Engine: aws.String("mariadb")},
		"oracle":      {Engine: aws.String("oracle-se2-cdb")},
		"sqlserver":   {Engine: aws.String("sqlserver-ex")},
		"db2":         {Engine: aws.String("db2-ae")},
		"no engine":   {},
		"Aurora":      {Engine: aws.String("aurora-postgresql"), DBClusterIdentifier: aws.String("shop")},
		"Neptune":     {Engine: aws.String("neptune"), DBClusterIdentifier: aws.String("shop")},
		"DocumentDB":  {Engine: aws.String("docdb"), DBClusterIdentifier: aws.String("shop")},
		"Multi-AZ":    {Engine: aws.String("postgres"), DBClusterIdentifier: aws.String("shop")},
		"standby":     {Engine: aws.String("mysql"), MultiAZ: aws.Bool(true)},
		"replica":     {Engine: aws.String("mysql"), ReadReplicaSourceDBInstanceIdentifier: aws.String("a")},
		"stopped":     {DBInstanceStatus: aws.String("stopped")},
		"modifying":   {DBInstanceStatus: aws.String("modifying")},
		"waits":       {PendingModifiedValues: &types.PendingModifiedValues{EngineVersion: aws.String("8.0.40")}},
		"going away":  {DBInstanceStatus: aws.String("deleting")},
		"just coming": {DBInstanceStatus: aws.String("creating")},
	} {
		on, off := db, db
		on.AutoMinorVersionUpgrade, off.AutoMinorVersionUpgrade = aws.Bool(true), aws.Bool(false)
		shapes[name+", on"] = playbooktest.Shape{Answers: described(on)}
		shapes[name+", off"] = playbooktest.Shape{Answers: described(off), Fails: true}
	}
	playbooktest.Judged(t, playbooktest.Pick(t, playbook.MinorUpgrades(), "RDS.13"), orders, shapes)
}

func described(all ...types.DBInstance) playbooktest.StandIn {
	return playbooktest.Answers(&rds.DescribeDBInstancesOutput{DBInstances: all})
}
