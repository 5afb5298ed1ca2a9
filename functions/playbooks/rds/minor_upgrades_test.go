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
	c := playbook.MinorUpgrades()[0]
	playbooktest.Run(t, playbooktest.Suite{
		Control: c,
		Seed:    newDatabase,
		Observe: observe,
		Unrelated: modify(rds.ModifyDBInstanceInput{
			DeletionProtection: aws.Bool(true), BackupRetentionPeriod: aws.Int32(9),
		}),
		Delete: func(ctx context.Context, t *testing.T, root aws.Config, resource string) {
			t.Helper()
			_, err := rds.NewFromConfig(root).DeleteDBInstance(ctx, &rds.DeleteDBInstanceInput{
				DBInstanceIdentifier: name(resource), SkipFinalSnapshot: aws.Bool(true),
			})
			if err != nil {
				t.Fatal(err)
			}
		},
		Skip:   map[string]string{playbooktest.CaseDrift: "the setting has two values, and both are ours"},
		Unseen: map[string]string{"rds:ModifyDBCluster": "the lab has no Multi-AZ DB clusters: TestMultiAZCluster calls it"},
	})
}

func name(resource string) *string {
	_, name, _ := strings.Cut(resource, ":db:")
	return aws.String(name)
}

func newDatabase(ctx context.Context, t *testing.T, root aws.Config) string {
	t.Helper()
	out, err := rds.NewFromConfig(root).CreateDBInstance(ctx, &rds.CreateDBInstanceInput{
		DBInstanceIdentifier: aws.String("suite-" + strings.ToLower(rand.Text())),
		Engine:               aws.String("postgres"), DBInstanceClass: aws.String("db.t4g.micro"),
		AllocatedStorage: aws.Int32(20), MasterUsername: aws.String("suite"), MasterUserPassword: aws.String(rand.Text()),
		AutoMinorVersionUpgrade: aws.Bool(false), DeletionProtection: aws.Bool(false),
	})
	if err != nil {
		t.Fatal(err)
	}
	return aws.ToString(out.DBInstance.DBInstanceArn)
}

func modify(change rds.ModifyDBInstanceInput) playbooktest.Act {
	return func(ctx context.Context, t *testing.T, root aws.Config, resource string) {
		t.Helper()
		change.DBInstanceIdentifier = name(resource)
		if _, err := rds.NewFromConfig(root).ModifyDBInstance(ctx, &change); err != nil {
			t.Fatal(err)
		}
	}
}

// seen is what another client sees of a database.
type seen struct {
	Upgrades, Protected bool
	Retention           int32
}

func observe(ctx context.Context, t *testing.T, root aws.Config, resource string) any {
	t.Helper()
	out, err := rds.NewFromConfig(root).DescribeDBInstances(ctx, &rds.DescribeDBInstancesInput{
		DBInstanceIdentifier: name(resource),
	})
	if err != nil {
		t.Fatal(err)
	}
	db := out.DBInstances[0]
	return seen{
		aws.ToBool(db.AutoMinorVersionUpgrade), aws.ToBool(db.DeletionProtection), aws.ToInt32(db.BackupRetentionPeriod),
	}
}

// database is one that only the stand-in knows; writes to it, whole, are what a fix sent.
type database struct {
	types.DBInstance
	instance []rds.ModifyDBInstanceInput
	cluster  []rds.ModifyDBClusterInput
}

func (d *database) standIn() playbooktest.StandIn {
	return playbooktest.StandIn{
		"DescribeDBInstances": func(any) (any, error) {
			return &rds.DescribeDBInstancesOutput{DBInstances: []types.DBInstance{d.DBInstance}}, nil
		},
		"ModifyDBInstance": func(in any) (any, error) {
			d.instance = append(d.instance, *in.(*rds.ModifyDBInstanceInput))
			return &rds.ModifyDBInstanceOutput{}, nil
		},
		"ModifyDBCluster": func(in any) (any, error) {
			d.cluster = append(d.cluster, *in.(*rds.ModifyDBClusterInput))
			return &rds.ModifyDBClusterOutput{}, nil
		},
	}
}

const standInARN = "arn:aws:rds:us-east-1:222222222222:db:orders"

