package rds_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/aws/aws-sdk-go-v2/service/rds"
	"github.com/aws/aws-sdk-go-v2/service/rds/types"
	"github.com/google/go-cmp/cmp"

	playbook "github.com/salve-security/salve/functions/playbooks/rds"
	"github.com/salve-security/salve/functions/playbooktest"
	"github.com/salve-security/salve/internal/fault"
)

// trust lets RDS monitoring enter a role.
const trust = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":` +
	`{"Service":"monitoring.rds.amazonaws.com"},"Action":"sts:AssumeRole"}]}`

const monitoringRole = "arn:aws:iam::222222222222:role/salve/service/salve-enhanced-monitoring"

func TestMonitoring(t *testing.T) {
	suite := instanceSuite()
	suite.Control = playbooktest.Pick(t, playbook.Monitoring(), "RDS.6")
	suite.Seed = func(ctx context.Context, t *testing.T, root aws.Config) string {
		t.Helper()
		_, err := iam.NewFromConfig(root).CreateRole(ctx, &iam.CreateRoleInput{
			RoleName: aws.String("salve-enhanced-monitoring"), Path: aws.String("/salve/service/"),
			AssumeRolePolicyDocument: aws.String(trust),
		})
		if err != nil && !strings.Contains(err.Error(), "EntityAlreadyExists") { // one for all cases
			t.Fatal(err)
		}
		return newDatabase(ctx, t, root)
	}
	suite.Disturb = func(ctx context.Context, t *testing.T, root aws.Config, resource string) {
		t.Helper()
		playbooktest.Got(rds.NewFromConfig(root).ModifyDBInstance(ctx, &rds.ModifyDBInstanceInput{
			DBInstanceIdentifier: name(resource), MonitoringInterval: aws.Int32(5),
		}))(t)
	}
	suite.DisturbFact = func(ctx context.Context, t *testing.T, root aws.Config, _ string) {
		t.Helper()
		_, err := iam.NewFromConfig(root).DeleteRole(ctx, &iam.DeleteRoleInput{
			RoleName: aws.String("salve-enhanced-monitoring"),
		})
		if fault.Of(err) != fault.Gone {
			playbooktest.Done(t, err)
		}
	}
	playbooktest.Run(t, suite)
}

// roles are all that the account has below Salve's path.
func roles(names ...string) playbooktest.StandIn {
	out := &iam.ListRolesOutput{}
	for _, name := range names {
		out.Roles = append(out.Roles, iamtypes.Role{
			Arn: aws.String("arn:aws:iam::222222222222:role/salve/service/" + name), AssumeRolePolicyDocument: aws.String(trust),
		})
	}
	return playbooktest.Answers(out)
}

func TestMonitoringLine(t *testing.T) {
	shape := func(engine, cluster string, interval *int32, names ...string) playbooktest.StandIn {
		is := described(types.DBInstance{
			Engine: &engine, DBClusterIdentifier: &cluster, MonitoringInterval: interval,
			MonitoringRoleArn: aws.String("arn:aws:iam::222222222222:role/theirs"),
		})
		is["ListRoles"] = roles(names...)["ListRoles"]
		return is
	}
	const own, theirs = "salve-enhanced-monitoring", "theirs"
	thirty, named := map[string]any{"monitoringInterval": "30"}, map[string]any{"roleName": theirs}
	playbooktest.Judged(t, playbooktest.Pick(t, playbook.Monitoring(), "RDS.6"), orders, map[string]playbooktest.Shape{
		"off":                   {Answers: shape("mysql", "", aws.Int32(0), own), Fails: true},
		"Aurora, off":           {Answers: shape("aurora-mysql", "shop", aws.Int32(0), own), Fails: true},
		"on":                    {Answers: shape("mysql", "", aws.Int32(1))},
		"on, as asked":          {Answers: shape("mysql", "", aws.Int32(30)), Params: thirty},
		"on, too often":         {Answers: shape("mysql", "", aws.Int32(15), own), Params: thirty, Fails: true},
		"on, too rare":          {Answers: shape("mysql", "", aws.Int32(60), own), Params: thirty, Fails: true},
		"on, with another role": {Answers: shape("mysql", "", aws.Int32(60)), Params: thirty, Fails: true},
		"off, as asked":         {Answers: shape("mysql", "", aws.Int32(0), own), Params: thirty, Fails: true},
		"role of a person's": {
			Answers: shape("mysql", "", aws.Int32(0), theirs), Params: named, Fails: true,
		},
		"no role": {
			Answers: shape("mysql", "", aws.Int32(0), theirs), Class: fault.Refused, Words: []string{"parameter roleName"},
		},
		"not said": {Answers: shape("mysql", "", nil, own), Class: fault.Invalid},
		"DocumentDB": {
			Answers: shape("docdb", "shop", aws.Int32(0), own), Class: fault.Refused, Words: []string{"exception"},
		},
		"Multi-AZ DB cluster": {
			Answers: shape("mysql", "shop", aws.Int32(0), own), Class: fault.Refused, Words: []string{"shop"},
		},
		"no instance": {Answers: described(), Class: fault.Invalid},
	})
}

