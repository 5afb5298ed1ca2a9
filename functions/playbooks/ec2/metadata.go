package ec2

import (
	"context"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	cloudwatchtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
)

// metadata is how an instance may ask for its metadata.
type metadata struct {
	HttpTokens types.HttpTokensState
	// Tokenless is how often the instance was answered without a token lately. Hops is how far a token gets.
	Tokenless float64 `salve:"fact"`
	Hops      int32   `salve:"fact"`
}

// tokenlessParam names the parameter with the days that nobody may have asked without a token.
const tokenlessParam = "quietDays"

// InstanceMetadata returns the control that has an instance ask for its metadata with a token.
func InstanceMetadata() []control.Control {
	return []control.Control{control.Of[metadata]{
		Info: control.Info{
			ID: "EC2.8",
			Effect: "Whatever on the instance asks for metadata or credentials without a token (IMDSv1) is refused: old SDKs, " +
				"agents and scripts. Where its metric MetadataNoToken shows such calls lately, the instance is left as it is. " +
				"Whether it answers at all, and how far, stays as it is.",
			Fails: control.Fails{
				When: "The instance answers questions about its metadata without a token (HttpTokens is optional), whether its " +
					"metadata endpoint is on or not.",
				Rule: "ec2-imdsv2-check",
			},
			Impact: control.ImpactInterrupts,
			Params: []control.Param{{
				Name: tokenlessParam, Default: 14, Min: 0, Max: 400,
				Meaning: "Days in which the instance must not have been asked without a token; 0 does not look.",
			}},
			Pattern: instanceARN,
			Actions: []string{"cloudwatch:GetMetricStatistics", "ec2:DescribeInstances", "ec2:ModifyInstanceMetadataOptions"},
			Settle:  control.Settle{Typical: 15 * time.Second, Within: 5 * time.Minute},
		},
		Read: readMetadata, Want: askForTokens, Write: setTokens,
		Mentions: func(now metadata) []string {
			if now.Hops != 1 {
				return nil
			}
			return []string{"a token does not get beyond the instance itself: containers in a network of their own need " +
				"HttpPutResponseHopLimit 2"}
		},
	}.Control()}
}

func readMetadata(ctx context.Context, env control.Env) (metadata, error) {
	found, state, err := readInstance(ctx, env)
	switch {
	case err != nil:
		return metadata{}, err
	case ending(state):
		return metadata{}, fault.New(fault.Gone, "the instance is %s", state)
	case found.MetadataOptions == nil || found.MetadataOptions.HttpTokens == "":
		return metadata{}, fault.New(fault.Invalid, "DescribeInstances answered without HttpTokens")
	}
	now := metadata{
		HttpTokens: found.MetadataOptions.HttpTokens, Hops: aws.ToInt32(found.MetadataOptions.HttpPutResponseHopLimit),
	}
	if days := env.Params.Int(tokenlessParam); days > 0 {
		now.Tokenless, err = tokenless(ctx, env, time.Duration(days)*day)
	}
	return now, err
}

const day = 24 * time.Hour

// tokenless counts the answers without a token. An instance that nobody asked has none.
func tokenless(ctx context.Context, env control.Env, within time.Duration) (float64, error) {
	out, err := cloudwatch.NewFromConfig(env.Config).GetMetricStatistics(ctx, &cloudwatch.GetMetricStatisticsInput{
		Namespace: aws.String("AWS/EC2"), MetricName: aws.String("MetadataNoToken"),
		Dimensions: []cloudwatchtypes.Dimension{{Name: aws.String("InstanceId"), Value: &env.Name}},
		StartTime:  aws.Time(env.Now.Add(-within)), EndTime: &env.Now, Period: aws.Int32(int32(day / time.Second)),
		Statistics: []cloudwatchtypes.Statistic{cloudwatchtypes.StatisticSum},
	})
	if err != nil {
		return 0, err
	}
	n := 0.0
	for _, d := range out.Datapoints {
		n += aws.ToFloat64(d.Sum)
	}
	return n, nil
}

func askForTokens(now metadata, env control.Env) (metadata, error) {
	if now.HttpTokens != types.HttpTokensStateRequired && now.Tokenless > 0 {
		return now, fault.New(fault.Refused, "something on the instance asked for metadata without a token %s times in %d "+
			"days (metric MetadataNoToken): update it, or say in the parameter %s that it may break",
			fmt.Sprint(now.Tokenless), env.Params.Int(tokenlessParam), tokenlessParam+" 0")
	}
	now.HttpTokens = types.HttpTokensStateRequired
	return now, nil
}

// setTokens names nothing else, so that all else stays. It looks again first: of an instance that is terminated
// meanwhile, EC2 only says that its state is the wrong one.
func setTokens(ctx context.Context, env control.Env, _, to metadata) error {
	if _, state, err := readInstance(ctx, env); err != nil {
		return err
	} else if ending(state) {
		return fault.New(fault.Gone, "the instance is %s", state)
	}
	_, err := ec2.NewFromConfig(env.Config).ModifyInstanceMetadataOptions(ctx, &ec2.ModifyInstanceMetadataOptionsInput{
		InstanceId: &env.Name, HttpTokens: to.HttpTokens,
	})
	return err
}
