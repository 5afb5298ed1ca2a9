package dynamodb_test

import (
	"context"
	"crypto/rand"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/applicationautoscaling"
	scaling "github.com/aws/aws-sdk-go-v2/service/applicationautoscaling/types"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	playbook "github.com/salve-security/salve/functions/playbooks/dynamodb"
	"github.com/salve-security/salve/functions/playbooktest"
	"github.com/salve-security/salve/internal/fault"
)

const orders = "arn:aws:dynamodb:us-east-1:222222222222:table/orders"

func provisioned(read, write int64) *types.ProvisionedThroughput {
	return &types.ProvisionedThroughput{ReadCapacityUnits: &read, WriteCapacityUnits: &write}
}

func TestScaling(t *testing.T) {
	const behalf = "AWS asks for it where scaling makes or deletes its alarms and its role"
	s := suite()
	s.Control = playbooktest.Pick(t, playbook.Scaling(), "DynamoDB.1")
	s.Seed = func(ctx context.Context, t *testing.T, root aws.Config) string {
		t.Helper()
		out := playbooktest.Got(dynamodb.NewFromConfig(root).CreateTable(ctx, &dynamodb.CreateTableInput{
			TableName: aws.String("suite-" + rand.Text()), BillingMode: types.BillingModeProvisioned,
			ProvisionedThroughput: provisioned(5, 3),
			AttributeDefinitions:  []types.AttributeDefinition{{AttributeName: aws.String("id"), AttributeType: "S"}},
			KeySchema:             []types.KeySchemaElement{{AttributeName: aws.String("id"), KeyType: types.KeyTypeHash}},
		}))(t)
		return *out.TableDescription.TableArn
	}
	s.Observe = observeScaling
	s.Disturb = func(ctx context.Context, t *testing.T, root aws.Config, resource string) {
		t.Helper()
		playbooktest.Got(applicationautoscaling.NewFromConfig(root).RegisterScalableTarget(ctx,
			&applicationautoscaling.RegisterScalableTargetInput{
				ServiceNamespace: "dynamodb", ScalableDimension: "dynamodb:table:WriteCapacityUnits",
				ResourceId:  aws.String("table/" + resource[strings.LastIndex(resource, "/")+1:]),
				MinCapacity: aws.Int32(2), MaxCapacity: aws.Int32(99),
			}))(t)
	}
	s.DisturbFact = func(ctx context.Context, t *testing.T, root aws.Config, resource string) {
		t.Helper()
		playbooktest.Got(dynamodb.NewFromConfig(root).UpdateTable(ctx, &dynamodb.UpdateTableInput{
			TableName: &resource, ProvisionedThroughput: provisioned(7, 9),
		}))(t)
	}
	s.Unseen = map[string]string{
		"cloudwatch:DescribeAlarms": behalf, "cloudwatch:PutMetricAlarm": behalf, "cloudwatch:DeleteAlarms": behalf,
		"iam:CreateServiceLinkedRole": behalf,
	}
	s.Skip = map[string]string{playbooktest.CaseNarrow: "AWS limits the calls of scaling to no table"}
	playbooktest.Run(t, s)
}

func observeScaling(ctx context.Context, t *testing.T, root aws.Config, resource string) any {
	t.Helper()
	id, client := "table/"+resource[strings.LastIndex(resource, "/")+1:], applicationautoscaling.NewFromConfig(root)
	table := playbooktest.Got(dynamodb.NewFromConfig(root).DescribeTable(ctx, &dynamodb.DescribeTableInput{
		TableName: &resource,
	}))(t).Table
	out := map[string]any{"capacity": *table.ProvisionedThroughput.ReadCapacityUnits, "stream": table.StreamSpecification}
	for _, target := range playbooktest.Got(client.DescribeScalableTargets(ctx,
		&applicationautoscaling.DescribeScalableTargetsInput{ServiceNamespace: "dynamodb", ResourceIds: []string{id}},
	))(t).ScalableTargets {
		out[string(target.ScalableDimension)] = []int32{*target.MinCapacity, *target.MaxCapacity}
	}
	for _, p := range playbooktest.Got(client.DescribeScalingPolicies(ctx,
		&applicationautoscaling.DescribeScalingPoliciesInput{ServiceNamespace: "dynamodb", ResourceId: &id},
	))(t).ScalingPolicies {
		out["policy of "+string(p.ScalableDimension)] = *p.TargetTrackingScalingPolicyConfiguration.TargetValue
	}
	return out
}

