package sqs_test

import (
	"context"
	"crypto/rand"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/google/go-cmp/cmp"

	playbook "github.com/salve-security/salve/functions/playbooks/sqs"
	"github.com/salve-security/salve/functions/playbooktest"
)

const (
	managed = string(types.QueueAttributeNameSqsManagedSseEnabled)
	kmsKey  = string(types.QueueAttributeNameKmsMasterKeyId)
	timeout = string(types.QueueAttributeNameVisibilityTimeout)
)

func TestEncryption(t *testing.T) {
	for kind, name := range map[string]func() string{
		"standard": rand.Text, "FIFO": func() string { return rand.Text() + ".fifo" },
	} {
		t.Run(kind, func(t *testing.T) {
			playbooktest.Run(t, playbooktest.Suite{
				Control: playbook.Encryption()[0],
				Seed: func(ctx context.Context, t *testing.T, root aws.Config) string {
					t.Helper()
					return newQueue(ctx, t, root, name(), nil)
				},
				Observe: observe,
				// The fix set no key, so a key is neither before nor after; SQS ends its own encryption with it.
				Disturb:   set(map[string]string{managed: "false", kmsKey: "alias/theirs"}),
				Unrelated: set(map[string]string{timeout: "77"}),
				Delete: func(ctx context.Context, t *testing.T, root aws.Config, resource string) {
					t.Helper()
					client := sqs.NewFromConfig(root)
					_, err := client.DeleteQueue(ctx, &sqs.DeleteQueueInput{QueueUrl: url(ctx, t, client, resource)})
					if err != nil {
						t.Fatal(err)
					}
				},
				Skip: map[string]string{playbooktest.CaseDrift: "the fix is a switch with two values: the key is not its path"},
			})
		})
	}
}

// newQueue makes a queue without encryption and returns its ARN.
func newQueue(ctx context.Context, t *testing.T, root aws.Config, name string, more map[string]string) string {
	t.Helper()
	attributes := map[string]string{managed: "false"}
	if len(name) > 5 && name[len(name)-5:] == ".fifo" {
		attributes["FifoQueue"] = "true"
	}
	for k, v := range more {
		attributes[k] = v
	}
	_, err := sqs.NewFromConfig(root).CreateQueue(ctx, &sqs.CreateQueueInput{
		QueueName: aws.String(name), Attributes: attributes,
	})
	if err != nil {
		t.Fatal(err)
	}
	return prefix + name
}

const prefix = "arn:aws:sqs:" + playbooktest.DefaultRegion + ":" + playbooktest.DefaultAccount + ":"

func url(ctx context.Context, t *testing.T, client *sqs.Client, resource string) *string {
	t.Helper()
	out, err := client.GetQueueUrl(ctx, &sqs.GetQueueUrlInput{QueueName: aws.String(resource[len(prefix):])})
	if err != nil {
		t.Fatal(err)
	}
	return out.QueueUrl
}

func set(attributes map[string]string) playbooktest.Act {
	return func(ctx context.Context, t *testing.T, root aws.Config, resource string) {
		t.Helper()
		client := sqs.NewFromConfig(root)
		_, err := client.SetQueueAttributes(ctx, &sqs.SetQueueAttributesInput{
			QueueUrl: url(ctx, t, client, resource), Attributes: attributes,
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

func observe(ctx context.Context, t *testing.T, root aws.Config, resource string) any {
	t.Helper()
	client := sqs.NewFromConfig(root)
	out, err := client.GetQueueAttributes(ctx, &sqs.GetQueueAttributesInput{
		QueueUrl:       url(ctx, t, client, resource),
		AttributeNames: []types.QueueAttributeName{types.QueueAttributeNameAll},
	})
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]string{}
	for _, name := range []string{managed, kmsKey, timeout} {
		seen[name] = out.Attributes[name]
	}
	return seen
}

// Whatever encrypts a queue already is left alone, and a key is only for those who ask for it.
func TestChoiceOfKey(t *testing.T) {
	tests := map[string]struct {
		attributes map[string]string
		param      string
		want       string
	}{
		"no key, none asked for": {nil, "", "  ~ SqsManaged: false → true\n"},
		"no key, one asked for":  {nil, "alias/queues", "  ~ KmsKey: none → \"alias/queues\"\n"},
		"managed already":        {map[string]string{managed: "true"}, "alias/queues", ""},
		"other key already":      {map[string]string{kmsKey: "alias/theirs"}, "alias/queues", ""},
		"AWS's key already":      {map[string]string{kmsKey: "alias/aws/sqs"}, "", ""},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			c := playbook.Encryption()[0]
			resource := newQueue(t.Context(), t, playbooktest.Root(t), rand.Text(), tc.attributes)
			env := playbooktest.Env(t, c, resource)
			var err error
			if env.Params, err = c.Resolve(map[string]any{"kmsKeyId": tc.param}); err != nil {
				t.Fatal(err)
			}
			plan, err := c.Plan(t.Context(), env)
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(tc.want, plan.String()); d != "" {
				t.Errorf("plan (-want +got):\n%s", d)
			}
		})
	}
}

// A fix with a key is undone like any other: the queue ends without one, as it began.
func TestKeyIsTakenBack(t *testing.T) {
	c := playbook.Encryption()[0]
	root := playbooktest.Root(t)
	resource := newQueue(t.Context(), t, root, rand.Text(), nil)
	before := observe(t.Context(), t, root, resource)
	env := playbooktest.Env(t, c, resource)
	var err error
	if env.Params, err = c.Resolve(map[string]any{"kmsKeyId": "alias/queues"}); err != nil {
		t.Fatal(err)
	}
	plan, err := c.Plan(t.Context(), env)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Apply(t.Context(), env, plan); err != nil {
		t.Fatal(err)
	}
	want := map[string]string{managed: "false", kmsKey: "alias/queues", timeout: "30"}
	if d := cmp.Diff(any(want), observe(t.Context(), t, root, resource)); d != "" {
		t.Errorf("after the fix (-want +got):\n%s", d)
	}
	undo, err := c.PlanUndo(t.Context(), env, plan.Changes)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Apply(t.Context(), env, undo); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(before, observe(t.Context(), t, root, resource)); d != "" {
		t.Errorf("after the undo (-before +now):\n%s", d)
	}
}

func TestPattern(t *testing.T) {
	c := playbook.Encryption()[0]
	tests := map[string]bool{
		prefix + "orders":      true,
		prefix + "orders.fifo": true,
		prefix + "or.ders":     false,
		prefix + "*":           false,
		prefix:                 false,
		"arn:aws-cn:sqs:cn-north-1:222222222222:a":                    true,
		"https://sqs.us-east-1.amazonaws.com/222222222222/not-an-arn": false,
	}
	for resource, want := range tests {
		t.Run(resource, func(t *testing.T) {
			if c.Pattern.MatchString(resource) != want {
				t.Errorf("accepted: %v, want %v", !want, want)
			}
		})
	}
}
