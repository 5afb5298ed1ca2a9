package s3_test

import (
	"context"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/smithy-go"

	playbook "github.com/salve-security/salve/functions/playbooks/s3"
	"github.com/salve-security/salve/functions/playbooktest"
	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
)

// logBucket is the bucket that Salve makes for access logs.
const logBucket = "s3-access-logs-" + playbooktest.DefaultAccount + "-" + playbooktest.DefaultRegion

// removeLogBucket takes away what a run before has made.
func removeLogBucket(ctx context.Context, t *testing.T, root aws.Config) {
	t.Helper()
	client, name := admin(root), aws.String(logBucket)
	logs, err := client.ListObjectsV2(ctx, &s3.ListObjectsV2Input{Bucket: name})
	if fault.Of(err) == fault.Gone {
		return
	}
	// The lab holds every request to be one without TLS.
	playbooktest.Got(client.DeleteBucketPolicy(ctx, &s3.DeleteBucketPolicyInput{Bucket: name}))(t)
	for _, log := range playbooktest.Got(logs, err)(t).Contents {
		playbooktest.Got(client.DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: name, Key: log.Key}))(t)
	}
	_, err = client.DeleteBucket(ctx, &s3.DeleteBucketInput{Bucket: name})
	playbooktest.Done(t, err)
}

// logging is where a bucket's log goes, beside what else another client sees.
func logging(ctx context.Context, t *testing.T, root aws.Config, resource string) any {
	in := &s3.GetBucketLoggingInput{Bucket: bucketName(resource)}
	out := playbooktest.Got(admin(root).GetBucketLogging(ctx, in))(t).LoggingEnabled
	if out != nil {
		return []any{observe(ctx, t, root, resource), *out.TargetBucket}
	}
	return []any{observe(ctx, t, root, resource)}
}

func TestAccessLog(t *testing.T) {
	playbooktest.Family(t, playbook.AccessLog(), func(c control.Control) playbooktest.Suite {
		return playbooktest.Suite{
			Control: c,
			Seed: func(ctx context.Context, t *testing.T, root aws.Config) string {
				removeLogBucket(ctx, t, root)
				resource := newBucket(ctx, t, root)
				if c.ID == "CloudTrail.7" {
					_, err := cloudtrail.NewFromConfig(root).CreateTrail(ctx, &cloudtrail.CreateTrailInput{
						Name: bucketName(resource), S3BucketName: bucketName(resource),
					})
					playbooktest.Done(t, err)
				}
				return resource
			},
			Observe: logging, Unrelated: suspendVersions, Delete: deleteBucket,
			Disturb: func(ctx context.Context, t *testing.T, root aws.Config, resource string) {
				theirs := newBucket(ctx, t, root)
				putPolicy(ctx, t, root, theirs, policy(logsLet))
				playbooktest.Got(admin(root).PutBucketLogging(ctx, &s3.PutBucketLoggingInput{
					Bucket: bucketName(resource), BucketLoggingStatus: &types.BucketLoggingStatus{
						LoggingEnabled: &types.LoggingEnabled{TargetBucket: bucketName(theirs), TargetPrefix: aws.String("x")},
					},
				}))(t)
			},
			DisturbFact: func(ctx context.Context, t *testing.T, root aws.Config, _ string) {
				in := &s3.CreateBucketInput{Bucket: aws.String(logBucket)}
				playbooktest.Got(admin(root).CreateBucket(ctx, in))(t)
				putPolicy(ctx, t, root, arnPrefix+logBucket, policy(partnerReads))
			},
		}
	})
}

// logsLet lets S3 write access logs.
const logsLet = `{"Effect":"Allow","Principal":{"Service":"logging.s3.amazonaws.com"},"Action":"s3:PutObject",` +
	`"Resource":"BUCKET/*"}`

// The bucket that Salve makes is let in by its policy, not by an ACL, and passes Salve's own controls.
//
// better: CloudTrail.7 grants log delivery by a bucket policy and not by an access list
// better: S3.9 never logs a bucket into itself
func TestLogBucketPasses(t *testing.T) {
	root := playbooktest.Root(t)
	removeLogBucket(t.Context(), t, root)
	c, resource := playbooktest.Pick(t, playbook.AccessLog(), "CloudTrail.7"), newBucket(t.Context(), t, root)
	playbooktest.Fix(t, c, playbooktest.Env(t, c, resource))
	for _, other := range controls() {
		if other.ID == c.ID {
			continue // a log of the log would never end
		}
		plan := playbooktest.Got(other.Plan(t.Context(), playbooktest.Env(t, other, arnPrefix+logBucket)))(t)
		if !plan.Empty() {
			t.Errorf("%s fails on the bucket that was made:\n%s", other.ID, plan)
		}
	}
	for _, c := range playbook.AccessLog() {
		_, err := c.Plan(t.Context(), playbooktest.Env(t, c, arnPrefix+logBucket))
		playbooktest.Fails(t, err, fault.Refused, "would never end")
	}
}

// A log that is on passes, wherever it goes. What cannot be written to is refused, and nothing else is put in its
// place.
func TestLineOfAccessLogs(t *testing.T) {
	answers := func(target *types.LoggingEnabled, code, text string) playbooktest.StandIn {
		s := playbooktest.Answers(&s3.GetBucketLoggingOutput{LoggingEnabled: target},
			&s3.GetBucketPolicyOutput{Policy: aws.String(policy(text))})
		if code != "" {
			s["GetBucketPolicy"] = func(any) (any, error) { return nil, &smithy.GenericAPIError{Code: code} }
		}
		return s
	}
	on := &types.LoggingEnabled{TargetBucket: aws.String("elsewhere"), TargetPrefix: aws.String("")}
	named := map[string]any{"bucketName": "central"}
	shapes := map[string]playbooktest.Shape{
		"on":                  {Answers: answers(on, "NoSuchBucket", "")},
		"on, nobody may look": {Answers: answers(on, "AccessDenied", "")},
		"off":                 {Answers: answers(nil, "NoSuchBucket", ""), Fails: true},
		"off, half made":      {Answers: answers(nil, "NoSuchBucketPolicy", ""), Fails: true},
		"off, made":           {Answers: answers(nil, "", logsLet), Fails: true},
		"off, another's name": {
			Answers: answers(nil, "AccessDenied", ""), Class: fault.Refused, Words: []string{"somebody else"},
		},
		"off, no way in": {
			Answers: answers(nil, "", partnerReads), Class: fault.Refused, Words: []string{"let logging.s3"},
		},
		"named, there": {Answers: answers(nil, "", logsLet), Params: named, Fails: true},
		"named, not there": {
			Answers: answers(nil, "NoSuchBucket", ""),
			Params:  named,
			Class:   fault.Refused,
			Words:   []string{"make the bucket central"},
		},
		"named, without a policy": {
			Answers: answers(nil, "NoSuchBucketPolicy", ""), Params: named, Class: fault.Refused,
		},
		"itself": {
			Answers: answers(nil, "", logsLet), Params: map[string]any{"bucketName": "trails"}, Class: fault.Refused,
		},
	}
	for _, c := range playbook.AccessLog() {
		playbooktest.Judged(t, c, arnPrefix+"trails", shapes)
	}
}
