package lab

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/apigatewayv2"
	v2types "github.com/aws/aws-sdk-go-v2/service/apigatewayv2/types"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	ebtypes "github.com/aws/aws-sdk-go-v2/service/eventbridge/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/securityhub"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go"
)

// code is AWS's error code, or "ok".
func code(err error) string {
	var refused smithy.APIError
	switch {
	case err == nil:
		return "ok"
	case errors.As(err, &refused):
		return refused.ErrorCode()
	}
	return err.Error()
}

func TestEveryCallIsAuthorised(t *testing.T) {
	l := fresh(t)
	bucketOne(t, l, memberOne)
	limited := role(t, l, memberOne, allow("*", "s3:*", "kms:ListKeys", "sqs:*"),
		allow("arn:aws:s3:::one", "s3:GetBucketPublicAccessBlock", "s3:ListBucket", "kms:ListKeys"))
	stranger := once(l, l.Hub())
	stranger.Credentials = credentials.NewStaticCredentialsProvider("ASIAAAAAAAAAAAAAAAAA", "x", "y")
	forged := limited.Copy()
	keys := got[aws.Credentials](t)(limited.Credentials.Retrieve(t.Context()))
	forged.Credentials = credentials.NewStaticCredentialsProvider(keys.AccessKeyID, "wrong", keys.SessionToken)

	for name, tc := range attempts(t.Context(), limited, stranger, forged) {
		t.Run(name, func(t *testing.T) {
			if have := code(tc.call()); have != tc.want {
				t.Errorf("got %s, want %s", have, tc.want)
			}
		})
	}
}

// attempt is a call and the error code it must end with.
type attempt struct {
	want string
	call func() error
}

// attempts are calls of a session with few rights, of a key nobody issued, and of one with a wrong secret.
func attempts(ctx context.Context, limited, stranger, forged aws.Config) map[string]attempt {
	bucket := s3.NewFromConfig(limited, PathStyle)
	return map[string]attempt{
		"allowed by both policies": {want: "ok", call: func() error {
			_, err := bucket.HeadBucket(ctx, &s3.HeadBucketInput{Bucket: aws.String("one")})
			return err
		}},
		"allowed, and the service's own error comes through": {
			want: "NoSuchPublicAccessBlockConfiguration", call: func() error {
				_, err := bucket.GetPublicAccessBlock(ctx, &s3.GetPublicAccessBlockInput{Bucket: aws.String("one")})
				return err
			},
		},
		"session policy narrower than the role": {want: "AccessDenied", call: func() error {
			_, err := bucket.PutBucketTagging(ctx, &s3.PutBucketTaggingInput{
				Bucket: aws.String("one"), Tagging: tagging(),
			})
			return err
		}},
		"another resource": {want: "AccessDenied", call: func() error {
			_, err := bucket.GetPublicAccessBlock(ctx, &s3.GetPublicAccessBlockInput{Bucket: aws.String("two")})
			return err
		}},
		"underivable resource": {want: "ok", call: func() error {
			_, err := kms.NewFromConfig(limited).ListKeys(ctx, nil)
			return err
		}},
		"denied in moto": {want: "AccessDeniedException", call: func() error {
			_, err := kms.NewFromConfig(limited).CreateKey(ctx, nil)
			return err
		}},
		"denied in ministack": {want: "AccessDenied", call: func() error {
			_, err := sqs.NewFromConfig(limited).ListQueues(ctx, nil)
			return err
		}},
		"denied in a handler": {want: "AccessDeniedException", call: func() error {
			_, err := securityhub.NewFromConfig(limited).GetFindings(ctx, &securityhub.GetFindingsInput{})
			return err
		}},
		"unknown key": {want: "UnrecognizedClientException", call: func() error {
			_, err := kms.NewFromConfig(stranger).ListKeys(ctx, nil)
			return err
		}},
		"unknown key, query protocol": {want: "InvalidClientTokenId", call: func() error {
			_, err := sts.NewFromConfig(stranger).GetCallerIdentity(ctx, nil)
			return err
		}},
		"wrong signature": {want: "SignatureDoesNotMatch", call: func() error {
			_, err := s3.NewFromConfig(forged, PathStyle).ListBuckets(ctx, nil)
			return err
		}},
	}
}