// capacity answers about a table with an index, of other capacities, of which some scale: by what calls name them.
func capacity(mode types.BillingMode, scales map[string][]float64) playbooktest.StandIn {
	of := func(read, write int64) *types.ProvisionedThroughputDescription {
		return &types.ProvisionedThroughputDescription{ReadCapacityUnits: &read, WriteCapacityUnits: &write}
	}
	table := &types.TableDescription{
		ProvisionedThroughput: of(5, 3), GlobalSecondaryIndexes: []types.GlobalSecondaryIndexDescription{{
			IndexName: aws.String("by-day"), ProvisionedThroughput: of(2, 40),
		}},
	}
	if mode != "" {
		table.BillingModeSummary = &types.BillingModeSummary{BillingMode: mode}
	}
	is := playbooktest.Answers(&dynamodb.DescribeTableOutput{Table: table})
	is["DescribeScalableTargets"] = func(in any) (any, error) {
		asked := in.(*applicationautoscaling.DescribeScalableTargetsInput)
		out := &applicationautoscaling.DescribeScalableTargetsOutput{}
		if t, ok := scales[asked.ResourceIds[0]+" "+string(asked.ScalableDimension)]; ok {
			least, most := int32(t[0]), int32(t[1])
			out.ScalableTargets = []scaling.ScalableTarget{{MinCapacity: &least, MaxCapacity: &most}}
		}
		return out, nil
	}
	is["DescribeScalingPolicies"] = func(in any) (any, error) {
		asked := in.(*applicationautoscaling.DescribeScalingPoliciesInput)
		out := &applicationautoscaling.DescribeScalingPoliciesOutput{}
		if t, ok := scales[*asked.ResourceId+" "+string(asked.ScalableDimension)]; ok && len(t) > 2 {
			out.ScalingPolicies = []scaling.ScalingPolicy{{
				PolicyName: aws.String("theirs"), ScalableDimension: asked.ScalableDimension,
				TargetTrackingScalingPolicyConfiguration: &scaling.TargetTrackingScalingPolicyConfiguration{
					TargetValue: &t[2], ScaleInCooldown: aws.Int32(60), DisableScaleIn: aws.Bool(true),
				},
			}}
		}
		return out, nil
	}
	return is
}

const (
	reads       = "table/orders dynamodb:table:ReadCapacityUnits"
	writes      = "table/orders dynamodb:table:WriteCapacityUnits"
	indexReads  = "table/orders/index/by-day dynamodb:index:ReadCapacityUnits"
	indexWrites = "table/orders/index/by-day dynamodb:index:WriteCapacityUnits"
)

func all(t ...float64) map[string][]float64 {
	return map[string][]float64{reads: t, writes: t, indexReads: t, indexWrites: t}
}

