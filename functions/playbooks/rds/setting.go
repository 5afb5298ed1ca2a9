package rds

import (
	"context"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/rds"
	"github.com/aws/aws-sdk-go-v2/service/rds/types"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/kind"
)

// setting is one value of R, a DB instance or a cluster, which a call with the input I changes. Nothing but the value
// is sent: RDS makes such changes soon in any case, and to ask for that would also set off whatever else waits for the
// maintenance window.
type setting[R, I any, V comparable] struct {
	name    string
	engines []string        // those that AWS looks at; nil is all
	skips   func(r *R) bool // those that it does not look at; nil is none
	value   func(r *R) *V   // nil where AWS leaves it out
	wanted  func(now V, env control.Env) V
	stays   func(r *R) string // why it cannot be changed, and what to do, "" where it can; nil is always
	put     func(in *I, v *V)
}

// calls are how R is read and changed.
type calls[R, I any] struct {
	read    func(ctx context.Context, env control.Env) (R, error)
	engine  func(r *R) *string
	modify  func(ctx context.Context, env control.Env, in *I) error
	pattern *regexp.Regexp
	actions []string // the one that reads first
	of      string
}

func instances() calls[types.DBInstance, rds.ModifyDBInstanceInput] {
	return calls[types.DBInstance, rds.ModifyDBInstanceInput]{
		read:   describe,
		engine: func(db *types.DBInstance) *string { return db.Engine },
		modify: func(ctx context.Context, env control.Env, in *rds.ModifyDBInstanceInput) error {
			in.DBInstanceIdentifier = &env.Name
			_, err := rds.NewFromConfig(env.Config).ModifyDBInstance(ctx, in)
			return err
		},
		pattern: instanceARN,
		actions: []string{"rds:DescribeDBInstances", "rds:ModifyDBInstance"}, of: "instance",
	}
}

// clusters are those of Aurora, of Neptune and DocumentDB, which answer to the same calls, and Multi-AZ DB clusters.
func clusters() calls[types.DBCluster, rds.ModifyDBClusterInput] {
	return calls[types.DBCluster, rds.ModifyDBClusterInput]{
		read:   describeCluster,
		engine: func(c *types.DBCluster) *string { return c.Engine },
		modify: func(ctx context.Context, env control.Env, in *rds.ModifyDBClusterInput) error {
			in.DBClusterIdentifier = &env.Name
			_, err := rds.NewFromConfig(env.Config).ModifyDBCluster(ctx, in)
			return err
		},
		pattern: clusterARN,
		actions: []string{"rds:DescribeDBClusters", "rds:ModifyDBCluster"}, of: "cluster",
	}
}

// The ids of instances and clusters.
var (
	instanceARN = regexp.MustCompile(`^arn:aws[a-z-]*:rds:[a-z0-9-]+:\d{12}:db:([a-z][a-z0-9-]{0,62})$`)
	clusterARN  = regexp.MustCompile(`^arn:aws[a-z-]*:rds:[a-z0-9-]+:\d{12}:cluster:([a-z][a-z0-9-]{0,62})$`)
)

// control returns the control that is met by the setting, which has no value where AWS does not look at the engine.
func (s setting[R, I, V]) control(by calls[R, I], info control.Info) control.Control {
	info.Pattern, info.Actions, info.Writes = by.pattern, by.actions, "rds."+by.of+"."+s.name
	if info.Settle.Within == 0 {
		info.Settle = control.Settle{Typical: time.Minute, Within: 30 * time.Minute}
	}
	return kind.Setting[*V]{
		Name: s.name,
		Get: func(ctx context.Context, env control.Env) (*V, error) {
			r, err := by.read(ctx, env)
			if err != nil || !s.looks(aws.ToString(by.engine(&r)), &r) {
				return nil, err
			}
			now, err := kind.Answered(s.value(&r), strings.TrimPrefix(by.actions[0], "rds:"), s.name)
			if err != nil {
				return nil, err
			}
			if s.stays != nil && !env.Undo && s.wanted(now, env) != now && s.stays(&r) != "" {
				return nil, fault.New(fault.Refused, "%s", s.stays(&r))
			}
			return &now, nil
		},
		Want: func(now *V, env control.Env) (*V, error) {
			if now == nil {
				return nil, nil //nolint:nilnil // no value is a state
			}
			to := s.wanted(*now, env)
			return &to, nil
		},
		Set: func(ctx context.Context, env control.Env, to *V) error {
			in := new(I)
			s.put(in, to)
			return by.modify(ctx, env, in)
		},
	}.Control(info)
}

// looks tells that AWS looks at the resource.
func (s setting[R, I, V]) looks(engine string, r *R) bool {
	return (s.engines == nil || slices.Contains(s.engines, engine)) && (s.skips == nil || !s.skips(r))
}

// is wants the value whatever there is.
func is[V any](v V) func(V, control.Env) V { return func(V, control.Env) V { return v } }

// describeCluster asks by name, as describe does.
func describeCluster(ctx context.Context, env control.Env) (types.DBCluster, error) {
	out, err := rds.NewFromConfig(env.Config).DescribeDBClusters(ctx, &rds.DescribeDBClustersInput{
		DBClusterIdentifier: aws.String(env.Name),
	})
	if err != nil {
		return types.DBCluster{}, err
	}
	return kind.Only(out.DBClusters, "DescribeDBClusters", "clusters", env.Name)
}