func TestPublishedEventReachesAQueue(t *testing.T) {
	l := fresh(t)
	events := eventbridge.NewFromConfig(once(l, l.Hub()))
	queue := queueFor(t, l, events, "aws.securityhub")
	must(t, l.Publish(t.Context(), Event{
		Source: "aws.securityhub", DetailType: "Security Hub Findings - Imported", Resources: []string{"arn:x"},
		Detail: json.RawMessage(`{"findings":[{"Id":"f-1","Workflow":{"Status":"NEW"}}]}`),
	}))
	received := got[*sqs.ReceiveMessageOutput](t)(sqs.NewFromConfig(l.Config(l.Hub(), l.Region())).ReceiveMessage(
		t.Context(), &sqs.ReceiveMessageInput{QueueUrl: aws.String(queue), WaitTimeSeconds: 5}))
	if len(received.Messages) != 1 || !strings.Contains(aws.ToString(received.Messages[0].Body), `"f-1"`) {
		t.Fatalf("got %d messages, want the event: %+v", len(received.Messages), received.Messages)
	}
}

// queueFor creates a queue that receives the events of a source.
func queueFor(t *testing.T, l *Lab, events *eventbridge.Client, source string) string {
	t.Helper()
	queue := got[*sqs.CreateQueueOutput](t)(sqs.NewFromConfig(l.Config(l.Hub(), l.Region())).CreateQueue(
		t.Context(), &sqs.CreateQueueInput{QueueName: aws.String("events")}))
	got[*eventbridge.PutRuleOutput](t)(events.PutRule(t.Context(), &eventbridge.PutRuleInput{
		Name: aws.String("r"), EventPattern: aws.String(`{"source":["` + source + `"],
			"detail":{"findings":{"Workflow":{"Status":["NEW"]}}}}`),
	}))
	got[*eventbridge.PutTargetsOutput](t)(events.PutTargets(t.Context(), &eventbridge.PutTargetsInput{
		Rule: aws.String("r"), Targets: []ebtypes.Target{{
			Id: aws.String("q"), Arn: aws.String("arn:aws:sqs:" + l.Region() + ":" + l.Hub() + ":events"),
		}},
	}))
	return aws.ToString(queue.QueueUrl)
}

func TestOnlyRootPublishesAsAWS(t *testing.T) {
	l := fresh(t)
	limited := role(t, l, l.Hub(), allow("*", "events:PutEvents"), "")
	entry := &eventbridge.PutEventsInput{Entries: []ebtypes.PutEventsRequestEntry{{
		Source: aws.String("aws.securityhub"), DetailType: aws.String("x"), Detail: aws.String("{}"),
	}}}
	for name, tc := range map[string]struct {
		config aws.Config
		failed int32
	}{"root": {once(l, l.Hub()), 0}, "role": {limited, 1}} {
		out := got[*eventbridge.PutEventsOutput](t)(eventbridge.NewFromConfig(tc.config).PutEvents(t.Context(), entry))
		if out.FailedEntryCount != tc.failed {
			t.Errorf("%s: %d entries failed, want %d", name, out.FailedEntryCount, tc.failed)
		}
	}
}

func TestOnlyTheOrganisationIsTrusted(t *testing.T) {
	l := fresh(t)
	_ = role(t, l, memberOne, allow("*", "s3:*"), "") // fails the test unless the hub gets its session
	client := iam.NewFromConfig(l.Config(memberOne, l.Region()))
	_, err := client.UpdateAssumeRolePolicy(t.Context(), &iam.UpdateAssumeRolePolicyInput{
		RoleName: aws.String("tester"), PolicyDocument: aws.String(`{"Version":"2012-10-17","Statement":[{
			"Effect":"Allow","Principal":{"AWS":"*"},"Action":"sts:AssumeRole",
			"Condition":{"StringEquals":{"aws:PrincipalOrgID":"` + l.OrgID() + `"}}}]}`),
	})
	must(t, err)
	for account, want := range map[string]string{memberTwo: "ok", "999999999999": "AccessDenied"} {
		_, err := sts.NewFromConfig(once(l, account)).AssumeRole(t.Context(), &sts.AssumeRoleInput{
			RoleArn: aws.String("arn:aws:iam::" + memberOne + ":role/tester"), RoleSessionName: aws.String("x"),
		})
		if code(err) != want {
			t.Errorf("%s: got %v, want %s", account, err, want)
		}
	}
}

func TestNamesSurviveTheWay(t *testing.T) {
	l := fresh(t)
	bucketOne(t, l, memberOne)
	client := s3.NewFromConfig(role(t, l, memberOne, allow("arn:aws:s3:::one/*", "s3:PutObject", "s3:GetObject"), ""),
		PathStyle)
	for _, key := range []string{"plain", "a b/ü+%25", "x?y=z&w", "~(quote')*"} {
		_, err := client.PutObject(t.Context(), &s3.PutObjectInput{
			Bucket: aws.String("one"), Key: aws.String(key), Body: strings.NewReader(key),
		})
		must(t, err)
		out := got[*s3.GetObjectOutput](t)(client.GetObject(t.Context(), &s3.GetObjectInput{
			Bucket: aws.String("one"), Key: aws.String(key),
		}))
		if body := got[[]byte](t)(io.ReadAll(out.Body)); string(body) != key {
			t.Errorf("%q came back as %q", key, body)
		}
	}
}

