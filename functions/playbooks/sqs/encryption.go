// Package sqs holds the playbooks for Amazon SQS.
package sqs

import (
	"context"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"github.com/salve-security/salve/functions/playbooks/needs"
	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
)

// paramKey is the parameter with the key for queues that have none.
const paramKey = "kmsKeyId"

// encryption is how a queue is encrypted: with a key that SQS manages, with a KMS key, or not at all.
type encryption struct {
	SqsManaged bool
	KmsKey     string
}

// The attributes of a queue that say so.
const (
	managed = "SqsManagedSseEnabled"
	kmsKey  = "KmsMasterKeyId"
)

// queueARN accepts standard and FIFO queues of every partition; its group is the name.
var queueARN = regexp.MustCompile(`^arn:aws[a-z-]*:sqs:[a-z0-9-]+:\d{12}:([A-Za-z0-9_-]{1,80}(?:\.fifo)?)$`)

// Encryption returns the control that is met by encrypting a queue at rest.
func Encryption() []control.Control {
	return []control.Control{control.Of[encryption]{
		Info: control.Info{
			ID: "SQS.1",
			Effect: "New messages are encrypted at rest with a key that SQS manages; nobody needs another permission. With " +
				"a KMS key of your own, senders and receivers without rights on it are cut off, AWS services too.",
			Fails: control.Fails{
				When:   "The queue is encrypted neither with a key that SQS manages nor with a KMS key.",
				Rule:   "sqs-queue-encrypted",
				Custom: true,
			},
			Impact:  control.ImpactInterrupts,
			Pattern: queueARN,
			Params: []control.Param{{
				Name: paramKey,
				Meaning: "KMS key of the same account and Region, as id, ARN or alias, for queues without encryption; empty for " +
					"the key that SQS manages.",
				Default: "",
				Pattern: regexp.MustCompile(`^[A-Za-z0-9:/_-]*$`),
			}},
			Actions: []string{"sqs:GetQueueAttributes", "sqs:GetQueueUrl", "sqs:ListQueues", "sqs:SetQueueAttributes"},
			Settle:  control.Settle{Typical: time.Minute, Within: 5 * time.Minute},
		},
		Read:  readEncryption,
		Want:  wantEncryption,
		Write: writeEncryption,
	}.Control()}
}

func readEncryption(ctx context.Context, env control.Env) (encryption, error) {
	client, url, err := open(ctx, env)
	if err != nil {
		return encryption{}, err
	}
	out, err := client.GetQueueAttributes(ctx, &sqs.GetQueueAttributesInput{
		QueueUrl: url, AttributeNames: []types.QueueAttributeName{managed, kmsKey},
	})
	if err != nil {
		return encryption{}, err
	}
	return encryption{SqsManaged: out.Attributes[managed] == "true", KmsKey: out.Attributes[kmsKey]}, nil
}

// wantEncryption leaves any encryption as it is, whatever the parameter says: who chose a key had a reason.
func wantEncryption(now encryption, env control.Env) (encryption, error) {
	switch key := env.Params.Text(paramKey); {
	case now.SqsManaged || now.KmsKey != "":
	case !needs.Here(key, env.Target):
		return now, needs.OtherKey(key, paramKey, env.Target)
	case key != "":
		now.KmsKey = key
	default:
		now.SqsManaged = true
	}
	return now, nil
}

// writeEncryption sends what differs and nothing else: SQS can take one of the two attributes as the end of the
// other, even where it repeats what is set.
func writeEncryption(ctx context.Context, env control.Env, from, to encryption) error {
	client, url, err := open(ctx, env)
	if err != nil {
		return err
	}
	attributes := map[string]string{}
	if from.KmsKey != to.KmsKey {
		attributes[kmsKey] = to.KmsKey
	}
	if from.SqsManaged != to.SqsManaged {
		attributes[managed] = strconv.FormatBool(to.SqsManaged)
	}
	_, err = client.SetQueueAttributes(ctx, &sqs.SetQueueAttributesInput{QueueUrl: url, Attributes: attributes})
	return err
}

// open asks for the queue's address: its ARN does not give it in every partition.
func open(ctx context.Context, env control.Env) (client *sqs.Client, url *string, err error) {
	client = sqs.NewFromConfig(env.Config)
	out, err := client.GetQueueUrl(ctx, &sqs.GetQueueUrlInput{
		QueueName: &env.Name, QueueOwnerAWSAccountId: &env.Target.Account,
	})
	if fault.Of(err) == fault.Gone {
		return nil, nil, missing(ctx, client, env.Name, err)
	}
	if err != nil {
		return nil, nil, err
	}
	return client, out.QueueUrl, nil
}

// missing asks in another way for a queue that SQS says does not exist: it says the same of one that a policy hides.
func missing(ctx context.Context, client *sqs.Client, name string, gone error) error {
	pages := sqs.NewListQueuesPaginator(client, &sqs.ListQueuesInput{QueueNamePrefix: &name})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return err
		}
		if slices.ContainsFunc(page.QueueUrls, func(url string) bool { return strings.HasSuffix(url, "/"+name) }) {
			return fault.New(fault.Denied, "SQS lists the queue and says that it does not exist: a policy, of the queue or "+
				"of the organization, keeps Salve from it: %w", gone)
		}
	}
	return gone
}
