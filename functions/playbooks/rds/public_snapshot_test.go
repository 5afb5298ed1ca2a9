package rds_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/rds"
	"github.com/aws/aws-sdk-go-v2/service/rds/types"

	playbook "github.com/salve-security/salve/functions/playbooks/rds"
	"github.com/salve-security/salve/functions/playbooktest"
	"github.com/salve-security/salve/internal/fault"
)

const clusterSnapshots = "arn:aws:rds:us-east-1:222222222222:cluster-snapshot:"

// The lab has snapshots of Aurora only, which its answers call by another engine's name.
//
// better: RDS.1 asks by the kind of snapshot
func TestPublicSnapshots(t *testing.T) {
	for title, tc := range map[string]struct {
		id, engine string
		seed       func(context.Context, *testing.T, aws.Config) string
		observe    func(context.Context, *testing.T, aws.Config, string) any
		shared     playbooktest.Act
		other      string // the form that this one has not
	}{
		"instance":    {"RDS.1", "", publicOfInstance, restorersOfInstance, share, "Cluster"},
		"cluster":     {"RDS.1", "", publicOfCluster, restorersOfCluster, shareOfCluster, ""},
		"Neptune.3":   {"Neptune.3", "neptune", publicOfCluster, restorersOfCluster, shareOfCluster, ""},
		"DocumentDB3": {"DocumentDB.3", "docdb", publicOfCluster, restorersOfCluster, shareOfCluster, ""},
	} {
		t.Run(title, func(t *testing.T) {
			suite := playbooktest.Suite{
				World: playbooktest.Amended(playbooktest.World(t), func(_, out any) {
					if told, ok := out.(*rds.DescribeDBClusterSnapshotsOutput); ok {
						for i := range told.DBClusterSnapshots {
							told.DBClusterSnapshots[i].Engine = &tc.engine
						}
					}
				}),
				Control: playbooktest.Pick(t, playbook.PublicSnapshots(), tc.id), Seed: tc.seed,
				Foreign:   []string{orders, shop, clusterSnapshots, clusterSnapshots + "a*", clusterSnapshots + "a:b:c"},
				Observe:   tc.observe,
				Unrelated: tc.shared,
				Delete:    deleteSnapshot,
				Skip: map[string]string{
					playbooktest.CaseDrift:  "everybody is in or out: there is nothing between",
					playbooktest.CaseNarrow: "the lab does not see which snapshot a call is about",
				},
			}
			if tc.id == "RDS.1" {
				suite.Unseen = map[string]string{
					"rds:DescribeDB" + tc.other + "SnapshotAttributes": "the other form of snapshots has calls of its own",
					"rds:ModifyDB" + tc.other + "SnapshotAttribute":    "the other form of snapshots has calls of its own",
				}
			}
			playbooktest.Run(t, suite)
		})
	}
}

func publicOfInstance(ctx context.Context, t *testing.T, root aws.Config) string {
	resource := newSnapshot(ctx, t, root)
	playbooktest.Got(rds.NewFromConfig(root).ModifyDBSnapshotAttribute(ctx, &rds.ModifyDBSnapshotAttributeInput{
		DBSnapshotIdentifier: aws.String(snapshotName(resource)), AttributeName: aws.String("restore"),
		ValuesToAdd: []string{"all", "444444444444"},
	}))(t)
	return resource
}

func restorersOfInstance(ctx context.Context, t *testing.T, root aws.Config, resource string) any {
	told := playbooktest.Got(rds.NewFromConfig(root).DescribeDBSnapshotAttributes(ctx,
		&rds.DescribeDBSnapshotAttributesInput{DBSnapshotIdentifier: aws.String(snapshotName(resource))},
	))(t).DBSnapshotAttributesResult.DBSnapshotAttributes
	return sorted(told[0].AttributeValues)
}

// sorted are accounts in an order of their own: the lab keeps that in which they came.
func sorted(accounts []string) []string {
	slices.Sort(accounts)
	return accounts
}

func publicOfCluster(ctx context.Context, t *testing.T, root aws.Config) string {
	id := clusterName(newCluster(ctx, t, root))
	playbooktest.Got(rds.NewFromConfig(root).CreateDBClusterSnapshot(ctx, &rds.CreateDBClusterSnapshotInput{
		DBClusterIdentifier: id, DBClusterSnapshotIdentifier: id,
	}))(t)
	openToAccounts(ctx, t, root, *id, "all", "444444444444")
	return clusterSnapshots + *id
}

