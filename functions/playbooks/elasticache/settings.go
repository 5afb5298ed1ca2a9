package elasticache

import (
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/salve-security/salve/internal/control"
)

// paramRetention is AWS's name for the days of backups.
const paramRetention = "snapshotRetentionPeriod"

// Settings returns the controls that are met by one setting of a cluster or of a replication group.
func Settings() []control.Control {
	return []control.Control{backups(), upgrades(), failover()}
}

func backups() control.Control {
	return setting[int32]{
		name: "SnapshotRetentionLimit",
		value: func(c cache) *int32 {
			if c.group != nil {
				return c.group.SnapshotRetentionLimit
			}
			return c.cluster.SnapshotRetentionLimit
		},
		wanted: func(now int32, env control.Env) int32 {
			return max(now, int32(env.Params.Int(paramRetention))) //nolint:gosec // at most 35
		},
		stays: oldNodes,
		put: func(in *change, c cache, days int32) {
			in.cluster.SnapshotRetentionLimit, in.group.SnapshotRetentionLimit = &days, &days
			if days > 0 {
				in.group.SnapshottingClusterId = snapshotted(c)
			}
		},
	}.control(eitherARN, control.Info{
		ID: "ElastiCache.1",
		Effect: "A backup is taken each day in the cluster's window, of a replica where there is one, and billed by the " +
			"gigabyte for the days it is kept. Where there is none, or little memory is left, the cluster is slower " +
			"meanwhile. Undo shortens the time again, and ElastiCache deletes what is older.",
		Fails: control.Fails{
			When: "Backups of a Redis OSS or Valkey cluster are kept for fewer days than the parameter says, or none are " +
				"taken. Memcached does not count.",
			Rule: "elasticache-redis-cluster-automatic-backup-check",
		},
		Impact: control.ImpactNone,
		Params: []control.Param{{
			Name: paramRetention, Default: 1, Min: 1, Max: 35, Meaning: "How many days backups are kept at least.",
		}},
	})
}

// snapshotted is the cluster whose backup is taken: the one that people chose, a replica, or the only one there is. AWS
// takes none for a group with shards, of which it takes all.
func snapshotted(c cache) *string {
	switch {
	case c.group == nil, aws.ToBool(c.group.ClusterEnabled), len(c.group.NodeGroups) == 0:
		return nil
	case aws.ToString(c.group.SnapshottingClusterId) != "":
		return c.group.SnapshottingClusterId
	}
	members := c.group.NodeGroups[0].NodeGroupMembers
	for _, m := range members {
		if aws.ToString(m.CurrentRole) == "replica" {
			return m.CacheClusterId
		}
	}
	if len(members) == 0 {
		return nil
	}
	return members[0].CacheClusterId
}

func upgrades() control.Control {
	return setting[bool]{
		name:   "AutoMinorVersionUpgrade",
		value:  func(c cache) *bool { return c.cluster.AutoMinorVersionUpgrade },
		wanted: func(bool, control.Env) bool { return true },
		put: func(in *change, _ cache, on bool) {
			in.cluster.AutoMinorVersionUpgrade, in.group.AutoMinorVersionUpgrade = &on, &on
		},
	}.control(clusterARN, control.Info{
		ID: "ElastiCache.2",
		Effect: "ElastiCache installs new minor versions in the maintenance window, with a short outage each time, and " +
			"without replicas of all that is cached. Turning it on causes none. All clusters of a replication group change " +
			"together.",
		Fails: control.Fails{
			When: "Minor versions are not installed by themselves on a Redis OSS or Valkey cluster. Memcached does not count.",
			Rule: "elasticache-auto-minor-version-upgrade-check",
		},
		Impact: control.ImpactInterrupts,
	})
}

func failover() control.Control {
	return setting[bool]{
		name: "AutomaticFailover",
		value: func(c cache) *bool {
			if c.group.AutomaticFailover == "" {
				return nil
			}
			return aws.Bool(c.group.AutomaticFailover == "enabled") // enabling is not yet
		},
		wanted: func(bool, control.Env) bool { return true },
		stays: func(c cache) string {
			for _, n := range c.group.NodeGroups {
				if len(n.NodeGroupMembers) < 2 {
					return "the node group " + aws.ToString(n.NodeGroupId) + " has no replica that could take over: add one first"
				}
			}
			return oldNodes(c)
		},
		put: func(in *change, _ cache, on bool) { in.group.AutomaticFailoverEnabled = &on },
	}.control(groupARN, control.Info{
		ID: "ElastiCache.3",
		Effect: "Where the primary fails, a replica takes over within about a minute, and writes that it did not get yet " +
			"are lost. Clients have to use the primary endpoint of the group: one with the address of a node goes on asking " +
			"that.",
		Fails: control.Fails{
			When: "Automatic failover of the replication group is off, or being switched on or off.",
			Rule: "elasticache-repl-grp-auto-failover-enabled",
		},
		Impact: control.ImpactInterrupts,
	})
}

// oldNodes tells nodes of the first generation, which take neither backups nor failover.
func oldNodes(c cache) string {
	if node := aws.ToString(c.cluster.CacheNodeType); strings.HasPrefix(node, "cache.t1.") {
		return "nodes of the type " + node + " cannot do it: move to a newer one first"
	}
	return ""
}
