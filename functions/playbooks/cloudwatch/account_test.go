package cloudwatch_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	alarms "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	logs "github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sns"

	"github.com/salve-security/salve/functions/playbooktest"
)

const (
	account = "AWS::::Account:" + playbooktest.DefaultAccount
	place   = playbooktest.DefaultRegion + ":" + playbooktest.DefaultAccount
	topic   = "arn:aws:sns:" + place + ":cis-alarms"
	theirs  = "arn:aws:sns:" + place + ":theirs"
	pattern = `{ $.userIdentity.type = "Root" && $.userIdentity.invokedBy NOT EXISTS && ` +
		`$.eventType != "AwsServiceEvent" }`
)

// groups of the account; all trails are new in every scene.
var groups = [...]string{"audit", "other"} //nolint:gochecknoglobals // never written

// empty makes the account as if nobody had ever watched it: no trail, filter, alarm or topic.
func empty(ctx context.Context, t *testing.T, root aws.Config) {
	t.Helper()
	trails := cloudtrail.NewFromConfig(root)
	list, err := trails.DescribeTrails(ctx, &cloudtrail.DescribeTrailsInput{})
	try(t, err)
	for _, trail := range list.TrailList {
		_, err := trails.DeleteTrail(ctx, &cloudtrail.DeleteTrailInput{Name: trail.Name})
		try(t, err)
	}
	for _, group := range groups {
		_, err := cloudwatchlogs.NewFromConfig(root).CreateLogGroup(ctx, &cloudwatchlogs.CreateLogGroupInput{
			LogGroupName: &group,
		})
		if exists := new(logs.ResourceAlreadyExistsException); !errors.As(err, &exists) {
			try(t, err)
		}
		for _, f := range filters(ctx, t, root, group) {
			_, err := cloudwatchlogs.NewFromConfig(root).DeleteMetricFilter(ctx, &cloudwatchlogs.DeleteMetricFilterInput{
				LogGroupName: &group, FilterName: f.FilterName,
			})
			try(t, err)
		}
	}
	for _, a := range allAlarms(ctx, t, root) {
		_, err := cloudwatch.NewFromConfig(root).DeleteAlarms(ctx, &cloudwatch.DeleteAlarmsInput{
			AlarmNames: []string{aws.ToString(a.AlarmName)},
		})
		try(t, err)
	}
	for _, arn := range []string{topic, theirs} {
		_, err = sns.NewFromConfig(root).DeleteTopic(ctx, &sns.DeleteTopicInput{TopicArn: aws.String(arn)})
		try(t, err)
	}
}

// makeTopic makes a topic and subscribes somebody to it. The lab confirms mails at once, and web sites never.
func makeTopic(ctx context.Context, t *testing.T, root aws.Config, arn, protocol, endpoint string) {
	t.Helper()
	client := sns.NewFromConfig(root)
	_, err := client.CreateTopic(ctx, &sns.CreateTopicInput{Name: aws.String(arn[strings.LastIndex(arn, ":")+1:])})
	try(t, err)
	if protocol != "" {
		_, err = client.Subscribe(ctx, &sns.SubscribeInput{TopicArn: &arn, Protocol: &protocol, Endpoint: &endpoint})
		try(t, err)
	}
}

// subscribed makes a topic that somebody hears.
func subscribed(ctx context.Context, t *testing.T, root aws.Config, arn string) {
	t.Helper()
	makeTopic(ctx, t, root, arn, "email", "ann@example.org")
}