// TestNobodyHasConfirmed: mails are confirmed at once here, and web sites never; the list of a topic says which.
func TestNobodyHasConfirmed(t *testing.T) {
	client := sns.NewFromConfig(once(fresh(t), memberOne))
	topic := got[*sns.CreateTopicOutput](t)(client.CreateTopic(t.Context(), &sns.CreateTopicInput{
		Name: aws.String("one"),
	})).TopicArn
	want := map[string]bool{"ann@example.org": true, "https://example.invalid/": false}
	for endpoint, mail := range want {
		protocol := "https"
		if mail {
			protocol = "email"
		}
		got[*sns.SubscribeOutput](t)(client.Subscribe(t.Context(), &sns.SubscribeInput{
			TopicArn: topic, Protocol: &protocol, Endpoint: &endpoint,
		}))
	}
	list := got[*sns.ListSubscriptionsByTopicOutput](t)(client.ListSubscriptionsByTopic(t.Context(),
		&sns.ListSubscriptionsByTopicInput{TopicArn: topic}))
	have := map[string]bool{}
	for _, s := range list.Subscriptions {
		have[*s.Endpoint] = strings.HasPrefix(*s.SubscriptionArn, "arn:")
	}
	if !maps.Equal(have, want) {
		t.Errorf("confirmed are %v, want %v", have, want)
	}
}

// A stage that loses its access log stays: see _patch_stages.
func TestStageOutlivesItsAccessLog(t *testing.T) {
	l := fresh(t)
	client := apigatewayv2.NewFromConfig(once(l, memberOne))
	api := got[*apigatewayv2.CreateApiOutput](t)(client.CreateApi(t.Context(), &apigatewayv2.CreateApiInput{
		Name: aws.String("shop"), ProtocolType: v2types.ProtocolTypeHttp,
	})).ApiId
	got[*apigatewayv2.CreateStageOutput](t)(client.CreateStage(t.Context(), &apigatewayv2.CreateStageInput{
		ApiId: api, StageName: aws.String("prod"), AccessLogSettings: &v2types.AccessLogSettings{
			DestinationArn: aws.String("arn:aws:logs:us-east-1:222222222222:log-group:shop"),
			Format:         aws.String("$context.requestId"),
		},
	}))
	got[*apigatewayv2.DeleteAccessLogSettingsOutput](t)(client.DeleteAccessLogSettings(t.Context(),
		&apigatewayv2.DeleteAccessLogSettingsInput{ApiId: api, StageName: aws.String("prod")}))
	stage := got[*apigatewayv2.GetStageOutput](t)(client.GetStage(t.Context(), &apigatewayv2.GetStageInput{
		ApiId: api, StageName: aws.String("prod"),
	}))
	if log := stage.AccessLogSettings; log != nil && log.DestinationArn != nil {
		t.Errorf("the stage still logs into %s", *log.DestinationArn)
	}
}

func TestAccountsDoNotSeeEachOther(t *testing.T) {
	l := fresh(t)
	config := l.Config(memberOne, l.Region())
	bucketOne(t, l, memberOne)
	got[*sqs.CreateQueueOutput](t)(sqs.NewFromConfig(config).CreateQueue(t.Context(),
		&sqs.CreateQueueInput{QueueName: aws.String("one")}))
	got[*ssm.CreateDocumentOutput](t)(ssm.NewFromConfig(config).CreateDocument(t.Context(), document("one")))
	for account, want := range map[string]int{l.Hub(): 0, memberOne: 1, memberTwo: 0} {
		config := l.Config(account, l.Region())
		buckets := got[*s3.ListBucketsOutput](t)(l.S3(account).ListBuckets(t.Context(), nil))
		queues := got[*sqs.ListQueuesOutput](t)(sqs.NewFromConfig(config).ListQueues(t.Context(), nil))
		_, err := ssm.NewFromConfig(config).DescribeDocument(t.Context(),
			&ssm.DescribeDocumentInput{Name: aws.String("one")})
		if len(buckets.Buckets) != want || len(queues.QueueUrls) != want || (err == nil) != (want == 1) {
			t.Errorf("%s sees %d buckets, %d queues, document: %v; want %d of each",
				account, len(buckets.Buckets), len(queues.QueueUrls), err, want)
		}
	}
}
