package doctor

import (
	"context"
	"errors"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/arn"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sns/types"

	"github.com/salve-security/salve/internal/names"
	"github.com/salve-security/salve/internal/plain"
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
				"nobody hears the topic %s yet: %s to be confirmed", p.called(names.NoticesTopic),
				plain.Count(pending, "subscription"))
		}
		return wrong(
			"salve deploy hub --yes, with --notice-email and your address behind it; then click the link in the mail "+
				"that AWS sends. A program: subscribe it to "+at+", see docs/json.md",
			"nobody hears the topic %s",
			p.called(names.NoticesTopic),
		)
	}}
}