func openToAccounts(ctx context.Context, t *testing.T, root aws.Config, id string, accounts ...string) {
	playbooktest.Got(rds.NewFromConfig(root).ModifyDBClusterSnapshotAttribute(ctx,
		&rds.ModifyDBClusterSnapshotAttributeInput{
			DBClusterSnapshotIdentifier: &id, AttributeName: aws.String("restore"), ValuesToAdd: accounts,
		}))(t)
}

func restorersOfCluster(ctx context.Context, t *testing.T, root aws.Config, resource string) any {
	told := playbooktest.Got(rds.NewFromConfig(root).DescribeDBClusterSnapshotAttributes(ctx,
		&rds.DescribeDBClusterSnapshotAttributesInput{
			DBClusterSnapshotIdentifier: aws.String(strings.TrimPrefix(resource, clusterSnapshots)),
		}))(t).DBClusterSnapshotAttributesResult.DBClusterSnapshotAttributes
	return sorted(told[0].AttributeValues)
}

func shareOfCluster(ctx context.Context, t *testing.T, root aws.Config, resource string) {
	openToAccounts(ctx, t, root, strings.TrimPrefix(resource, clusterSnapshots), "333333333333")
}

func deleteSnapshot(ctx context.Context, t *testing.T, root aws.Config, resource string) {
	if id, ok := strings.CutPrefix(resource, clusterSnapshots); ok {
		playbooktest.Got(rds.NewFromConfig(root).DeleteDBClusterSnapshot(ctx,
			&rds.DeleteDBClusterSnapshotInput{DBClusterSnapshotIdentifier: &id}))(t)
		return
	}
	playbooktest.Got(rds.NewFromConfig(root).DeleteDBSnapshot(ctx, &rds.DeleteDBSnapshotInput{
		DBSnapshotIdentifier: aws.String(snapshotName(resource)),
	}))(t)
}

// AWS fails what everybody may restore, and nothing that named accounts may.
func TestPublicSnapshotLine(t *testing.T) {
	for id, tc := range map[string]struct{ resource, engine string }{
		"RDS.1": {snapshotPrefix + "a", ""}, "Neptune.3": {clusterSnapshots + "a", "neptune"},
		"DocumentDB.3": {clusterSnapshots + "a", "docdb"},
	} {
		shape := func(engine string, fails bool, pairs ...string) playbooktest.Shape {
			result, instance := &types.DBClusterSnapshotAttributesResult{}, &types.DBSnapshotAttributesResult{}
			for i := 0; i < len(pairs); i += 2 {
				values := strings.Fields(pairs[i+1])
				result.DBClusterSnapshotAttributes = append(result.DBClusterSnapshotAttributes,
					types.DBClusterSnapshotAttribute{AttributeName: &pairs[i], AttributeValues: values})
				instance.DBSnapshotAttributes = append(instance.DBSnapshotAttributes,
					types.DBSnapshotAttribute{AttributeName: &pairs[i], AttributeValues: values})
			}
			return playbooktest.Shape{Fails: fails, Answers: playbooktest.Answers(
				&rds.DescribeDBClusterSnapshotsOutput{DBClusterSnapshots: []types.DBClusterSnapshot{{Engine: &engine}}},
				&rds.DescribeDBClusterSnapshotAttributesOutput{DBClusterSnapshotAttributesResult: result},
				&rds.DescribeDBSnapshotAttributesOutput{DBSnapshotAttributesResult: instance})}
		}
		shapes := map[string]playbooktest.Shape{
			"no attribute": shape(tc.engine, false), "nobody": shape(tc.engine, false, "restore", ""),
			"named": shape(tc.engine, false, "restore", "333333333333"), "all": shape(tc.engine, true, "restore", "all"),
			"all and named": shape(tc.engine, true, "copy", "", "restore", "333333333333 all"),
			"not said": {Class: fault.Invalid, Answers: playbooktest.Answers(
				&rds.DescribeDBClusterSnapshotsOutput{DBClusterSnapshots: []types.DBClusterSnapshot{{Engine: &tc.engine}}},
				&rds.DescribeDBClusterSnapshotAttributesOutput{}, &rds.DescribeDBSnapshotAttributesOutput{})},
		}
		if tc.engine != "" {
			shapes["another engine"] = shape("aurora-mysql", false, "restore", "all")
			shapes["no snapshot"] = playbooktest.Shape{
				Class: fault.Invalid, Answers: playbooktest.Answers(&rds.DescribeDBClusterSnapshotsOutput{}),
			}
		}
		playbooktest.Judged(t, playbooktest.Pick(t, playbook.PublicSnapshots(), id), tc.resource, shapes)
	}
}
