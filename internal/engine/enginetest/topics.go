package enginetest

import (
	"context"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/smithy-go"

	"github.com/salve-security/salve/internal/notify"
)

// The topics of a world.
const (
	TopicNotices = "notices" // mails for people, with the JSON for programs
	TopicChat    = "chat"
)

// Publishes lets a process tell people as the program does, by internal/notify
// and two topics, of which the dead ones do not exist. Without that a notice is
// one call that succeeds as a whole.
func (w *World) Publishes(p *Process, dead ...string) {
	p.Tell = notify.NewFanout(publisher{w, dead}, notify.Topics{Notices: TopicNotices, Chat: TopicChat}).Tell
}

// PublishesNotices does the same in a hub without a chat.
func (w *World) PublishesNotices(p *Process) {
	p.Tell = notify.NewFanout(publisher{w, nil}, notify.Topics{Notices: TopicNotices}).Tell
}

type publisher struct {
	w    *World
	dead []string
}

// Publish keeps what is published among the calls of the world.
func (p publisher) Publish(
	ctx context.Context, in *sns.PublishInput, _ ...func(*sns.Options),
) (*sns.PublishOutput, error) {
	topic := aws.ToString(in.TopicArn)
	c := Call{Service: People, Operation: "Publish", Resource: topic, Write: true, Input: in}
	return &sns.PublishOutput{}, p.w.call(ctx, c, func() error {
		if slices.Contains(p.dead, topic) {
			return &smithy.GenericAPIError{Code: "NotFound", Message: "Topic does not exist"}
		}
		return nil
	})
}

// Published counts what reached each topic since the calls were cleared.
func (w *World) Published() map[string]int {
	n := map[string]int{}
	for _, c := range w.Calls() {
		if c.Operation == "Publish" {
			n[c.Resource]++
		}
	}
	return n
}