func TestLineOfScaling(t *testing.T) {
	but := func(key string, t ...float64) map[string][]float64 {
		out := all(1, 50, 70)
		if out[key] = t; len(t) == 0 {
			delete(out, key)
		}
		return out
	}
	least, percent := map[string]any{"minProvisionedReadCapacity": 4}, map[string]any{"targetWriteUtilization": 50}
	few := map[string]any{"targetReadUtilization": 19}
	c := playbooktest.Pick(t, playbook.Scaling(), "DynamoDB.1")
	playbooktest.Judged(t, c, orders, map[string]playbooktest.Shape{
		"by request":            {Answers: capacity("PAY_PER_REQUEST", nil)},
		"fixed":                 {Answers: capacity("PROVISIONED", nil), Fails: true},
		"fixed, of before 2018": {Answers: capacity("", nil), Fails: true},
		"all scales":            {Answers: capacity("", all(1, 50, 70))},
		"all but reads":         {Answers: capacity("", but(reads)), Fails: true},
		"all but writes":        {Answers: capacity("", but(writes)), Fails: true},
		"all but the index":     {Answers: capacity("", but(indexWrites)), Fails: true},
		"bounds without policy": {Answers: capacity("", but(reads, 1, 50)), Fails: true},
		"lower than asked":      {Answers: capacity("", but(reads, 3, 50, 70)), Params: least, Fails: true},
		"as low as asked":       {Answers: capacity("", all(4, 50, 70)), Params: least},
		"higher than asked":     {Answers: capacity("", all(5, 50, 70)), Params: least},
		"another target":        {Answers: capacity("", but(writes, 1, 50, 51)), Params: percent, Fails: true},
		"the target":            {Answers: capacity("", all(1, 50, 50)), Params: percent},
		"less than AWS takes": {
			Answers: capacity("", nil), Params: few, Class: fault.Refused, Words: []string{"20 to 90"},
		},
		"no table": {Answers: playbooktest.Answers(&dynamodb.DescribeTableOutput{}), Class: fault.Invalid},
		"no capacity to be seen": {
			Answers: playbooktest.Answers(&dynamodb.DescribeTableOutput{Table: &types.TableDescription{}}), Class: fault.Invalid,
		},
	})
}

// Each capacity has bounds of its own, from what it is now, and those of an index too. What scales already keeps its
// policy, with all that is in it but for the target that people ask for.
//
// better: DynamoDB.1 scales writes by their own limits, indexes too
func TestEachCapacityHasItsOwnLimits(t *testing.T) {
	c, sent := playbooktest.Pick(t, playbook.Scaling(), "DynamoDB.1"), []*applicationautoscaling.PutScalingPolicyInput{}
	is := capacity("", map[string][]float64{reads: {1, 50, 70}})
	registered := playbooktest.Answers(&applicationautoscaling.RegisterScalableTargetOutput{})
	is["RegisterScalableTarget"] = registered["RegisterScalableTarget"]
	is["PutScalingPolicy"] = func(in any) (any, error) {
		sent = append(sent, in.(*applicationautoscaling.PutScalingPolicyInput))
		return &applicationautoscaling.PutScalingPolicyOutput{}, nil
	}
	env := playbooktest.Env(t, c, orders, playbooktest.Unplugged(), is, playbooktest.With(map[string]any{
		"maxWriteCapacity": 100, "targetReadUtilization": 60,
	}))
	const uses = "CapacityUtilization:table/orders"
	plan := playbooktest.Planned(t, c, env, `  + Policies.index by-day: Read `+
		`{"Name":"DynamoDBRead`+uses+`/index/by-day","Percent":60}
  + Policies.index by-day: Write {"Name":"DynamoDBWrite`+uses+`/index/by-day","Percent":70}
  ~ Policies.table: Read.Percent: 70 → 60
  + Policies.table: Write {"Name":"DynamoDBWrite`+uses+`","Percent":70}
  + Targets.index by-day: Read {"Max":20,"Min":2}
  + Targets.index by-day: Write {"Max":100,"Min":40}
  + Targets.table: Write {"Max":100,"Min":3}
`)
	playbooktest.Done(t, c.Apply(t.Context(), env, plan))
	for _, in := range sent {
		kept := in.TargetTrackingScalingPolicyConfiguration
		if *in.PolicyName == "theirs" && (*kept.ScaleInCooldown != 60 || !*kept.DisableScaleIn || *kept.TargetValue != 60) {
			t.Errorf("the policy that was there became %+v", kept)
		}
	}
	if len(sent) != 4 {
		t.Errorf("put %d policies, want 4", len(sent))
	}
}
