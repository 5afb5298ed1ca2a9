package elasticache_test

import (
	"context"
	"crypto/rand"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/elasticache"
	"github.com/aws/aws-sdk-go-v2/service/elasticache/types"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	playbook "github.com/salve-security/salve/functions/playbooks/elasticache"
	"github.com/salve-security/salve/functions/playbooktest"
	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
)

const (
	clusters = "arn:aws:elasticache:us-east-1:222222222222:cluster:"
	groups   = "arn:aws:elasticache:us-east-1:222222222222:replicationgroup:"
)

func name(resource string) *string { return aws.String(resource[strings.LastIndex(resource, ":")+1:]) }

// upgraded are the clusters that take minor versions by themselves: the lab does not keep it.
type upgraded map[string]bool

func (u upgraded) amend(in, out any) {
	if modified, ok := in.(*elasticache.ModifyCacheClusterInput); ok && modified.AutoMinorVersionUpgrade != nil {
		u[*modified.CacheClusterId] = *modified.AutoMinorVersionUpgrade
	}
	if got, ok := out.(*elasticache.DescribeCacheClustersOutput); ok {
		for i, c := range got.CacheClusters {
			got.CacheClusters[i].AutoMinorVersionUpgrade = aws.Bool(u[*c.CacheClusterId])
		}
	}
}

func TestClusters(t *testing.T) {
	world := playbooktest.Amended(playbooktest.World(t), upgraded{}.amend)
	playbooktest.Family(t, playbook.Settings()[:2], func(c control.Control) playbooktest.Suite {
		const other = "for a replication group, which the other start and a stand-in show"
		suite := playbooktest.Suite{
			World: world, Control: c,
			Seed: func(ctx context.Context, t *testing.T, root aws.Config) string {
				t.Helper()
				client := elasticache.NewFromConfig(root)
				return *playbooktest.Got(client.CreateCacheCluster(ctx, &elasticache.CreateCacheClusterInput{
					CacheClusterId: aws.String("suite-" + strings.ToLower(rand.Text()[:12])), Engine: aws.String("redis"),
					CacheNodeType: aws.String("cache.t3.micro"), NumCacheNodes: aws.Int32(1),
				}))(t).CacheCluster.ARN
			},
			Foreign: []string{clusters + "*", clusters + "A", clusters, "arn:aws:elasticache:us-east-1:222222222222:snapshot:a"},
			Observe: func(ctx context.Context, t *testing.T, root aws.Config, resource string) any {
				t.Helper()
				now := playbooktest.Got(elasticache.NewFromConfig(root).DescribeCacheClusters(ctx,
					&elasticache.DescribeCacheClustersInput{CacheClusterId: name(resource)}))(t).CacheClusters[0]
				return []any{*now.SnapshotRetentionLimit, *now.AutoMinorVersionUpgrade, *now.PreferredMaintenanceWindow}
			},
			Unrelated: modifyCluster(elasticache.ModifyCacheClusterInput{
				PreferredMaintenanceWindow: aws.String("sun:07:00-sun:08:00"),
			}),
			Delete: func(ctx context.Context, t *testing.T, root aws.Config, resource string) {
				t.Helper()
				playbooktest.Got(elasticache.NewFromConfig(root).DeleteCacheCluster(ctx, &elasticache.DeleteCacheClusterInput{
					CacheClusterId: name(resource),
				}))(t)
			},
			Unseen: map[string]string{
				"elasticache:DescribeReplicationGroups": other, "elasticache:ModifyReplicationGroup": other,
			},
		}
		if c.ID == "ElastiCache.1" {
			suite.Disturb = modifyCluster(elasticache.ModifyCacheClusterInput{SnapshotRetentionLimit: aws.Int32(30)})
		} else {
			suite.Skip = map[string]string{playbooktest.CaseDrift: "the setting has two values, and both are ours"}
		}
		return suite
	})
}

func modifyCluster(in elasticache.ModifyCacheClusterInput) playbooktest.Act {
	return func(ctx context.Context, t *testing.T, root aws.Config, resource string) {
		t.Helper()
		in.CacheClusterId = name(resource)
		playbooktest.Got(elasticache.NewFromConfig(root).ModifyCacheCluster(ctx, &in))(t)
	}
}

