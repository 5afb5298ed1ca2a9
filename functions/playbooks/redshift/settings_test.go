package redshift_test

import (
	"context"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/redshift"
	"github.com/aws/aws-sdk-go-v2/service/redshift/types"

	playbook "github.com/salve-security/salve/functions/playbooks/redshift"
	"github.com/salve-security/salve/functions/playbooktest"
	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
)

func TestSettings(t *testing.T) {
	playbooktest.Family(t, playbook.Settings(), func(c control.Control) playbooktest.Suite {
		suite := playbooktest.Suite{
			Control: c, Seed: newCluster, Foreign: []string{clusters + "*", clusters + "a--b", clusters + "A"},
			Observe: func(ctx context.Context, t *testing.T, root aws.Config, resource string) any {
				now := playbooktest.Got(redshift.NewFromConfig(root).DescribeClusters(ctx, &redshift.DescribeClustersInput{
					ClusterIdentifier: id(resource),
				}))(t).Clusters[0]
				return []any{
					*now.PubliclyAccessible, *now.AllowVersionUpgrade, *now.AutomatedSnapshotRetentionPeriod,
					*now.PreferredMaintenanceWindow,
				}
			},
			Unrelated: modify(redshift.ModifyClusterInput{PreferredMaintenanceWindow: aws.String("sun:05:00-sun:05:30")}),
			Delete: func(ctx context.Context, t *testing.T, root aws.Config, resource string) {
				playbooktest.Got(redshift.NewFromConfig(root).DeleteCluster(ctx, &redshift.DeleteClusterInput{
					ClusterIdentifier: id(resource), SkipFinalClusterSnapshot: aws.Bool(true),
				}))(t)
			},
			Skip: map[string]string{
				playbooktest.CaseDrift:  "the setting has two values, and both are ours",
				playbooktest.CaseNarrow: "the lab cannot tell which cluster a call of Redshift is about",
			},
		}
		if c.ID == "Redshift.3" {
			suite.Disturb = modify(redshift.ModifyClusterInput{AutomatedSnapshotRetentionPeriod: aws.Int32(30)})
			delete(suite.Skip, playbooktest.CaseDrift)
		}
		return suite
	})
}

func modify(in redshift.ModifyClusterInput) playbooktest.Act {
	return func(ctx context.Context, t *testing.T, root aws.Config, resource string) {
		t.Helper()
		in.ClusterIdentifier = id(resource)
		playbooktest.Got(redshift.NewFromConfig(root).ModifyCluster(ctx, &in))(t)
	}
}

// AWS looks at the one setting, whatever the others are. A cluster that takes no change is refused before anybody is
// asked, and not where there is nothing to change.
func TestLineOfSettings(t *testing.T) {
	for name, set := range map[string]func(c *types.Cluster, good bool){
		"Redshift.1": func(c *types.Cluster, good bool) { c.PubliclyAccessible = aws.Bool(!good) },
		"Redshift.3": func(c *types.Cluster, good bool) {
			c.AutomatedSnapshotRetentionPeriod = map[bool]*int32{true: aws.Int32(7), false: aws.Int32(6)}[good]
		},
		"Redshift.6": func(c *types.Cluster, good bool) { c.AllowVersionUpgrade = &good },
	} {
		shape := func(good bool, status string) playbooktest.StandIn {
			c := types.Cluster{ClusterIdentifier: aws.String("sales"), ClusterStatus: &status}
			set(&c, good)
			return playbooktest.Answers(&redshift.DescribeClustersOutput{Clusters: []types.Cluster{c}})
		}
		c := playbooktest.Pick(t, playbook.Settings(), name)
		playbooktest.Judged(t, c, clusters+"sales", map[string]playbooktest.Shape{
			"bad": {Answers: shape(false, "available"), Fails: true}, "good": {Answers: shape(true, "available")},
			"bad, paused":  {Answers: shape(false, "paused"), Class: fault.Refused, Words: []string{"resume"}},
			"good, paused": {Answers: shape(true, "paused")},
			"unset": {Class: fault.Invalid, Answers: playbooktest.Answers(&redshift.DescribeClustersOutput{
				Clusters: []types.Cluster{{ClusterIdentifier: aws.String("sales")}},
			})},
			"none": {Class: fault.Invalid, Answers: playbooktest.Answers(&redshift.DescribeClustersOutput{})},
		})
	}
}

// The days are AWS's parameter: none is the worst, and more than are asked for stay.
func TestDaysOfSnapshots(t *testing.T) {
	shapes := map[string]playbooktest.Shape{}
	for name, tc := range map[string]struct {
		days  int32
		asked int
		fails bool
	}{
		"none": {0, 7, true}, "one less": {13, 14, true}, "as many": {14, 14, false}, "more": {35, 7, false},
	} {
		shapes[name] = playbooktest.Shape{
			Answers: playbooktest.Answers(&redshift.DescribeClustersOutput{Clusters: []types.Cluster{{
				ClusterIdentifier: aws.String("sales"), AutomatedSnapshotRetentionPeriod: &tc.days,
			}}}),
			Params: map[string]any{"MinRetentionPeriod": tc.asked}, Fails: tc.fails,
		}
	}
	playbooktest.Judged(t, playbooktest.Pick(t, playbook.Settings(), "Redshift.3"), clusters+"sales", shapes)
}