// The instances of a Multi-AZ DB cluster take the setting from their cluster; those of Aurora have their own.
// Nothing but the setting may be sent: to apply at once would also set off what waits for the maintenance window.
func TestMultiAZCluster(t *testing.T) {
	fields := cmpopts.IgnoreUnexported(rds.ModifyDBInstanceInput{}, rds.ModifyDBClusterInput{})
	instance := []rds.ModifyDBInstanceInput{{
		DBInstanceIdentifier: aws.String("orders"), AutoMinorVersionUpgrade: aws.Bool(true),
	}}
	cluster := []rds.ModifyDBClusterInput{{
		DBClusterIdentifier: aws.String("shop"), AutoMinorVersionUpgrade: aws.Bool(true),
	}}
	tests := map[string]struct {
		engine, cluster string
		wantInstance    []rds.ModifyDBInstanceInput
		wantCluster     []rds.ModifyDBClusterInput
	}{
		"alone":             {"postgres", "", instance, nil},
		"Multi-AZ postgres": {"postgres", "shop", nil, cluster},
		"Multi-AZ mysql":    {"mysql", "shop", nil, cluster},
		"Aurora postgres":   {"aurora-postgresql", "shop", instance, nil},
		"Aurora mysql":      {"aurora-mysql", "shop", instance, nil},
		"Neptune":           {"neptune", "shop", instance, nil},
	}
	for title, tc := range tests {
		t.Run(title, func(t *testing.T) {
			d := &database{DBInstance: types.DBInstance{
				DBInstanceIdentifier: aws.String("orders"), Engine: aws.String(tc.engine),
				DBClusterIdentifier: aws.String(tc.cluster), AutoMinorVersionUpgrade: aws.Bool(false),
			}}
			c := playbook.MinorUpgrades()[0]
			env := playbooktest.Env(t, c, standInARN)
			d.standIn().AddTo(&env.Config)
			plan, err := c.Plan(t.Context(), env)
			if err != nil {
				t.Fatal(err)
			}
			if err := c.Apply(t.Context(), env, plan); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.wantInstance, d.instance, fields); diff != "" {
				t.Errorf("changes of the instance (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(tc.wantCluster, d.cluster, fields); diff != "" {
				t.Errorf("changes of the cluster (-want +got):\n%s", diff)
			}
		})
	}
}

// RDS Custom cannot have the setting on: AWS would refuse the change after the run had begun.
func TestCustomIsRefused(t *testing.T) {
	c := playbook.MinorUpgrades()[0]
	tests := map[string]struct {
		on   bool
		want fault.Class
	}{
		"off": {false, fault.Refused},
		"on":  {true, fault.None},
	}
	for title, tc := range tests {
		t.Run(title, func(t *testing.T) {
			d := &database{DBInstance: types.DBInstance{
				DBInstanceIdentifier: aws.String("orders"), Engine: aws.String("custom-oracle-ee"),
				AutoMinorVersionUpgrade: aws.Bool(tc.on),
			}}
			env := playbooktest.Env(t, c, standInARN)
			d.standIn().AddTo(&env.Config)
			if _, err := c.Plan(t.Context(), env); fault.Of(err) != tc.want {
				t.Errorf("plan: want an error of class %q, got %v", tc.want, err)
			}
		})
	}
}

// A narrow session must still reach the cluster, and no account or Region beside.
func TestNarrow(t *testing.T) {
	c := playbook.MinorUpgrades()[0]
	env := playbooktest.Env(t, c, standInARN)
	want := []string{standInARN, "arn:aws:rds:us-east-1:222222222222:cluster:*"}
	got, err := c.Limits(env.Target, nil)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestPattern(t *testing.T) {
	c := playbook.MinorUpgrades()[0]
	tests := map[string]bool{
		standInARN: true,
		"arn:aws-us-gov:rds:us-gov-west-1:222222222222:db:a": true,
		"arn:aws:rds:us-east-1:222222222222:cluster:orders":  false,
		"arn:aws:rds:us-east-1:222222222222:db:":             false,
		"arn:aws:rds:us-east-1:222222222222:db:a:b":          false,
		"arn:aws:rds:us-east-1:222222222222:db:a*":           false,
		"arn:aws:rds:us-east-1:22:db:a":                      false,
	}
	for resource, want := range tests {
		t.Run(resource, func(t *testing.T) {
			if c.Pattern.MatchString(resource) != want {
				t.Errorf("accepted: %v, want %v", !want, want)
			}
		})
	}
}