func try(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// record adds the trail "main" of all Regions that writes to the log group and is on.
func record(ctx context.Context, t *testing.T, root aws.Config, group string) {
	t.Helper()
	name, bucket, client := "main", "suite-trails", cloudtrail.NewFromConfig(root)
	buckets := s3.NewFromConfig(root, func(o *s3.Options) { o.UsePathStyle = true })
	_, err := buckets.CreateBucket(ctx, &s3.CreateBucketInput{Bucket: &bucket})
	try(t, err)
	_, err = client.CreateTrail(ctx, &cloudtrail.CreateTrailInput{
		Name: &name, S3BucketName: &bucket, IsMultiRegionTrail: aws.Bool(true),
		CloudWatchLogsLogGroupArn: aws.String("arn:aws:logs:" + place + ":log-group:" + group + ":*"),
		CloudWatchLogsRoleArn:     aws.String("arn:aws:iam::" + playbooktest.DefaultAccount + ":role/trail"),
	})
	try(t, err)
	_, err = client.StartLogging(ctx, &cloudtrail.StartLoggingInput{Name: &name})
	try(t, err)
}

func filters(ctx context.Context, t *testing.T, root aws.Config, group string) []logs.MetricFilter {
	t.Helper()
	out, err := cloudwatchlogs.NewFromConfig(root).DescribeMetricFilters(ctx, &cloudwatchlogs.DescribeMetricFiltersInput{
		LogGroupName: &group,
	})
	try(t, err)
	return out.MetricFilters
}

func allAlarms(ctx context.Context, t *testing.T, root aws.Config) []alarms.MetricAlarm {
	t.Helper()
	out, err := cloudwatch.NewFromConfig(root).DescribeAlarms(ctx, &cloudwatch.DescribeAlarmsInput{})
	try(t, err)
	return out.MetricAlarms
}

// putFilter adds a filter to the group "audit" that counts in the metric Suite/name.
func putFilter(ctx context.Context, t *testing.T, root aws.Config, name, pattern string) {
	t.Helper()
	_, err := cloudwatchlogs.NewFromConfig(root).PutMetricFilter(ctx, &cloudwatchlogs.PutMetricFilterInput{
		LogGroupName: aws.String("audit"), FilterName: &name, FilterPattern: &pattern,
		MetricTransformations: []logs.MetricTransformation{{
			MetricNamespace: aws.String("Suite"), MetricName: &name, MetricValue: aws.String("1"),
		}},
	})
	try(t, err)
}

// putAlarm adds an alarm on the metric Suite/metric, as the change says.
func putAlarm(
	ctx context.Context, t *testing.T, root aws.Config, name, metric string, change func(*cloudwatch.PutMetricAlarmInput),
) {
	t.Helper()
	in := &cloudwatch.PutMetricAlarmInput{
		AlarmName: &name, AlarmDescription: aws.String("theirs"),
		Namespace: aws.String("Suite"), MetricName: &metric, Statistic: alarms.StatisticSum,
		Period: aws.Int32(60), EvaluationPeriods: aws.Int32(1), Threshold: aws.Float64(1),
		ComparisonOperator: alarms.ComparisonOperatorGreaterThanOrEqualToThreshold, AlarmActions: []string{theirs},
	}
	if change != nil {
		change(in)
	}
	_, err := cloudwatch.NewFromConfig(root).PutMetricAlarm(ctx, in)
	try(t, err)
}

// seen is what another client sees of filters and alarms.
type seen struct {
	Filters map[string][]string
	Alarms  map[string]seenAlarm
}

type seenAlarm struct {
	Metric, Description string
	Threshold           float64
	Period              int32
	Enabled             bool
	Actions, OKActions  []string
}

func observe(ctx context.Context, t *testing.T, root aws.Config, _ string) any {
	t.Helper()
	s := seen{Filters: map[string][]string{}, Alarms: map[string]seenAlarm{}}
	for _, group := range groups {
		for _, f := range filters(ctx, t, root, group) {
			m := f.MetricTransformations[0]
			s.Filters[group+":"+aws.ToString(f.FilterName)] = []string{
				aws.ToString(f.FilterPattern), aws.ToString(m.MetricNamespace), aws.ToString(m.MetricName),
			}
		}
	}
	for _, a := range allAlarms(ctx, t, root) {
		s.Alarms[aws.ToString(a.AlarmName)] = seenAlarm{
			Metric: aws.ToString(a.Namespace) + "/" + aws.ToString(a.MetricName), Description: aws.ToString(a.AlarmDescription),
			Threshold: aws.ToFloat64(a.Threshold), Period: aws.ToInt32(a.Period), Enabled: aws.ToBool(a.ActionsEnabled),
			Actions: slices.Clone(a.AlarmActions), OKActions: slices.Clone(a.OKActions),
		}
	}
	return s
}