func TestGroups(t *testing.T) {
	all := playbook.Settings()
	playbooktest.Family(t, []control.Control{all[0], all[2]}, func(c control.Control) playbooktest.Suite {
		suite := playbooktest.Suite{
			Control: c,
			Seed: func(ctx context.Context, t *testing.T, root aws.Config) string {
				t.Helper()
				return *playbooktest.Got(elasticache.NewFromConfig(root).CreateReplicationGroup(ctx,
					&elasticache.CreateReplicationGroupInput{
						ReplicationGroupId:          aws.String("suite-" + strings.ToLower(rand.Text()[:12])),
						ReplicationGroupDescription: aws.String("shop"), Engine: aws.String("redis"),
						CacheNodeType: aws.String("cache.t3.micro"), NumCacheClusters: aws.Int32(2),
					}))(t).ReplicationGroup.ARN
			},
			Foreign: []string{groups + "*", groups + "A", groups},
			Observe: func(ctx context.Context, t *testing.T, root aws.Config, resource string) any {
				t.Helper()
				now := playbooktest.Got(elasticache.NewFromConfig(root).DescribeReplicationGroups(ctx,
					&elasticache.DescribeReplicationGroupsInput{ReplicationGroupId: name(resource)}))(t).ReplicationGroups[0]
				return []any{*now.SnapshotRetentionLimit, now.AutomaticFailover, *now.Description}
			},
			Unrelated: modifyGroup(elasticache.ModifyReplicationGroupInput{ReplicationGroupDescription: aws.String("other")}),
			Delete: func(ctx context.Context, t *testing.T, root aws.Config, resource string) {
				t.Helper()
				playbooktest.Got(elasticache.NewFromConfig(root).DeleteReplicationGroup(ctx,
					&elasticache.DeleteReplicationGroupInput{ReplicationGroupId: name(resource)}))(t)
			},
		}
		if c.ID == "ElastiCache.1" {
			suite.Unseen = map[string]string{
				"elasticache:ModifyCacheCluster": "for a cluster of no group: the other start shows it",
			}
			suite.Disturb = modifyGroup(elasticache.ModifyReplicationGroupInput{SnapshotRetentionLimit: aws.Int32(30)})
		} else {
			suite.Skip = map[string]string{playbooktest.CaseDrift: "the setting has two values, and both are ours"}
		}
		return suite
	})
}

func modifyGroup(in elasticache.ModifyReplicationGroupInput) playbooktest.Act {
	return func(ctx context.Context, t *testing.T, root aws.Config, resource string) {
		t.Helper()
		in.ReplicationGroupId = name(resource)
		playbooktest.Got(elasticache.NewFromConfig(root).ModifyReplicationGroup(ctx, &in))(t)
	}
}

// cluster is a Redis cluster as AWS answers it, with everything on.
func cluster(changes ...func(c *types.CacheCluster)) types.CacheCluster {
	c := types.CacheCluster{
		Engine: aws.String("redis"), CacheNodeType: aws.String("cache.r7g.large"), SnapshotRetentionLimit: aws.Int32(1),
		AutoMinorVersionUpgrade: aws.Bool(true), PendingModifiedValues: &types.PendingModifiedValues{},
	}
	for _, change := range changes {
		change(&c)
	}
	return c
}

// group is one with a node group of two, primary first.
func group(changes ...func(g *types.ReplicationGroup)) types.ReplicationGroup {
	g := types.ReplicationGroup{
		ReplicationGroupId: aws.String("shop"), MemberClusters: []string{"shop-001", "shop-002"},
		SnapshotRetentionLimit: aws.Int32(1), AutomaticFailover: types.AutomaticFailoverStatusEnabled,
		NodeGroups: []types.NodeGroup{{NodeGroupId: aws.String("0001"), NodeGroupMembers: []types.NodeGroupMember{
			{CacheClusterId: aws.String("shop-001"), CurrentRole: aws.String("primary")},
			{CacheClusterId: aws.String("shop-002"), CurrentRole: aws.String("replica")},
		}}},
	}
	for _, change := range changes {
		change(&g)
	}
	return g
}

