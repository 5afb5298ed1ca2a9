package sqs_test

import (
	"context"
	"crypto/rand"
	"maps"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/aws/smithy-go"
	"github.com/google/go-cmp/cmp"

	playbook "github.com/salve-security/salve/functions/playbooks/sqs"
	"github.com/salve-security/salve/functions/playbooktest"
	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
)

const (
	managed = string(types.QueueAttributeNameSqsManagedSseEnabled)
	kmsKey  = string(types.QueueAttributeNameKmsMasterKeyId)
	timeout = string(types.QueueAttributeNameVisibilityTimeout)

	prefix = "arn:aws:sqs:" + playbooktest.DefaultRegion + ":" + playbooktest.DefaultAccount + ":"
)

func encryption(t *testing.T) control.Control {
	t.Helper()
	return playbooktest.Pick(t, playbook.Encryption(), "SQS.1")
}

func TestEncryption(t *testing.T) {
	for kind, name := range map[string]func() string{
		"standard": rand.Text, "FIFO": func() string { return rand.Text() + ".fifo" },
	} {
		t.Run(kind, func(t *testing.T) {
			playbooktest.Run(t, playbooktest.Suite{
				Control: encryption(t),
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
					playbooktest.Got(client.DeleteQueue(ctx, &sqs.DeleteQueueInput{QueueUrl: url(ctx, t, client, resource)}))(t)
				},
				Unseen: map[string]string{"sqs:ListQueues": "a fix finds its queue: TestHiddenQueue looks for one"},
				Skip:   map[string]string{playbooktest.CaseDrift: "the fix is a switch with two values: the key is not its path"},
			})
		})
	}
}

// newQueue makes a queue without encryption, but for the attributes, and returns its ARN.
func newQueue(ctx context.Context, t *testing.T, root aws.Config, name string, attributes map[string]string) string {
	t.Helper()
	all := map[string]string{managed: "false"}
	if strings.HasSuffix(name, ".fifo") {
		all["FifoQueue"] = "true"
	}
	maps.Copy(all, attributes)
	playbooktest.Got(sqs.NewFromConfig(root).CreateQueue(ctx, &sqs.CreateQueueInput{QueueName: &name, Attributes: all}))(t)
	return prefix + name
}

func url(ctx context.Context, t *testing.T, client *sqs.Client, resource string) *string {
	t.Helper()
	name := strings.TrimPrefix(resource, prefix)
	return playbooktest.Got(client.GetQueueUrl(ctx, &sqs.GetQueueUrlInput{QueueName: &name}))(t).QueueUrl
}

func set(attributes map[string]string) playbooktest.Act {
	return func(ctx context.Context, t *testing.T, root aws.Config, resource string) {
		t.Helper()
		client := sqs.NewFromConfig(root)
		playbooktest.Got(client.SetQueueAttributes(ctx, &sqs.SetQueueAttributesInput{
			QueueUrl: url(ctx, t, client, resource), Attributes: attributes,
		}))(t)
	}
}

func observe(ctx context.Context, t *testing.T, root aws.Config, resource string) any {
	t.Helper()
	client := sqs.NewFromConfig(root)
	out := playbooktest.Got(client.GetQueueAttributes(ctx, &sqs.GetQueueAttributesInput{
		QueueUrl:       url(ctx, t, client, resource),
		AttributeNames: []types.QueueAttributeName{types.QueueAttributeNameAll},
	}))(t)
	seen := map[string]string{}
	for _, name := range []string{managed, kmsKey, timeout} {
		seen[name] = out.Attributes[name]
	}
	return seen
}

// Whatever encrypts a queue already is left alone, and a key is only for those who ask for it.
//
// better: SQS.1 needs no key, so that no service is cut off
func TestChoiceOfKey(t *testing.T) {
	for name, tc := range map[string]struct {
		attributes map[string]string
		param      string
		want       string
	}{
		"no key, none asked for": {nil, "", "  ~ SqsManaged: false → true\n"},
		"no key, one asked for":  {nil, "alias/queues", "  ~ KmsKey: none → \"alias/queues\"\n"},
		"managed already":        {map[string]string{managed: "true"}, "alias/queues", ""},
		"other key already":      {map[string]string{kmsKey: "alias/theirs"}, "alias/queues", ""},
		"AWS's key already":      {map[string]string{kmsKey: "alias/aws/sqs"}, "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			c, resource := encryption(t), newQueue(t.Context(), t, playbooktest.Root(t), rand.Text(), tc.attributes)
			env := playbooktest.Env(t, c, resource, playbooktest.With(map[string]any{"kmsKeyId": tc.param}))
			playbooktest.Planned(t, c, env, tc.want)
		})
	}
}

