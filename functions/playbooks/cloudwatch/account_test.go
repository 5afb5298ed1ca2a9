package cloudwatch_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	alarms "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	logs "github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sns"

	"github.com/salve-security/salve/functions/playbooktest"
	"github.com/salve-security/salve/internal/fault"
)

const (
	accountID = "AWS::::Account:" + playbooktest.DefaultAccount
	place     = playbooktest.DefaultRegion + ":" + playbooktest.DefaultAccount
	topic     = "arn:aws:sns:" + place + ":cis-alarms"
	theirs    = "arn:aws:sns:" + place + ":theirs"
)

// account is the member account as those see it who work there.
type account struct {
	*testing.T
	trails *cloudtrail.Client
	logs   *cloudwatchlogs.Client
	alarms *cloudwatch.Client
	sns    *sns.Client
}

func open(t *testing.T) account {
	t.Helper()
	root := playbooktest.Root(t)
	return account{
		t, cloudtrail.NewFromConfig(root), cloudwatchlogs.NewFromConfig(root), cloudwatch.NewFromConfig(root),
		sns.NewFromConfig(root),
	}
}

// did stops the test when a call of its own fails, but for one about what is not there.
func (a account) did(_ any, err error) {
	a.Helper()
	if fault.Of(err) != fault.Gone {
		playbooktest.Done(a.T, err)
	}
}

// empty is the account as if nobody had ever watched it: no trail, filter, alarm or topic, and two log groups.
func empty(t *testing.T) account {
	t.Helper()
	a, ctx := open(t), t.Context()
	for _, name := range []string{"main", "second"} {
		a.did(a.trails.DeleteTrail(ctx, &cloudtrail.DeleteTrailInput{Name: &name}))
	}
	for _, group := range groups() {
		a.did(a.logs.DeleteLogGroup(ctx, &cloudwatchlogs.DeleteLogGroupInput{LogGroupName: &group}))
		a.did(a.logs.CreateLogGroup(ctx, &cloudwatchlogs.CreateLogGroupInput{LogGroupName: &group}))
	}
	for name := range a.observe().Alarms {
		a.did(a.alarms.DeleteAlarms(ctx, &cloudwatch.DeleteAlarmsInput{AlarmNames: []string{name}}))
	}
	for _, arn := range []string{topic, theirs} {
		a.did(a.sns.DeleteTopic(ctx, &sns.DeleteTopicInput{TopicArn: &arn}))
	}
	return a
}

func groups() []string { return []string{"audit", "other"} }

// trail adds a trail of all Regions, "main" or "second", that writes to a log group and is on.
func (a account) trail(name, group string) {
	a.Helper()
	ctx, bucket := a.Context(), "suite-trails"
	buckets := s3.NewFromConfig(playbooktest.Root(a.T), func(o *s3.Options) { o.UsePathStyle = true })
	a.did(buckets.CreateBucket(ctx, &s3.CreateBucketInput{Bucket: &bucket}))
	a.did(a.trails.CreateTrail(ctx, &cloudtrail.CreateTrailInput{
		Name: &name, S3BucketName: &bucket, IsMultiRegionTrail: aws.Bool(true),
		CloudWatchLogsLogGroupArn: aws.String("arn:aws:logs:" + place + ":log-group:" + group + ":*"),
		CloudWatchLogsRoleArn:     aws.String("arn:aws:iam::" + playbooktest.DefaultAccount + ":role/trail"),
	}))
	a.did(a.trails.StartLogging(ctx, &cloudtrail.StartLoggingInput{Name: &name}))
}

// watched is an empty account whose trail writes to the group "audit".
func watched(t *testing.T) account {
	t.Helper()
	a := empty(t)
	a.trail("main", "audit")
	a.key(forAlarms)
	return a
}

// forAlarms is the service that has to be let use the key of a topic.
const forAlarms = "cloudwatch.amazonaws.com"

// key is the account's key for topics, which it lets one service use besides its own people. A key is never deleted
// at once: the alias goes to a new one.
func (a account) key(service string, how ...func(*kms.CreateKeyInput)) {
	a.Helper()
	client, alias := kms.NewFromConfig(playbooktest.Root(a.T)), "alias/cis-alarms"
	in := &kms.CreateKeyInput{Policy: aws.String(
		`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::` +
			playbooktest.DefaultAccount + `:root"},"Action":"kms:*","Resource":"*"},{"Effect":"Allow","Principal":{"Service":"` +
			service + `"},"Action":["kms:Decrypt","kms:GenerateDataKey*"],"Resource":"*"}]}`)}
	for _, change := range how {
		change(in)
	}
	made := playbooktest.Got(client.CreateKey(a.Context(), in))(a.T)
	_, err := client.DeleteAlias(a.Context(), &kms.DeleteAliasInput{AliasName: &alias})
	a.did(nil, err)
	a.did(client.CreateAlias(a.Context(), &kms.CreateAliasInput{AliasName: &alias, TargetKeyId: made.KeyMetadata.KeyId}))
}

