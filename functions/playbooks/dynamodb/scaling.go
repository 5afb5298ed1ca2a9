package dynamodb

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/applicationautoscaling"
	scaling "github.com/aws/aws-sdk-go-v2/service/applicationautoscaling/types"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/kind"
)

// The parameters of scaling, for reads and for writes. Those that begin with min and target are AWS's.
const (
	paramMinimum     = "minProvisioned%sCapacity"
	paramMaximum     = "max%sCapacity"
	paramUtilization = "target%sUtilization"
)

const (
	usualPercent = 70 // as DynamoDB's console has it
	leastPercent = 20 // that AWS takes
	// room is how much more than the present capacity scaling may buy where nobody says.
	room = 10
)

// scaled is how the capacity of a table and of its indexes follows what is used, by what it is the capacity of: "table:
// Read", "index by-day: Write". Without a policy nothing scales.
type scaled struct {
	Targets  map[string]target
	Policies map[string]policy
	// Capacity is what there is now, by the same names; none for a table that is billed by request.
	Capacity map[string]int32 `salve:"fact"`
}

// target has the bounds of scaling.
type target struct{ Min, Max int32 }

// policy has the percentage of the capacity that is to be used.
type policy struct {
	Name    string
	Percent float64
}

// Scaling returns the control that has the capacity of tables follow what is used of it.
func Scaling() []control.Control {
	return []control.Control{control.Of[scaled]{
		Info: control.Info{
			ID: "DynamoDB.1",
			Effect: "Capacity for reads and for writes, of the table and of each global secondary index, follows what is " +
				"used, between the capacity that there is now and ten times as much, or the parameters. What is provisioned is " +
				"billed by the hour, up to the upper bound: look at a table that somebody keeps small on purpose. Scaling takes " +
				"minutes, and requests may be throttled until then. Undo ends it, and capacity stays where it is then.",
			Fails: control.Fails{
				When: "A table in provisioned mode, or one of its global secondary indexes, does not scale its capacity for " +
					"reads or for writes to a target, or with a lower minimum or another target than the parameters say. " +
					"Tables that are billed by request do not count.",
				Rule: "dynamodb-autoscaling-enabled",
			},
			Impact: control.ImpactNone, Pattern: tableARN, Params: append(bounds("Read"), bounds("Write")...),
			Actions: []string{
				"application-autoscaling:DescribeScalableTargets", "application-autoscaling:DescribeScalingPolicies",
				"application-autoscaling:PutScalingPolicy", "application-autoscaling:RegisterScalableTarget",
				"cloudwatch:DescribeAlarms", "cloudwatch:PutMetricAlarm", "dynamodb:DescribeTable",
				"iam:CreateServiceLinkedRole",
			},
			UndoActions: []string{
				"application-autoscaling:DeleteScalingPolicy", "application-autoscaling:DeregisterScalableTarget",
				"cloudwatch:DeleteAlarms",
			},
			Narrow: func(env control.Env) []string {
				return []string{env.Target.Resource, env.Target.ARN("cloudwatch", "alarm:TargetTracking-table/*")}
			},
		},
		Read: readScaling, Want: wantScaling, Write: writeScaling,
	}.Control()}
}

// bounds are the parameters of reads or of writes.
func bounds(of string) []control.Param {
	units := strings.ToLower(of) + " capacity units"
	return []control.Param{{
		Name: named(paramMinimum, of), Default: 0, Max: 40000,
		Meaning: "Lower bound in " + units + " that scaling must have at least; 0 for any, and for the present capacity " +
			"where nothing scales.",
	}, {
		Name: named(paramMaximum, of), Default: 0, Max: 40000,
		Meaning: "Upper bound in " + units + " where nothing scales yet; 0 for ten times the present capacity.",
	}, {
		Name: named(paramUtilization, of), Default: 0, Max: 90,
		Meaning: "Percentage of the " + units + " that is to be used, 20 to 90; 0 for any, and for 70 where nothing scales.",
	}}
}

func named(param, of string) string { return strings.Replace(param, "%s", of, 1) }

