package redshift

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/redshift"
	"github.com/aws/aws-sdk-go-v2/service/redshift/types"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/kind"
)

// paramRetention is AWS's name for the days of snapshots.
const paramRetention = "MinRetentionPeriod"

// setting is one value of a cluster, which a change of the cluster carries, and nothing else with it.
type setting[V comparable] struct {
	name   string
	value  func(c *types.Cluster) *V
	wanted func(now V, env control.Env) V
	put    func(in *redshift.ModifyClusterInput, v V)
}

// Settings returns the controls that are met by one setting of a cluster.
func Settings() []control.Control {
	return []control.Control{publicCluster(), snapshots(), upgrades()}
}

func publicCluster() control.Control {
	return setting[bool]{
		name:   "PubliclyAccessible",
		value:  func(c *types.Cluster) *bool { return c.PubliclyAccessible },
		wanted: func(bool, control.Env) bool { return false },
		put:    func(in *redshift.ModifyClusterInput, v bool) { in.PubliclyAccessible = &v },
	}.control(control.Info{
		ID: "Redshift.1",
		Effect: "The cluster has no public address any more: its name leads to its private one, and clients outside the " +
			"VPC and the networks connected to it are cut off, such as BI tools and loaders elsewhere. Look first who " +
			"connects from where; security groups stay. Undo gives it a public address again, an Elastic IP only if somebody " +
			"attaches it.",
		Fails: control.Fails{
			When: "The cluster is set to be publicly accessible, whatever its security groups and subnets let in.",
			Rule: "redshift-cluster-public-access-check",
		},
		Impact: control.ImpactInterrupts,
	})
}

func snapshots() control.Control {
	return setting[int32]{
		name:  "AutomatedSnapshotRetentionPeriod",
		value: func(c *types.Cluster) *int32 { return c.AutomatedSnapshotRetentionPeriod },
		wanted: func(now int32, env control.Env) int32 {
			return max(now, int32(env.Params.Int(paramRetention))) //nolint:gosec // at most 35
		},
		put: func(in *redshift.ModifyClusterInput, v int32) { in.AutomatedSnapshotRetentionPeriod = &v },
	}.control(control.Info{
		ID: "Redshift.3",
		Effect: "Automated snapshots are taken and kept for longer, and what goes beyond what is free is billed as backup " +
			"storage by the gigabyte. Undo shortens the time again, and Redshift deletes what is older.",
		Fails: control.Fails{
			When: "The cluster keeps automated snapshots for fewer days than the parameter says, or takes none.",
			Rule: "redshift-backup-enabled",
		},
		Impact: control.ImpactNone,
		Params: []control.Param{{
			Name: paramRetention, Default: 7, Min: 7, Max: 35, Meaning: "How many days automated snapshots are kept at least.",
		}},
	})
}

func upgrades() control.Control {
	return setting[bool]{
		name:   "AllowVersionUpgrade",
		value:  func(c *types.Cluster) *bool { return c.AllowVersionUpgrade },
		wanted: func(bool, control.Env) bool { return true },
		put:    func(in *redshift.ModifyClusterInput, v bool) { in.AllowVersionUpgrade = &v },
	}.control(control.Info{
		ID: "Redshift.6",
		Effect: "Redshift installs new major versions in the maintenance window, and the cluster does not answer for some " +
			"minutes each time. Turning it on causes no outage by itself.",
		Fails: control.Fails{
			When: "Upgrades to new major versions are not allowed in the maintenance window. Which window that is, and how " +
				"long snapshots are kept, does not matter here.",
			Rule: "redshift-cluster-maintenancesettings-check",
		},
		Impact: control.ImpactInterrupts,
	})
}

// control returns the control that is met by the setting.
func (s setting[V]) control(info control.Info) control.Control {
	info.Pattern, info.Actions = clusterARN, []string{"redshift:DescribeClusters", "redshift:ModifyCluster"}
	info.Writes = "redshift.cluster." + s.name
	info.Settle = control.Settle{Typical: time.Minute, Within: time.Hour}
	return kind.Setting[V]{
		Name: s.name,
		Get: func(ctx context.Context, env control.Env) (V, error) {
			c, err := describe(ctx, env)
			if err != nil {
				var none V
				return none, err
			}
			now, err := kind.Answered(s.value(&c), "DescribeClusters", s.name)
			if err == nil && !env.Undo && s.wanted(now, env) != now && stuck(aws.ToString(c.ClusterStatus)) {
				err = refuseStuck(*c.ClusterStatus)
			}
			return now, err
		},
		Want: func(now V, env control.Env) (V, error) { return s.wanted(now, env), nil },
		Set: func(ctx context.Context, env control.Env, to V) error {
			in := &redshift.ModifyClusterInput{ClusterIdentifier: &env.Name}
			s.put(in, to)
			_, err := redshift.NewFromConfig(env.Config).ModifyCluster(ctx, in)
			return err
		},
	}.Control(info)
}

// describe asks for the cluster by its name.
func describe(ctx context.Context, env control.Env) (types.Cluster, error) {
	out, err := redshift.NewFromConfig(env.Config).DescribeClusters(ctx, &redshift.DescribeClustersInput{
		ClusterIdentifier: &env.Name,
	})
	if err != nil {
		return types.Cluster{}, err
	}
	if len(out.Clusters) != 1 || aws.ToString(out.Clusters[0].ClusterIdentifier) != env.Name {
		return types.Cluster{}, fault.New(fault.Invalid, "DescribeClusters answered about %d clusters, and not just about %s",
			len(out.Clusters), env.Name)
	}
	return out.Clusters[0], nil
}

func refuseStuck(status string) error {
	return fault.New(fault.Refused, "the cluster is %s and takes no change: resume or repair it, then try again", status)
}
