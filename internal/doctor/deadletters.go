package doctor

import (
	"context"
	"errors"

	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"github.com/salve-security/salve/internal/names"
)

// deadLetters: nothing was given up.
func deadLetters() Check {
	const action = "sqs:GetQueueAttributes"
	return Check{Name: "dead-letters", Needs: []string{action}, ask: func(ctx context.Context, p *Patient) Answer {
		now, err := p.attributes(ctx, sqs.NewFromConfig(p.Own), p.called(names.DeadQueue))
		if missing := new(types.QueueDoesNotExist); errors.As(err, &missing) {
			return wrong(pageHub, "the queue %s is not there", p.called(names.DeadQueue))
		}
		if err != nil {
			return unread(err, action)
		}
		if n := now["ApproximateNumberOfMessages"]; n != "0" {
			return wrong("salve replay --dead shows why, and with --yes takes them through the gates again",
				"%s messages that Salve could not work on wait in %s", n, p.called(names.DeadQueue))
		}
		return ok("%s is empty", p.called(names.DeadQueue))
	}}
}