// topic adds a topic and its subscriptions. The lab confirms those of mail at once, and of web sites never.
func (a account) topic(arn string, endpoints ...string) {
	a.Helper()
	a.did(a.sns.CreateTopic(a.Context(), &sns.CreateTopicInput{Name: aws.String(arn[strings.LastIndex(arn, ":")+1:])}))
	for _, endpoint := range endpoints {
		in := &sns.SubscribeInput{TopicArn: &arn, Protocol: aws.String("email"), Endpoint: &endpoint}
		if strings.HasPrefix(endpoint, "https:") {
			in.Protocol = aws.String("https")
		}
		a.did(a.sns.Subscribe(a.Context(), in))
	}
}

// filter adds a filter to the group "audit" that counts in the metric Suite/name.
func (a account) filter(name, pattern string, changes ...func(*logs.MetricTransformation)) {
	a.Helper()
	count := logs.MetricTransformation{
		MetricNamespace: aws.String("Suite"), MetricName: &name, MetricValue: aws.String("1"),
	}
	for _, change := range changes {
		change(&count)
	}
	a.did(a.logs.PutMetricFilter(a.Context(), &cloudwatchlogs.PutMetricFilterInput{
		LogGroupName: aws.String("audit"), FilterName: &name, FilterPattern: &pattern,
		MetricTransformations: []logs.MetricTransformation{count},
	}))
}

// alarm adds an alarm on the metric Suite/metric that tells theirs of one event; but for the changes.
func (a account) alarm(name, metric string, changes ...func(*cloudwatch.PutMetricAlarmInput)) {
	a.Helper()
	in := &cloudwatch.PutMetricAlarmInput{
		AlarmName: &name, AlarmDescription: aws.String("theirs"),
		Namespace: aws.String("Suite"), MetricName: &metric, Statistic: alarms.StatisticSum,
		Period: aws.Int32(60), EvaluationPeriods: aws.Int32(1), Threshold: aws.Float64(1),
		ComparisonOperator: alarms.ComparisonOperatorGreaterThanOrEqualToThreshold, AlarmActions: []string{theirs},
	}
	for _, change := range changes {
		change(in)
	}
	a.did(a.alarms.PutMetricAlarm(a.Context(), in))
}

// onOurs puts an alarm on the metric that Salve makes for the row of a name.
func onOurs(name string) func(*cloudwatch.PutMetricAlarmInput) {
	return func(in *cloudwatch.PutMetricAlarmInput) {
		in.Namespace, in.MetricName = aws.String("CISBenchmark"), &name
	}
}

// inOurs has a filter count in the namespace of what Salve makes.
func inOurs(m *logs.MetricTransformation) { m.MetricNamespace = aws.String("CISBenchmark") }

// seen is what another client sees of filters and alarms: all but times, as JSON by name.
type seen struct{ Filters, Alarms map[string]string }

func (a account) observe() seen {
	a.Helper()
	s := seen{map[string]string{}, map[string]string{}}
	for _, group := range groups() {
		in := &cloudwatchlogs.DescribeMetricFiltersInput{LogGroupName: &group}
		for _, f := range playbooktest.Got(a.logs.DescribeMetricFilters(a.Context(), in))(a.T).MetricFilters {
			f.CreationTime = nil
			s.Filters[group+":"+aws.ToString(f.FilterName)] = string(playbooktest.Got(json.Marshal(f))(a.T))
		}
	}
	for _, m := range playbooktest.Got(a.alarms.DescribeAlarms(a.Context(), nil))(a.T).MetricAlarms {
		m.AlarmConfigurationUpdatedTimestamp, m.StateUpdatedTimestamp, m.StateTransitionedTimestamp = nil, nil, nil
		s.Alarms[aws.ToString(m.AlarmName)] = string(playbooktest.Got(json.Marshal(m))(a.T))
	}
	return s
}

// hear are the subscriptions of a topic, "endpoint" or "endpoint?" for one that is not confirmed; none where there is
// no such topic.
func (a account) hear(arn string) []string {
	a.Helper()
	found := []string{}
	out, err := a.sns.ListSubscriptionsByTopic(a.Context(), &sns.ListSubscriptionsByTopicInput{TopicArn: &arn})
	if a.did(nil, err); err != nil {
		return found
	}
	for _, s := range out.Subscriptions {
		name := aws.ToString(s.Endpoint)
		if !strings.HasPrefix(aws.ToString(s.SubscriptionArn), "arn:") {
			name += "?"
		}
		found = append(found, name)
	}
	slices.Sort(found)
	return found
}