// The role is that of the member's stack, the same for every instance, and the one that is given away. One that is
// there already is neither changed nor given away again.
//
// better: RDS.6 makes the monitoring role once an account
func TestMonitoringRole(t *testing.T) {
	c := playbooktest.Pick(t, playbook.Monitoring(), "RDS.6")
	for what, tc := range map[string]struct {
		interval int32
		plan     string
		passed   []string
		sent     *string
	}{
		"off": {
			0, "  ~ Interval: 0 → 30\n  ~ Role: none → \"" + monitoringRole + "\"\n",
			[]string{monitoringRole},
			aws.String(monitoringRole),
		},
		"on": {60, "  ~ Interval: 60 → 30\n", nil, nil},
	} {
		t.Run(what, func(t *testing.T) {
			var sent []any
			is := database(types.DBInstance{
				Engine: aws.String("mysql"), MonitoringInterval: &tc.interval,
				MonitoringRoleArn: aws.String("arn:aws:iam::222222222222:role/theirs"),
			}, &sent)
			env := playbooktest.Env(t, c, orders, playbooktest.Unplugged(), is, roles("salve-enhanced-monitoring"),
				playbooktest.With(map[string]any{"monitoringInterval": "30"}))
			plan := playbooktest.Planned(t, c, env, tc.plan)
			passed := playbooktest.Got(c.Passing(env, plan))(t)
			if strings.Join(passed.Roles, " ") != strings.Join(tc.passed, " ") {
				t.Errorf("gives away %v, want %v", passed.Roles, tc.passed)
			}
			playbooktest.Done(t, c.Apply(t.Context(), env, plan))
			in, ok := sent[0].(*rds.ModifyDBInstanceInput)
			if !ok || aws.ToString(in.MonitoringRoleArn) != aws.ToString(tc.sent) || in.ApplyImmediately != nil {
				t.Errorf("sent %+v", sent)
			}
		})
	}
}

// waiting is an instance that the maintenance window changes.
func waiting(now bool) playbooktest.StandIn {
	return described(types.DBInstance{
		Engine:                aws.String("mysql"),
		MultiAZ:               &now,
		PendingModifiedValues: &types.PendingModifiedValues{MultiAZ: aws.Bool(!now)},
	})
}

