// Package notify sends notices to people and programs: a topic for both, and one for chats where there are any.
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

	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/notice"
)

// patience is how long one channel may take; a run does not wait longer for a channel that hangs.
const patience = 10 * time.Second

// eventAttribute is the message attribute that holds the JSON for programs, in base64.
const eventAttribute = "event"

// Publisher is what this package needs of an SNS client.
type Publisher interface {
	Publish(ctx context.Context, in *sns.PublishInput, opts ...func(*sns.Options)) (*sns.PublishOutput, error)
}

// Topics are the ARNs of the channels. A channel without an ARN is not configured and stays silent.
type Topics struct {
	Notices string // mails for people, with the JSON for programs
	Chat    string // custom notifications of Amazon Q Developer
	// ChatMayLack says that the topic of the chat may not exist, and that then there is no chat: the name is known in
	// every shell, and whether the stack has made the topic is not.
	ChatMayLack bool
}

// Fanout tells every configured channel.
type Fanout struct {
	publisher Publisher
	channels  []channel
}

// channel is a topic and the way to write for it.
type channel struct {
	name, topic string
	mayLack     bool
	write       func(notice.Notice) (*sns.PublishInput, error)
}

// NewFanout returns a Fanout for the configured topics.
func NewFanout(publisher Publisher, topics Topics) *Fanout {
	f := &Fanout{publisher: publisher}
	for _, c := range []channel{
		{"notices", topics.Notices, false, message},
		{"chat", topics.Chat, topics.ChatMayLack, chat},
	} {
		if c.topic != "" {
			f.channels = append(f.channels, c)
		}
	}
	return f
}

// errNoChannel says that a channel that may lack does.
var errNoChannel = errors.New("there is no such channel")

// Tell sends the notice to every channel at once, each with its own patience, and joins the errors: a
// dead channel neither silences nor delays another. With notice.ErrPartly somebody heard of it.
func (f *Fanout) Tell(ctx context.Context, n notice.Notice) error {
	errs := make([]error, len(f.channels))
	var all sync.WaitGroup
	for i, c := range f.channels {
		all.Go(func() { errs[i] = f.send(ctx, c, n) })
	}
	all.Wait()
	errs = slices.DeleteFunc(errs, func(err error) bool { return errors.Is(err, errNoChannel) })
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
	in.TopicArn = aws.String(c.topic)
	_, err = f.publisher.Publish(ctx, in)
	switch {
	case c.mayLack && fault.Of(err) == fault.Gone:
		return errNoChannel
	case err != nil:
		return fmt.Errorf("tell channel %s: %w", c.name, err)
	}
	return nil
}

// message is a mail to those who read, and an event to those who look for the attribute.
func message(n notice.Notice) (*sns.PublishInput, error) {
	m, err := notice.NewMessage(n)
	if err != nil {
		return nil, err
	}
	all := attributes(n)
	all[eventAttribute] = text(m.Event)
	return &sns.PublishInput{
		Subject: aws.String(m.Subject), Message: aws.String(m.Text), MessageAttributes: all,
	}, nil
}

func chat(n notice.Notice) (*sns.PublishInput, error) {
	body, err := notice.Chat(n)
	return &sns.PublishInput{Message: aws.String(body), MessageAttributes: attributes(n)}, err
}

// attributes are what subscribers of SNS filter by, which takes no empty values.
func attributes(n notice.Notice) map[string]types.MessageAttributeValue {
	all := map[string]types.MessageAttributeValue{}
	for name, value := range n.Attributes() {
		all[name] = text(value)
	}
	return all
}

func text(value string) types.MessageAttributeValue {
	return types.MessageAttributeValue{DataType: aws.String("String"), StringValue: aws.String(value)}
}