func answers(c types.CacheCluster, all ...types.ReplicationGroup) playbooktest.StandIn {
	return playbooktest.Answers(&elasticache.DescribeCacheClustersOutput{CacheClusters: []types.CacheCluster{c}},
		&elasticache.DescribeReplicationGroupsOutput{ReplicationGroups: all})
}

// The changes that put a cluster on the wrong side of the line, or out of its reach.
func noBackup(c *types.CacheCluster)  { c.SnapshotRetentionLimit = aws.Int32(0) }
func noUpgrade(c *types.CacheCluster) { c.AutoMinorVersionUpgrade = aws.Bool(false) }
func memcached(c *types.CacheCluster) { c.Engine = aws.String("memcached") }
func valkey(c *types.CacheCluster)    { c.Engine = aws.String("valkey") }
func ofShop(c *types.CacheCluster)    { c.ReplicationGroupId = aws.String("shop") }
func firstNodes(c *types.CacheCluster) {
	c.CacheNodeType = aws.String("cache.t1.micro")
}

func newVersion(c *types.CacheCluster) {
	c.PendingModifiedValues = &types.PendingModifiedValues{EngineVersion: aws.String("7.1")}
}

// better: ElastiCache.2 does not set off what waits for the maintenance window
func TestLineOfClusters(t *testing.T) {
	for id, bad := range map[string]func(c *types.CacheCluster){"ElastiCache.1": noBackup, "ElastiCache.2": noUpgrade} {
		playbooktest.Judged(t, playbooktest.Pick(t, playbook.Settings(), id), clusters+"shop", map[string]playbooktest.Shape{
			"bad": {Answers: answers(cluster(bad)), Fails: true}, "good": {Answers: answers(cluster())},
			"Valkey":    {Answers: answers(cluster(bad, valkey)), Fails: true},
			"Memcached": {Answers: answers(cluster(bad, memcached))},
			"waiting": {
				Answers: answers(cluster(bad, newVersion)), Class: fault.Refused, Words: []string{"maintenance window"},
			},
			"good, too":  {Answers: answers(cluster(newVersion))},
			"other name": {Answers: answers(cluster(bad, ofShop)), Class: fault.Refused, Words: []string{"group shop"}},
			"unset": {Class: fault.Invalid, Answers: answers(cluster(func(c *types.CacheCluster) {
				c.SnapshotRetentionLimit, c.AutoMinorVersionUpgrade = nil, nil
			}))},
			"none": {Class: fault.Invalid, Answers: playbooktest.Answers(&elasticache.DescribeCacheClustersOutput{})},
		})
	}
	playbooktest.Judged(t, playbooktest.Pick(t, playbook.Settings(), "ElastiCache.1"), clusters+"shop",
		map[string]playbooktest.Shape{
			"first generation": {Answers: answers(cluster(noBackup, firstNodes)), Class: fault.Refused, Words: []string{"t1"}},
			"fewer days":       {Answers: answers(cluster()), Params: map[string]any{"snapshotRetentionPeriod": 2}, Fails: true},
		})
}

// better: ElastiCache.3 looks for a replica first, and applies at once
func TestLineOfGroups(t *testing.T) {
	failover := func(s types.AutomaticFailoverStatus) func(g *types.ReplicationGroup) {
		return func(g *types.ReplicationGroup) { g.AutomaticFailover = s }
	}
	off := failover(types.AutomaticFailoverStatusDisabled)
	alone := func(g *types.ReplicationGroup) {
		g.NodeGroups[0].NodeGroupMembers = g.NodeGroups[0].NodeGroupMembers[:1]
	}
	playbooktest.Judged(t, playbooktest.Pick(t, playbook.Settings(), "ElastiCache.3"), groups+"shop",
		map[string]playbooktest.Shape{
			"off": {Answers: answers(cluster(), group(off)), Fails: true}, "on": {Answers: answers(cluster(), group())},
			"soon":     {Answers: answers(cluster(), group(failover(types.AutomaticFailoverStatusEnabling))), Fails: true},
			"not soon": {Answers: answers(cluster(), group(failover(types.AutomaticFailoverStatusDisabling))), Fails: true},
			"not said": {Answers: answers(cluster(), group(failover(""))), Class: fault.Invalid},
			"alone": {
				Answers: answers(cluster(), group(off, alone)), Class: fault.Refused, Words: []string{"0001", "replica"},
			},
			"alone, on": {Answers: answers(cluster(), group(alone))},
			"first generation": {
				Answers: answers(cluster(firstNodes), group(off)), Class: fault.Refused, Words: []string{"t1"},
			},
			"waiting": {Answers: answers(cluster(newVersion), group(off)), Class: fault.Refused, Words: []string{"window"}},
			"none":    {Answers: answers(cluster()), Class: fault.Invalid},
		})
}