func readScaling(ctx context.Context, env control.Env) (scaled, error) {
	now := scaled{map[string]target{}, map[string]policy{}, map[string]int32{}}
	out, err := dynamodb.NewFromConfig(env.Config).DescribeTable(ctx, &dynamodb.DescribeTableInput{TableName: &env.Name})
	if err != nil {
		return now, err
	}
	table, err := kind.Answered(out.Table, "DescribeTable", "a table")
	if mode := table.BillingModeSummary; err != nil || mode != nil && mode.BillingMode == types.BillingModePayPerRequest {
		return now, err
	}
	now.add("table", table.ProvisionedThroughput)
	for _, index := range table.GlobalSecondaryIndexes {
		now.add("index "+aws.ToString(index.IndexName), index.ProvisionedThroughput)
	}
	if len(now.Capacity) == 0 {
		return now, fault.New(fault.Invalid, "DescribeTable answered without the capacity of the table")
	}
	for key := range now.Capacity {
		if err := now.look(ctx, env, key); err != nil {
			return now, err
		}
	}
	return now, nil
}

func (s scaled) add(of string, p *types.ProvisionedThroughputDescription) {
	if p != nil {
		s.Capacity[of+": Read"] = int32(aws.ToInt64(p.ReadCapacityUnits))   //nolint:gosec // AWS takes no more
		s.Capacity[of+": Write"] = int32(aws.ToInt64(p.WriteCapacityUnits)) //nolint:gosec // as above
	}
}

// place is what Application Auto Scaling calls the capacity of a name.
func place(env control.Env, key string) (resource string, dimension scaling.ScalableDimension) {
	of, which, _ := strings.Cut(key, ": ")
	index, ok := strings.CutPrefix(of, "index ")
	if ok {
		return "table/" + env.Name + "/index/" + index, scaling.ScalableDimension("dynamodb:index:" + which + "CapacityUnits")
	}
	return "table/" + env.Name, scaling.ScalableDimension("dynamodb:table:" + which + "CapacityUnits")
}

// look reads how one capacity scales.
func (s scaled) look(ctx context.Context, env control.Env, key string) error {
	resource, dimension := place(env, key)
	out, err := applicationautoscaling.NewFromConfig(env.Config).DescribeScalableTargets(ctx,
		&applicationautoscaling.DescribeScalableTargetsInput{
			ServiceNamespace: scaling.ServiceNamespaceDynamodb, ResourceIds: []string{resource}, ScalableDimension: dimension,
		})
	if err != nil || len(out.ScalableTargets) == 0 {
		return err
	}
	t := out.ScalableTargets[0]
	s.Targets[key] = target{aws.ToInt32(t.MinCapacity), aws.ToInt32(t.MaxCapacity)}
	p, err := policyOf(ctx, env, key)
	if err == nil && p != nil {
		s.Policies[key] = policy{
			aws.ToString(p.PolicyName), aws.ToFloat64(p.TargetTrackingScalingPolicyConfiguration.TargetValue),
		}
	}
	return err
}

// policyOf is the one that has the capacity track a target, nil for none.
func policyOf(ctx context.Context, env control.Env, key string) (*scaling.ScalingPolicy, error) {
	resource, dimension := place(env, key)
	out, err := applicationautoscaling.NewFromConfig(env.Config).DescribeScalingPolicies(ctx,
		&applicationautoscaling.DescribeScalingPoliciesInput{
			ServiceNamespace: scaling.ServiceNamespaceDynamodb, ResourceId: &resource, ScalableDimension: dimension,
		})
	if err != nil {
		return nil, err
	}
	at := slices.IndexFunc(out.ScalingPolicies, func(p scaling.ScalingPolicy) bool {
		return p.TargetTrackingScalingPolicyConfiguration != nil && p.ScalableDimension == dimension
	})
	if at < 0 {
		return nil, nil //nolint:nilnil // no policy is a state
	}
	return &out.ScalingPolicies[at], nil
}

// wantScaling only raises bounds that are there, and keeps the policy that is there.
func wantScaling(now scaled, env control.Env) (scaled, error) {
	for key, capacity := range now.Capacity {
		_, which, _ := strings.Cut(key, ": ")
		asked := func(param string) int32 {
			return int32(env.Params.Int(named(param, which))) //nolint:gosec // at most 40000
		}
		percent := float64(asked(paramUtilization))
		if percent != 0 && percent < leastPercent {
			return now, fault.New(fault.Refused, "say 20 to 90 in the parameter %s: AWS takes no less",
				named(paramUtilization, which))
		}
		t, there := now.Targets[key]
		if !there {
			t = target{max(capacity, asked(paramMinimum), 1), cmp.Or(asked(paramMaximum), capacity*room)}
		}
		t.Min = max(t.Min, asked(paramMinimum))
		now.Targets[key] = target{t.Min, max(t.Max, t.Min)}
		p, there := now.Policies[key]
		if !there {
			resource, _ := place(env, key)
			p = policy{"DynamoDB" + which + "CapacityUtilization:" + resource, usualPercent}
		}
		now.Policies[key] = policy{p.Name, cmp.Or(percent, p.Percent)}
	}
	return now, nil
}

