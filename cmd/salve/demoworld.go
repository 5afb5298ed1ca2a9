package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/ledger"
	"github.com/salve-security/salve/internal/plain"
	"github.com/salve-security/salve/internal/run"
)

// mailboxPolicy lets the topic deliver to the queue that stands for a person's mailbox.
const mailboxPolicy = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow",` +
	`"Principal":{"Service":"sns.amazonaws.com"},"Action":"sqs:SendMessage","Resource":"*"}]}`

// openMailbox subscribes a queue to what people are told by email.
func (d *demo) openMailbox(root aws.Config) (string, error) {
	name := "mailbox"
	q, err := sqs.NewFromConfig(root).CreateQueue(d.ctx, &sqs.CreateQueueInput{
		QueueName: &name, Attributes: map[string]string{"Policy": mailboxPolicy},
	})
	if err != nil {
		return "", fmt.Errorf("make a mailbox: %w", err)
	}
	_, err = sns.NewFromConfig(root).Subscribe(d.ctx, &sns.SubscribeInput{
		TopicArn: &d.h.settings.NoticesTopic, Protocol: aws.String("sqs"),
		Attributes: map[string]string{"RawMessageDelivery": "true"},
		Endpoint:   aws.String("arn:aws:sqs:" + d.Region() + ":" + d.Hub() + ":" + name),
	})
	if err != nil {
		return "", fmt.Errorf("subscribe the mailbox: %w", err)
	}
	return aws.ToString(q.QueueUrl), nil
}

// mail waits for the next email.
func (d *demo) mail(ctx context.Context) (string, error) {
	client := sqs.NewFromConfig(d.Config(d.Hub(), d.Region()))
	for {
		out, err := client.ReceiveMessage(ctx, &sqs.ReceiveMessageInput{QueueUrl: &d.mailbox, WaitTimeSeconds: 10})
		if err != nil {
			return "", fmt.Errorf("read the mailbox: %w", err)
		}
		if len(out.Messages) > 0 {
			return aws.ToString(out.Messages[0].Body), nil
		}
	}
}

// makeBucket makes a bucket of the member that blocks no public access.
func (d *demo) makeBucket() error {
	client := d.S3(d.account)
	if _, err := client.CreateBucket(d.ctx, &s3.CreateBucketInput{Bucket: aws.String(demoBucket)}); err != nil {
		return fmt.Errorf("make a bucket: %w", err)
	}
	return nil
}

// openFlags counts the settings of the bucket's public access block that are off.
func (d *demo) openFlags() (int, error) {
	out, err := d.S3(d.account).GetPublicAccessBlock(d.ctx, &s3.GetPublicAccessBlockInput{
		Bucket: aws.String(demoBucket),
	})
	if fault.Unset(err) {
		return 4, nil
	}
	if err != nil {
		return 0, fmt.Errorf("look at the bucket: %w", err)
	}
	c, off := out.PublicAccessBlockConfiguration, 0
	for _, on := range []*bool{c.BlockPublicAcls, c.BlockPublicPolicy, c.IgnorePublicAcls, c.RestrictPublicBuckets} {
		if !aws.ToBool(on) {
			off++
		}
	}
	return off, nil
}

// lastRun is the run that fixed the bucket.
func (d *demo) lastRun() (*run.Run, error) {
	runs, err := d.h.ledger().History(d.ctx, ledger.Filter{Resource: d.arn})
	if err != nil {
		return nil, err
	}
	if len(runs) != 1 {
		return nil, errors.New("the ledger does not hold exactly one run")
	}
	return runs[0], nil
}

// width is what a terminal shows without breaking lines.
const width = 96

// prefixLines indents a text and breaks its lines between words. A word that is
// longer than a line, an address mostly, is cut: here it is only looked at.
func prefixLines(text string) string {
	var b strings.Builder
	for line := range strings.SplitSeq(strings.TrimRight(text, "\n"), "\n") {
		margin := "   " + line[:len(line)-len(strings.TrimLeft(line, " "))]
		room, at := width-len(margin), 0
		if plain.Length(line) <= width-3 {
			b.WriteString(strings.TrimRight("   "+line, " ") + "\n")
			continue
		}
		b.WriteString(margin)
		for _, word := range strings.Fields(line) {
			word = plain.Cut(word, room)
			if at > 0 && at+1+plain.Length(word) > room {
				b.WriteString("\n" + margin)
				at = 0
			}
			if at > 0 {
				b.WriteByte(' ')
				at++
			}
			b.WriteString(word)
			at += plain.Length(word)
		}
		b.WriteByte('\n')
	}
	return b.String()
}