// AWS asks for a standby of each instance that is not its cluster's. A read tells which ones can have none.
func TestStandbyLine(t *testing.T) {
	zone := func(name string) types.Subnet {
		return types.Subnet{SubnetAvailabilityZone: &types.AvailabilityZone{Name: &name}}
	}
	shape := func(engine, cluster string, on bool, zones ...types.Subnet) playbooktest.StandIn {
		return described(types.DBInstance{
			Engine: &engine, DBClusterIdentifier: &cluster, MultiAZ: &on,
			DBSubnetGroup: &types.DBSubnetGroup{DBSubnetGroupName: aws.String("private"), Subnets: zones},
		})
	}
	two := []types.Subnet{zone("us-east-1a"), zone("us-east-1b")}
	playbooktest.Judged(t, playbooktest.Pick(t, playbook.Settings(), "RDS.5"), orders, map[string]playbooktest.Shape{
		"off":                 {Answers: shape("mysql", "", false, two...), Fails: true},
		"on":                  {Answers: shape("mysql", "", true, two...)},
		"SQL Server, off":     {Answers: shape("sqlserver-se", "", false, two...), Fails: true},
		"Oracle, off":         {Answers: shape("oracle-ee", "", false), Fails: true},
		"Custom, off":         {Answers: shape("custom-oracle-ee", "", false), Fails: true},
		"Db2, off":            {Answers: shape("db2-se", "", false), Fails: true},
		"Aurora":              {Answers: shape("aurora-postgresql", "shop", false, two...)},
		"Aurora, alone":       {Answers: shape("aurora", "", false)},
		"Neptune":             {Answers: shape("neptune", "", false)},
		"DocumentDB":          {Answers: shape("docdb", "", false)},
		"Multi-AZ DB cluster": {Answers: shape("postgres", "shop", false, two...)},
		"one zone": {
			Answers: shape("mysql", "", false, two[0], two[0]), Class: fault.Refused, Words: []string{"private"},
		},
		"on, one zone": {Answers: shape("mysql", "", true, two[0])},
		"Express": {
			Answers: shape("sqlserver-ex", "", false, two...), Class: fault.Refused, Words: []string{"Express"},
		},
		"not said": {Answers: described(types.DBInstance{Engine: aws.String("mysql")}), Class: fault.Invalid},
		"waits":    {Answers: waiting(false), Fails: true},
		"leaving":  {Answers: waiting(true)},
	})
}

// The standby comes with the maintenance window, and only one that is there is proof. What waits is taken back by an
// undo. Runs for other settings of the instance do not wait.
//
// better: RDS.5 waits for the setting itself, in the maintenance window
func TestStandbyWaitsForTheWindow(t *testing.T) {
	c, sent := playbooktest.Pick(t, playbook.Settings(), "RDS.5"), []any{}
	db := types.DBInstance{Engine: aws.String("mysql"), MultiAZ: aws.Bool(false)}
	is := playbooktest.StandIn{
		"DescribeDBInstances": func(any) (any, error) {
			return &rds.DescribeDBInstancesOutput{DBInstances: []types.DBInstance{db}}, nil
		},
		"ModifyDBInstance": func(in any) (any, error) {
			sent = append(sent, in)
			db.PendingModifiedValues = &types.PendingModifiedValues{}
			if want := in.(*rds.ModifyDBInstanceInput).MultiAZ; *want != *db.MultiAZ {
				db.PendingModifiedValues.MultiAZ = want
			}
			return &rds.ModifyDBInstanceOutput{}, nil
		},
	}
	env := playbooktest.Env(t, c, orders, playbooktest.Unplugged(), is)
	plan := playbooktest.Planned(t, c, env, "  ~ Standby.Asked: false → true\n  ~ Standby.There: false → true\n")
	playbooktest.Done(t, c.Apply(t.Context(), env, plan))
	want := []any{&rds.ModifyDBInstanceInput{MultiAZ: aws.Bool(true), DBInstanceIdentifier: aws.String("orders")}}
	if d := cmp.Diff(want, sent, fields()); d != "" {
		t.Errorf("sent (-want +got):\n%s", d)
	}
	seen := playbooktest.Got(c.Verify(t.Context(), env, plan))(t)
	if len(seen.Left) != 1 || seen.Within < 7*24*time.Hour {
		t.Errorf("while it waits, verification says %+v", seen)
	}
	playbooktest.Done(t, c.Apply(t.Context(), env, playbooktest.Got(c.PlanUndo(t.Context(), env, seen.Changes))(t)))
	if db.PendingModifiedValues.MultiAZ != nil {
		t.Error("the undo leaves it waiting")
	}
	other := playbooktest.Pick(t, playbook.Settings(), "RDS.2")
	if c.Lock == nil || other.Lock != nil || c.Lock(env)[0] == orders {
		t.Error("other settings wait for the window too")
	}
}