// A key of others is theirs to switch off, and one of another Region encrypts nothing here.
func TestKeysOfOthersAreRefused(t *testing.T) {
	const key = ":key/0d9a3a0e-1111-4222-8333-444455556666"
	plain := playbooktest.Answers(
		&sqs.GetQueueUrlOutput{QueueUrl: aws.String("https://sqs.us-east-1.amazonaws.com/222222222222/orders")},
		&sqs.GetQueueAttributesOutput{Attributes: map[string]string{managed: "false"}})
	shapes := map[string]playbooktest.Shape{}
	for name, refused := range map[string]bool{
		"arn:aws:kms:us-east-1:222222222222" + key:           false,
		"arn:aws:kms:us-east-1:222222222222:alias/queues":    false,
		"0d9a3a0e-1111-4222-8333-444455556666":               false,
		"alias/queues":                                       false,
		"arn:aws:kms:us-east-1:999999999999" + key:           true,
		"arn:aws:kms:us-east-1:999999999999:alias/queues":    true,
		"arn:aws:kms:eu-central-1:222222222222:alias/queues": true,
	} {
		shape := playbooktest.Shape{Answers: plain, Params: map[string]any{"kmsKeyId": name}, Fails: !refused}
		if refused {
			shape.Class, shape.Words = fault.Refused, []string{"account 222222222222 in us-east-1"}
		}
		shapes[name] = shape
	}
	playbooktest.Judged(t, encryption(t), prefix+"orders", shapes)
}

// A fix with a key is undone like any other: the queue ends without one, as it began.
func TestKeyIsTakenBack(t *testing.T) {
	c, root := encryption(t), playbooktest.Root(t)
	resource := newQueue(t.Context(), t, root, rand.Text(), nil)
	before := observe(t.Context(), t, root, resource)
	env := playbooktest.Env(t, c, resource, playbooktest.With(map[string]any{"kmsKeyId": "alias/queues"}))
	changes := playbooktest.Fix(t, c, env)
	want := map[string]string{managed: "false", kmsKey: "alias/queues", timeout: "30"}
	if d := cmp.Diff(any(want), observe(t.Context(), t, root, resource)); d != "" {
		t.Errorf("after the fix (-want +got):\n%s", d)
	}
	playbooktest.Undo(t, c, env, changes)
	if d := cmp.Diff(before, observe(t.Context(), t, root, resource)); d != "" {
		t.Errorf("after the undo (-before +now):\n%s", d)
	}
}