// A member is changed by its group, at once, and a backup is taken of a replica: what is sent shows it.
//
// better: ElastiCache.1 asks the replication group where a cluster belongs to one
// better: ElastiCache.2 does not set off what waits for the maintenance window
// better: ElastiCache.3 looks for a replica first, and applies at once
func TestGroupsAreChangedAtOnce(t *testing.T) {
	chosen := func(g *types.ReplicationGroup) { g.SnapshottingClusterId = aws.String("shop-001") }
	sharded := func(g *types.ReplicationGroup) { g.ClusterEnabled = aws.Bool(true) }
	none := func(g *types.ReplicationGroup) { g.SnapshotRetentionLimit = aws.Int32(0) }
	off := func(g *types.ReplicationGroup) { g.AutomaticFailover = types.AutomaticFailoverStatusDisabled }
	for what, tc := range map[string]struct {
		id, resource string
		group        types.ReplicationGroup
		want         elasticache.ModifyReplicationGroupInput
	}{
		"of a replica": {
			"ElastiCache.1", clusters + "shop-001", group(none),
			elasticache.ModifyReplicationGroupInput{
				SnapshotRetentionLimit: aws.Int32(1), SnapshottingClusterId: aws.String("shop-002"),
			},
		},
		"of what was chosen": {
			"ElastiCache.1", groups + "shop", group(none, chosen),
			elasticache.ModifyReplicationGroupInput{
				SnapshotRetentionLimit: aws.Int32(1), SnapshottingClusterId: aws.String("shop-001"),
			},
		},
		"of all shards": {
			"ElastiCache.1", groups + "shop", group(none, sharded),
			elasticache.ModifyReplicationGroupInput{SnapshotRetentionLimit: aws.Int32(1)},
		},
		"upgrades": {
			"ElastiCache.2", clusters + "shop-001", group(),
			elasticache.ModifyReplicationGroupInput{AutoMinorVersionUpgrade: aws.Bool(true)},
		},
		"failover": {
			"ElastiCache.3", groups + "shop", group(off),
			elasticache.ModifyReplicationGroupInput{AutomaticFailoverEnabled: aws.Bool(true)},
		},
	} {
		t.Run(what, func(t *testing.T) {
			c, sent := playbooktest.Pick(t, playbook.Settings(), tc.id), elasticache.ModifyReplicationGroupInput{}
			is := answers(cluster(ofShop, noUpgrade), tc.group)
			is["ModifyReplicationGroup"] = func(in any) (any, error) {
				sent = *in.(*elasticache.ModifyReplicationGroupInput)
				return &elasticache.ModifyReplicationGroupOutput{}, nil
			}
			env := playbooktest.Env(t, c, tc.resource, playbooktest.Unplugged(), is)
			playbooktest.Done(t, c.Apply(t.Context(), env, playbooktest.Got(c.Plan(t.Context(), env))(t)))
			tc.want.ReplicationGroupId, tc.want.ApplyImmediately = aws.String("shop"), aws.Bool(true)
			if d := cmp.Diff(tc.want, sent, cmpopts.IgnoreUnexported(elasticache.ModifyReplicationGroupInput{})); d != "" {
				t.Errorf("sent (-want +got):\n%s", d)
			}
		})
	}
}
