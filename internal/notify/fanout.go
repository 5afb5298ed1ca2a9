// Package notify sends notices to people and programs: a topic a channel.
package notify

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sns/types"

	"github.com/salve-security/salve/internal/notice"
)

// patience is how long one channel may take; a run does not wait longer for a channel that hangs.
const patience = 10 * time.Second

// Publisher is what this package needs of an SNS client.
type Publisher interface {
	Publish(ctx context.Context, in *sns.PublishInput, opts ...func(*sns.Options)) (*sns.PublishOutput, error)
}

// Topics are the ARNs of the channels. A channel without an ARN is not configured and stays silent.
type Topics struct {
	Notices string // mails for people
	Events  string // JSON for programs
	Chat    string // custom notifications of Amazon Q Developer
}

// Fanout tells every configured channel.
type Fanout struct {
	publisher Publisher
	channels  []channel
}

// channel is a topic and the way to write for it.
type channel struct {
	name, topic string
	write       func(notice.Notice) (*sns.PublishInput, error)
}

// NewFanout returns a Fanout for the configured topics.
func NewFanout(publisher Publisher, topics Topics) *Fanout {
	f := &Fanout{publisher: publisher}
	for _, c := range []channel{
		{"notices", topics.Notices, mailMessage},
		{"events", topics.Events, message(notice.Machine)},
		{"chat", topics.Chat, message(notice.Chat)},
	} {
		if c.topic != "" {
			f.channels = append(f.channels, c)
		}
	}
	return f
}

// Tell sends the notice to every channel at once, each with its own patience, and joins the errors: a
// dead channel neither silences nor delays another. With notice.ErrPartly somebody heard of it.
func (f *Fanout) Tell(ctx context.Context, n notice.Notice) error {
	errs := make([]error, len(f.channels))
	var all sync.WaitGroup
	for i, c := range f.channels {
		all.Go(func() { errs[i] = f.send(ctx, c, n) })
	}
	all.Wait()
	err := errors.Join(errs...)
	if err != nil && slices.Contains(errs, nil) {
		return fmt.Errorf("%w, others not: %w", notice.ErrPartly, err)
	}
	return err
}

func (f *Fanout) send(ctx context.Context, c channel, n notice.Notice) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	in, err := c.write(n)
	if err != nil {
		return fmt.Errorf("write for channel %s: %w", c.name, err)
	}
	in.TopicArn, in.MessageAttributes = aws.String(c.topic), attributes(n)
	if _, err := f.publisher.Publish(ctx, in); err != nil {
		return fmt.Errorf("tell channel %s: %w", c.name, err)
	}
	return nil
}

func mailMessage(n notice.Notice) (*sns.PublishInput, error) {
	subject, body := notice.Email(n)
	return &sns.PublishInput{Subject: aws.String(subject), Message: aws.String(body)}, nil
}

// message makes a writer of a function that returns the whole message.
func message(text func(notice.Notice) (string, error)) func(notice.Notice) (*sns.PublishInput, error) {
	return func(n notice.Notice) (*sns.PublishInput, error) {
		body, err := text(n)
		return &sns.PublishInput{Message: aws.String(body)}, err
	}
}

// attributes are a notice's for SNS, which takes no empty values.
func attributes(n notice.Notice) map[string]types.MessageAttributeValue {
	all := map[string]types.MessageAttributeValue{}
	for name, value := range n.Attributes() {
		all[name] = types.MessageAttributeValue{DataType: aws.String("String"), StringValue: aws.String(value)}
	}
	return all
}