// What AWS counts as encrypted, whatever else it says or leaves out.
func TestEncrypted(t *testing.T) {
	c := encryption(t)
	env := playbooktest.Env(t, c, prefix+"orders")
	const address = "https://sqs.us-east-1.amazonaws.com/222222222222/orders"
	for name, tc := range map[string]struct {
		attributes map[string]string
		encrypted  bool
	}{
		"by SQS":                 {map[string]string{managed: "true"}, true},
		"by SQS, no key":         {map[string]string{managed: "true", kmsKey: ""}, true},
		"by a key's id":          {map[string]string{kmsKey: "1234abcd-12ab-34cd-56ef-1234567890ab"}, true},
		"by a key's ARN":         {map[string]string{kmsKey: "arn:aws:kms:us-east-1:222222222222:key/1"}, true},
		"by a key of others":     {map[string]string{kmsKey: "arn:aws:kms:us-east-1:333333333333:key/1"}, true},
		"by a key of Regions":    {map[string]string{kmsKey: "mrk-1234abcd12ab34cd56ef1234567890ab"}, true},
		"by an alias":            {map[string]string{kmsKey: "alias/queues"}, true},
		"by an alias's ARN":      {map[string]string{kmsKey: "arn:aws-cn:kms:cn-north-1:222222222222:alias/q"}, true},
		"by AWS's key":           {map[string]string{managed: "false", kmsKey: "alias/aws/sqs"}, true},
		"by a key, SQS unsaid":   {map[string]string{kmsKey: "k", "KmsDataKeyReusePeriodSeconds": "300"}, true},
		"by both, as nobody can": {map[string]string{managed: "true", kmsKey: "k"}, true},

		"nothing said":         {map[string]string{}, false},
		"no attributes":        {nil, false},
		"not by SQS":           {map[string]string{managed: "false"}, false},
		"SQS is empty":         {map[string]string{managed: ""}, false},
		"no key":               {map[string]string{managed: "false", kmsKey: ""}, false},
		"a key, empty":         {map[string]string{kmsKey: ""}, false},
		"a period for no key":  {map[string]string{"KmsDataKeyReusePeriodSeconds": "300"}, false},
		"a period, not by SQS": {map[string]string{managed: "false", "KmsDataKeyReusePeriodSeconds": "300"}, false},
		"another attribute":    {map[string]string{"FifoQueue": "true"}, false},
		"a word for no":        {map[string]string{managed: "no"}, false},
		"a policy":             {map[string]string{"Policy": `{"Statement":[]}`}, false},
	} {
		t.Run(name, func(t *testing.T) {
			env := env
			playbooktest.Answers(&sqs.GetQueueUrlOutput{QueueUrl: aws.String(address)},
				&sqs.GetQueueAttributesOutput{Attributes: tc.attributes}).AddTo(&env.Config)
			plan := playbooktest.Got(c.Plan(t.Context(), env))(t)
			if plan.Empty() != tc.encrypted {
				t.Errorf("compliant: %v, changes:\n%s", plan.Empty(), plan)
			}
		})
	}
}

// SQS says of a queue that it does not exist also where a policy hides it: it is gone when it is not listed either.
func TestHiddenQueue(t *testing.T) {
	const place = "https://sqs.us-east-1.amazonaws.com/222222222222/"
	for name, tc := range map[string]struct {
		pages [][]string
		want  fault.Class
	}{
		"not listed":          {[][]string{nil}, fault.Gone},
		"others are":          {[][]string{{place + "orders-old", place + "orders.fifo", place + "my-orders"}}, fault.Gone},
		"listed":              {[][]string{{place + "orders"}}, fault.Denied},
		"listed on page two":  {[][]string{{place + "orders-1"}, {place + "orders"}}, fault.Denied},
		"nobody may list it":  {nil, fault.Denied},
		"the listing is slow": {[][]string{}, fault.Retry},
	} {
		t.Run(name, func(t *testing.T) {
			page := 0
			_, err := encryption(t).Plan(t.Context(), playbooktest.Env(t, encryption(t), prefix+"orders", playbooktest.StandIn{
				"GetQueueUrl": func(any) (any, error) { return nil, &types.QueueDoesNotExist{} },
				"ListQueues": func(any) (any, error) {
					switch {
					case tc.pages == nil:
						return nil, &smithy.GenericAPIError{Code: "AccessDenied", Message: "not authorized"}
					case len(tc.pages) == 0:
						return nil, &smithy.GenericAPIError{Code: "ThrottlingException"}
					}
					out := &sqs.ListQueuesOutput{QueueUrls: tc.pages[page]}
					if page++; page < len(tc.pages) {
						out.NextToken = aws.String("more")
					}
					return out, nil
				},
			}))
			playbooktest.Fails(t, err, tc.want)
		})
	}
}

func TestPattern(t *testing.T) {
	playbooktest.Accepts(t, encryption(t), map[string]string{
		prefix + "orders":      "orders",
		prefix + "orders.fifo": "orders.fifo",
		prefix + "or.ders":     "",
		prefix + "*":           "",
		prefix:                 "",
		"arn:aws-cn:sqs:cn-north-1:222222222222:a":                    "a",
		"https://sqs.us-east-1.amazonaws.com/222222222222/not-an-arn": "",
	})
}
