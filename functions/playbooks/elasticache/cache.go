// Package elasticache holds the playbooks for Amazon ElastiCache.
package elasticache

import (
	"context"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/elasticache"
	"github.com/aws/aws-sdk-go-v2/service/elasticache/types"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/kind"
)

// The ids of clusters and of replication groups.
var (
	clusterARN = regexp.MustCompile(`^arn:aws[a-z-]*:elasticache:[a-z0-9-]+:\d{12}:cluster:([a-z][a-z0-9-]{0,49})$`)
	groupARN   = regexp.MustCompile(
		`^arn:aws[a-z-]*:elasticache:[a-z0-9-]+:\d{12}:replicationgroup:([a-z][a-z0-9-]{0,39})$`)
	eitherARN = regexp.MustCompile(
		`^arn:aws[a-z-]*:elasticache:[a-z0-9-]+:\d{12}:(?:cluster|replicationgroup):([a-z][a-z0-9-]{0,49})$`)
	// memberName is how ElastiCache names the clusters of a group, which is the first part.
	memberName = regexp.MustCompile(`^(.*?)(?:-\d{4})?-\d{3}$`)
)

// cache is a cluster with the group that it belongs to, if any; of a group it is the first cluster.
type cache struct {
	cluster types.CacheCluster
	group   *types.ReplicationGroup
}

// change is a change at once, of one of both: of the group where there is one.
type change struct {
	cluster elasticache.ModifyCacheClusterInput
	group   elasticache.ModifyReplicationGroupInput
}

// setting is one value of a cache. Memcached has none.
type setting[V comparable] struct {
	name   string
	value  func(c cache) *V
	wanted func(now V, env control.Env) V
	stays  func(c cache) string // why it cannot be changed and what to do, "" where it can; nil is always
	put    func(in *change, c cache, v V)
}

func (s setting[V]) control(pattern *regexp.Regexp, info control.Info) control.Control {
	info.Pattern = pattern
	info.Actions = []string{
		"elasticache:DescribeCacheClusters", "elasticache:DescribeReplicationGroups", "elasticache:ModifyReplicationGroup",
	}
	if pattern != groupARN {
		info.Actions = append(info.Actions, "elasticache:ModifyCacheCluster")
	}
	info.Settle = control.Settle{Typical: 2 * time.Minute, Within: time.Hour}
	info.Narrow, info.Lock, info.Writes = narrow, lock, "elasticache."+s.name
	return kind.Setting[*V]{
		Name: s.name, Get: s.get, Set: s.set,
		Want: func(now *V, env control.Env) (*V, error) {
			if now == nil {
				return nil, nil //nolint:nilnil // no value is a state
			}
			to := s.wanted(*now, env)
			return &to, nil
		},
	}.Control(info)
}

func (s setting[V]) get(ctx context.Context, env control.Env) (*V, error) {
	c, err := describe(ctx, env)
	if err != nil || aws.ToString(c.cluster.Engine) == "memcached" {
		return nil, err
	}
	now, err := kind.Answered(s.value(c), "ElastiCache", s.name)
	if err != nil {
		return nil, err
	}
	if env.Undo || s.wanted(now, env) == now {
		return &now, nil
	}
	if s.stays != nil && s.stays(c) != "" {
		return nil, fault.New(fault.Refused, "%s", s.stays(c))
	}
	if waits(c.cluster.PendingModifiedValues) {
		return nil, fault.New(fault.Refused, "the change would set off what waits for the maintenance window, such as "+
			"another version or node type: let that happen first, or take it back")
	}
	return &now, nil
}

// waits tells that something waits for the maintenance window: a change at once takes it along.
func waits(p *types.PendingModifiedValues) bool {
	return p != nil &&
		(p.EngineVersion != nil || p.CacheNodeType != nil || p.NumCacheNodes != nil || p.ScaleConfig != nil ||
			p.TransitEncryptionEnabled != nil || p.TransitEncryptionMode != "" || len(p.CacheNodeIdsToRemove) > 0)
}