// writeScaling goes from the bounds to the policy that keeps to them, and back in the other direction. It looks for the
// table first: bounds are for a name, be there a table or not.
func writeScaling(ctx context.Context, env control.Env, from, to scaled) error {
	if _, err := readScaling(ctx, env); err != nil {
		return err
	}
	if err := each(changed(from.Targets, to.Targets), func(key string) error {
		return register(ctx, env, key, to.Targets[key])
	}); err != nil {
		return err
	}
	if err := each(changed(from.Policies, to.Policies), func(key string) error {
		return putPolicy(ctx, env, key, to.Policies[key])
	}); err != nil {
		return err
	}
	if err := each(missing(from.Policies, to.Policies), func(key string) error {
		return dropPolicy(ctx, env, key)
	}); err != nil {
		return err
	}
	return each(missing(from.Targets, to.Targets), func(key string) error {
		resource, dimension := place(env, key)
		_, err := applicationautoscaling.NewFromConfig(env.Config).DeregisterScalableTarget(ctx,
			&applicationautoscaling.DeregisterScalableTargetInput{
				ServiceNamespace: scaling.ServiceNamespaceDynamodb, ResourceId: &resource, ScalableDimension: dimension,
			})
		return err
	})
}

// each does one after the other, up to the first that fails.
func each(keys []string, do func(key string) error) error {
	for _, key := range keys {
		if err := do(key); err != nil {
			return err
		}
	}
	return nil
}

func register(ctx context.Context, env control.Env, key string, t target) error {
	resource, dimension := place(env, key)
	_, err := applicationautoscaling.NewFromConfig(env.Config).RegisterScalableTarget(ctx,
		&applicationautoscaling.RegisterScalableTargetInput{
			ServiceNamespace: scaling.ServiceNamespaceDynamodb, ResourceId: &resource, ScalableDimension: dimension,
			MinCapacity: &t.Min, MaxCapacity: &t.Max,
		})
	return err
}

func dropPolicy(ctx context.Context, env control.Env, key string) error {
	p, err := policyOf(ctx, env, key)
	if err != nil || p == nil {
		return err
	}
	resource, dimension := place(env, key)
	_, err = applicationautoscaling.NewFromConfig(env.Config).DeleteScalingPolicy(ctx,
		&applicationautoscaling.DeleteScalingPolicyInput{
			ServiceNamespace: scaling.ServiceNamespaceDynamodb, ResourceId: &resource, ScalableDimension: dimension,
			PolicyName: p.PolicyName,
		})
	return err
}

// changed are the keys that are new or have another value, in order.
func changed[V comparable](from, to map[string]V) []string {
	return slices.DeleteFunc(slices.Sorted(maps.Keys(to)), func(key string) bool {
		old, there := from[key]
		return there && old == to[key]
	})
}

// missing are the keys that are no longer there, in order.
func missing[V any](from, to map[string]V) []string {
	return slices.DeleteFunc(slices.Sorted(maps.Keys(from)), func(key string) bool {
		_, stays := to[key]
		return stays
	})
}

// putPolicy keeps all but the target of a policy that is there.
func putPolicy(ctx context.Context, env control.Env, key string, p policy) error {
	_, which, _ := strings.Cut(key, ": ")
	tracks := &scaling.TargetTrackingScalingPolicyConfiguration{
		PredefinedMetricSpecification: &scaling.PredefinedMetricSpecification{
			PredefinedMetricType: scaling.MetricType("DynamoDB" + which + "CapacityUtilization"),
		},
	}
	old, err := policyOf(ctx, env, key)
	if err != nil {
		return err
	}
	if old != nil {
		tracks = old.TargetTrackingScalingPolicyConfiguration
	}
	tracks.TargetValue = &p.Percent
	resource, dimension := place(env, key)
	_, err = applicationautoscaling.NewFromConfig(env.Config).PutScalingPolicy(ctx,
		&applicationautoscaling.PutScalingPolicyInput{
			ServiceNamespace: scaling.ServiceNamespaceDynamodb, ResourceId: &resource, ScalableDimension: dimension,
			PolicyName: &p.Name, PolicyType: scaling.PolicyTypeTargetTrackingScaling,
			TargetTrackingScalingPolicyConfiguration: tracks,
		})
	return err
}
