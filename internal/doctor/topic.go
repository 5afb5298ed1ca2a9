package doctor

import (
	"context"
	"errors"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/arn"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sns/types"

	"github.com/salve-security/salve/internal/names"
)

// topic: somebody hears the notices. What waits for approval, and what failed, is told there.
func topic() Check {
	const action = "sns:ListSubscriptionsByTopic"
	return Check{Name: "topic", Needs: []string{action}, ask: func(ctx context.Context, p *Patient) Answer {
		at, pending := p.arn("sns", p.called(names.NoticesTopic)), 0
		pages := sns.NewListSubscriptionsByTopicPaginator(sns.NewFromConfig(p.Own), &sns.ListSubscriptionsByTopicInput{
			TopicArn: &at,
		})
		for pages.HasMorePages() {
			page, err := pages.NextPage(ctx)
			if missing := new(types.NotFoundException); errors.As(err, &missing) {
				return wrong(pageHub, "the topic %s is not there", p.called(names.NoticesTopic))
			}
			if err != nil {
				return unread(err, action)
			}
			for _, s := range page.Subscriptions {
				if arn.IsARN(aws.ToString(s.SubscriptionArn)) {
					return ok("somebody hears the topic %s", p.called(names.NoticesTopic))
				}
				pending++
			}
		}
		if pending > 0 {
			return wrong("click the link in the mail that AWS sent; it holds for three days, then subscribe again",
				"nobody hears the topic %s yet: %d subscriptions wait to be confirmed", p.called(names.NoticesTopic), pending)
		}
		return wrong(p.aws("sns subscribe --topic-arn %s --protocol email --notification-endpoint YOU@EXAMPLE.ORG", at),
			"nobody hears the topic %s", p.called(names.NoticesTopic))
	}}
}