func (s setting[V]) set(ctx context.Context, env control.Env, to *V) error {
	c, err := describe(ctx, env)
	if err != nil {
		return err
	}
	client, in := elasticache.NewFromConfig(env.Config), change{}
	s.put(&in, c, *to)
	if c.group != nil {
		in.group.ReplicationGroupId, in.group.ApplyImmediately = c.group.ReplicationGroupId, aws.Bool(true)
		_, err = client.ModifyReplicationGroup(ctx, &in.group)
		return err
	}
	in.cluster.CacheClusterId, in.cluster.ApplyImmediately = &env.Name, aws.Bool(true)
	_, err = client.ModifyCacheCluster(ctx, &in.cluster)
	return err
}

// describe reads a cluster and its group, or a group and its first cluster.
func describe(ctx context.Context, env control.Env) (cache, error) {
	if groupARN.MatchString(env.Target.Resource) {
		group, err := replicationGroup(ctx, env, env.Name)
		if err != nil {
			return cache{}, err
		}
		for _, end := range firstOnes() {
			if slices.Contains(group.MemberClusters, env.Name+end) {
				cluster, err := cacheCluster(ctx, env, env.Name+end)
				return cache{cluster, &group}, err
			}
		}
		return cache{}, fault.New(fault.Refused, "none of the clusters %s is named as a group's first ones are: change the "+
			"group yourself", strings.Join(group.MemberClusters, ", "))
	}
	cluster, err := cacheCluster(ctx, env, env.Name)
	if id := aws.ToString(cluster.ReplicationGroupId); err == nil && id != "" {
		if id != groupOf(env.Name) {
			return cache{}, fault.New(fault.Refused, "the cluster is one of the replication group %s, and not named after it: "+
				"change the group yourself", id)
		}
		group, err := replicationGroup(ctx, env, id)
		return cache{cluster, &group}, err
	}
	return cache{cluster: cluster}, err
}

func cacheCluster(ctx context.Context, env control.Env, name string) (types.CacheCluster, error) {
	out, err := elasticache.NewFromConfig(env.Config).DescribeCacheClusters(ctx, &elasticache.DescribeCacheClustersInput{
		CacheClusterId: &name,
	})
	if err != nil {
		return types.CacheCluster{}, err
	}
	found, err := kind.Only(out.CacheClusters, "DescribeCacheClusters", "clusters", name)
	if err == nil && aws.ToString(found.Engine) == "" {
		err = fault.New(fault.Invalid, "DescribeCacheClusters answered without the engine of %s", name)
	}
	return found, err
}

func replicationGroup(ctx context.Context, env control.Env, name string) (types.ReplicationGroup, error) {
	out, err := elasticache.NewFromConfig(env.Config).DescribeReplicationGroups(ctx,
		&elasticache.DescribeReplicationGroupsInput{ReplicationGroupId: &name})
	if err != nil {
		return types.ReplicationGroup{}, err
	}
	return kind.Only(out.ReplicationGroups, "DescribeReplicationGroups", "groups", name)
}

// groupOf is the group that a cluster of the name would belong to, "" for one that is named otherwise.
func groupOf(cluster string) string {
	if m := memberName.FindStringSubmatch(cluster); m != nil {
		return m[1]
	}
	return ""
}

// narrow is the resource, and the group or the clusters beside it.
func narrow(env control.Env) []string {
	id := env.Target.Resource
	place := id[:strings.LastIndex(id[:strings.LastIndex(id, ":")], ":")+1]
	switch group := groupOf(env.Name); {
	case groupARN.MatchString(id):
		all := []string{id}
		for _, end := range firstOnes() {
			all = append(all, place+"cluster:"+env.Name+end)
		}
		return all
	case group != "":
		return []string{id, place + "replicationgroup:" + group}
	}
	return []string{id}
}

// firstOnes are the ends of the names of a group's first clusters, without and with shards: enough to look at one, and
// few enough for the session.
func firstOnes() []string {
	return []string{"-001", "-002", "-003", "-0001-001", "-0001-002", "-0001-003"}
}

// lock is the group for all of its clusters: they are changed with it.
func lock(env control.Env) []string {
	if all := narrow(env); !groupARN.MatchString(env.Target.Resource) {
		return all[len(all)-1:] // itself, or its group
	}
	return []string{env.Target.Resource}
}
