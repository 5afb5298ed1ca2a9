// Package e2e holds the tests that run the deployed chain: the real program
// behind the real templates, from event to note.
package e2e

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/aws-sdk-go-v2/service/securityhub"
	hubtypes "github.com/aws/aws-sdk-go-v2/service/securityhub/types"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/salve-security/salve/internal/lab"
	labhub "github.com/salve-security/salve/internal/lab/securityhub"
	"github.com/salve-security/salve/internal/lab/stage"
)

// world is a lab with Salve deployed in it.
type world struct {
	*lab.Lab
	env    map[string]string
	events string // URL of a queue that gets every notice for programs
}

func newWorld(t *testing.T) world {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	l, err := lab.Start(ctx, lab.Options{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	})
	built, err := program()
	if err != nil {
		t.Fatal(err)
	}
	outputs, err := stage.Deploy(ctx, l, stage.Options{Program: built})
	if err != nil {
		t.Fatal(err)
	}
	w := world{Lab: l, env: stage.Env(outputs)}
	w.events = w.listen(t, outputs["NoticesTopicArn"])
	return w
}

func (w world) hub() aws.Config { return w.Config(w.Hub(), w.Region()) }

// listen subscribes a queue to a topic, as docs/json.md says for programs, and returns its URL.
func (w world) listen(t *testing.T, topic string) string {
	t.Helper()
	ctx := t.Context()
	queue := sqs.NewFromConfig(w.hub())
	q, err := queue.CreateQueue(ctx, &sqs.CreateQueueInput{
		QueueName: aws.String("listener"), Attributes: map[string]string{"Policy": `{"Version":"2012-10-17","Statement":[
			{"Effect":"Allow","Principal":{"Service":"sns.amazonaws.com"},"Action":"sqs:SendMessage","Resource":"*"}]}`},
	})
	if err != nil {
		t.Fatal(err)
	}
	_, err = sns.NewFromConfig(w.hub()).Subscribe(ctx, &sns.SubscribeInput{
		TopicArn: &topic, Protocol: aws.String("sqs"),
		Attributes: map[string]string{"RawMessageDelivery": "true", "FilterPolicy": `{"kind": [{"exists": true}]}`},
		Endpoint:   aws.String("arn:aws:sqs:" + w.Region() + ":" + w.Hub() + ":listener"),
	})
	if err != nil {
		t.Fatal(err)
	}
	return aws.ToString(q.QueueUrl)
}

// told waits for the next notice for programs.
func (w world) told(t *testing.T) map[string]any {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	queue := sqs.NewFromConfig(w.hub())
	for {
		out, err := queue.ReceiveMessage(ctx, &sqs.ReceiveMessageInput{
			QueueUrl: &w.events, WaitTimeSeconds: 10, MessageAttributeNames: []string{"event"},
		})
		if err != nil {
			t.Fatalf("no notice came: %v\n%s", err, w.log(t))
		}
		if len(out.Messages) == 0 {
			continue
		}
		m := out.Messages[0]
		if _, err := queue.DeleteMessage(ctx, &sqs.DeleteMessageInput{
			QueueUrl: &w.events, ReceiptHandle: m.ReceiptHandle,
		}); err != nil {
			t.Fatal(err)
		}
		event, err := base64.StdEncoding.DecodeString(aws.ToString(m.MessageAttributes["event"].StringValue))
		if err != nil {
			t.Fatal(err)
		}
		var notice map[string]any
		if err := json.Unmarshal(event, &notice); err != nil {
			t.Fatal(err)
		}
		return notice
	}
}

// publicBucket makes a bucket in a member whose public access block is half open.
func (w world) publicBucket(t *testing.T, account, name string) string {
	t.Helper()
	client := w.S3(account)
	if _, err := client.CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: &name}); err != nil {
		t.Fatal(err)
	}
	_, err := client.PutPublicAccessBlock(t.Context(), &s3.PutPublicAccessBlockInput{
		Bucket:                         &name,
		PublicAccessBlockConfiguration: &types.PublicAccessBlockConfiguration{BlockPublicAcls: aws.Bool(true)},
	})
	if err != nil {
		t.Fatal(err)
	}
	return "arn:aws:s3:::" + name
}

// open counts the flags of a bucket's public access block that are off.
func (w world) open(t *testing.T, account, name string) int {
	t.Helper()
	out, err := w.S3(account).GetPublicAccessBlock(t.Context(), &s3.GetPublicAccessBlockInput{Bucket: &name})
	if err != nil {
		t.Fatal(err)
	}
	c, n := out.PublicAccessBlockConfiguration, 0
	for _, on := range []*bool{c.BlockPublicAcls, c.BlockPublicPolicy, c.IgnorePublicAcls, c.RestrictPublicBuckets} {
		if !aws.ToBool(on) {
			n++
		}
	}
	return n
}

// report writes a finding as Security Hub would and returns its id.
func (w world) report(t *testing.T, spec labhub.FindingSpec) string {
	t.Helper()
	spec.At, spec.Region = time.Now(), w.Region()
	if spec.Status == "" {
		spec.Status = "FAILED"
	}
	f, err := labhub.SDKFinding(spec)
	if err != nil {
		t.Fatal(err)
	}
	out, err := securityhub.NewFromConfig(w.hub()).BatchImportFindings(t.Context(),
		&securityhub.BatchImportFindingsInput{Findings: []hubtypes.AwsSecurityFinding{f}})
	if err != nil || aws.ToInt32(out.FailedCount) > 0 {
		t.Fatalf("import: %v %v", err, out)
	}
	return aws.ToString(f.Id)
}

// finding reads a finding back from Security Hub.
func (w world) finding(t *testing.T, id string) hubtypes.AwsSecurityFinding {
	t.Helper()
	out, err := securityhub.NewFromConfig(w.hub()).GetFindings(t.Context(), &securityhub.GetFindingsInput{
		Filters: &hubtypes.AwsSecurityFindingFilters{
			Id: []hubtypes.StringFilter{{Value: &id, Comparison: hubtypes.StringFilterComparisonEquals}},
		},
	})
	if err != nil || len(out.Findings) != 1 {
		t.Fatalf("finding %s: %v, %d found", id, err, len(out.Findings))
	}
	return out.Findings[0]
}

// log is what the emulators printed, for failed tests.
func (w world) log(t *testing.T) string {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(w.Dir(), "emulators.log"))
	if err != nil {
		return err.Error()
	}
	return string(raw[max(0, len(raw)-6000):])
}
