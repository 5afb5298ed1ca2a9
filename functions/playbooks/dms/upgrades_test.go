package dms_test

import (
	"context"
	"crypto/rand"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	dms "github.com/aws/aws-sdk-go-v2/service/databasemigrationservice"
	"github.com/aws/aws-sdk-go-v2/service/databasemigrationservice/types"

	playbook "github.com/salve-security/salve/functions/playbooks/dms"
	"github.com/salve-security/salve/functions/playbooktest"
	"github.com/salve-security/salve/internal/fault"
)

const instances = "arn:aws:dms:us-east-1:222222222222:rep:"

func TestUpgrades(t *testing.T) {
	playbooktest.Run(t, playbooktest.Suite{
		Control: playbook.Upgrades()[0],
		Seed: func(ctx context.Context, t *testing.T, root aws.Config) string {
			return *playbooktest.Got(dms.NewFromConfig(root).CreateReplicationInstance(ctx, &dms.CreateReplicationInstanceInput{
				ReplicationInstanceIdentifier: aws.String("suite-" + strings.ToLower(rand.Text()[:12])),
				ReplicationInstanceClass:      aws.String("dms.t3.micro"), AutoMinorVersionUpgrade: aws.Bool(false),
				// DMS says these of every instance, and the lab only of one that was told.
				PubliclyAccessible: aws.Bool(false), MultiAZ: aws.Bool(false), KmsKeyId: aws.String("alias/aws/dms"),
			}))(t).ReplicationInstance.ReplicationInstanceArn
		},
		Foreign: []string{
			instances + "*", instances + "a:b", instances, "arn:aws:dms:us-east-1:222222222222:task:A",
			"arn:aws:dms:us-east-1:222222222222:endpoint:A",
		},
		Observe: func(ctx context.Context, t *testing.T, root aws.Config, resource string) any {
			found := playbooktest.Got(dms.NewFromConfig(root).DescribeReplicationInstances(ctx,
				&dms.DescribeReplicationInstancesInput{Filters: []types.Filter{{
					Name: aws.String("replication-instance-arn"), Values: []string{resource},
				}}}))(t).ReplicationInstances[0]
			return []any{found.AutoMinorVersionUpgrade, found.MultiAZ}
		},
		Unrelated: func(ctx context.Context, t *testing.T, root aws.Config, resource string) {
			playbooktest.Got(dms.NewFromConfig(root).ModifyReplicationInstance(ctx, &dms.ModifyReplicationInstanceInput{
				ReplicationInstanceArn: &resource, MultiAZ: aws.Bool(true),
			}))(t)
		},
		Delete: func(ctx context.Context, t *testing.T, root aws.Config, resource string) {
			playbooktest.Got(dms.NewFromConfig(root).DeleteReplicationInstance(ctx, &dms.DeleteReplicationInstanceInput{
				ReplicationInstanceArn: &resource,
			}))(t)
		},
		Skip: map[string]string{
			playbooktest.CaseDrift:  "the setting has two values, and both are ours",
			playbooktest.CaseNarrow: "the lab cannot tell which instance a call of DMS is about",
		},
	})
}

func TestLineOfUpgrades(t *testing.T) {
	shape := func(all ...types.ReplicationInstance) playbooktest.StandIn {
		return playbooktest.Answers(&dms.DescribeReplicationInstancesOutput{ReplicationInstances: all})
	}
	with := func(name string, on bool) types.ReplicationInstance {
		return types.ReplicationInstance{ReplicationInstanceArn: aws.String(instances + name), AutoMinorVersionUpgrade: on}
	}
	playbooktest.Judged(t, playbook.Upgrades()[0], instances+"A", map[string]playbooktest.Shape{
		"off": {Answers: shape(with("A", false)), Fails: true}, "on": {Answers: shape(with("A", true))},
		"another's":   {Answers: shape(with("B", false)), Class: fault.Gone},
		"among other": {Answers: shape(with("B", false), with("A", true))},
		"none":        {Answers: shape(), Class: fault.Gone},
	})
}
