package cloudwatch

import (
	"context"
	"maps"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sns"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/kind"
)

// subscription is what its key says, apart.
type subscription struct {
	Topic    string `json:"_Topic"`
	Protocol string `json:"_Protocol"`
	Endpoint string `json:"_Endpoint"`
}

// wished is the subscription that the parameter asks for, with its key; false where it asks for none.
func wished(env control.Env) (key string, s subscription, asked bool) {
	endpoint := env.Params.Text(paramSubscribe)
	protocol := "email"
	if strings.HasPrefix(endpoint, "https://") {
		protocol = "https"
	}
	return endpoint + " to " + topicName, subscription{ownTopic(env), protocol, endpoint}, endpoint != ""
}

// readSubscription reads whether the one to subscribe has confirmed; nobody else's subscription is of interest.
func readSubscription(ctx context.Context, env control.Env, now watch) error {
	key, s, asked := wished(env)
	if _, there := now.Topics[topicName]; !asked || !there {
		return nil
	}
	id, err := s.find(ctx, env)
	if err != nil && fault.Of(err) != fault.Gone { // the topic went meanwhile; it is not the account that is gone
		return err
	}
	if strings.HasPrefix(id, "arn:") {
		now.Subscriptions[key] = s
	}
	return nil
}

// find returns the id of the subscription: an ARN once it is confirmed, a word before, "" where there is none.
func (s subscription) find(ctx context.Context, env control.Env) (string, error) {
	pages := sns.NewListSubscriptionsByTopicPaginator(sns.NewFromConfig(env.Config),
		&sns.ListSubscriptionsByTopicInput{TopicArn: &s.Topic})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return "", err
		}
		for _, each := range page.Subscriptions {
			id := aws.ToString(each.SubscriptionArn)
			if s.isFor(aws.ToString(each.Protocol), aws.ToString(each.Endpoint)) && id != "Deleted" {
				return id, nil
			}
		}
	}
	return "", nil
}

// isFor ignores the capitals of a mail address: nobody is to be asked twice because of them.
func (s subscription) isFor(protocol, endpoint string) bool {
	same := endpoint == s.Endpoint || protocol == "email" && strings.EqualFold(endpoint, s.Endpoint)
	return protocol == s.Protocol && same
}

// reached are the topics that somebody hears, or will hear once all that is wanted is so.
func (now watch) reached() map[string]bool {
	all := maps.Clone(now.Heard)
	for _, s := range now.Subscriptions {
		all[s.Topic] = true
	}
	return all
}

// subscribe adds topic and subscription to what is wanted. The member role can do so for the account's own topic
// alone: whoever could subscribe anybody to any topic could have everything told to himself.
func (now watch) subscribe(env control.Env) (string, error) {
	key, s, _ := wished(env)
	if named := namedTopic(env); named != s.Topic {
		return "", fault.New(fault.Refused, "leave the parameter %s empty, or subscribe somebody to its topic and confirm: "+
			"nobody hears %s, and Salve subscribes people to the account's topic %s only", paramTopic, named, topicName)
	}
	now.Topics[topicName] = topic{s.Topic}
	now.Subscriptions[key] = s
	return s.Topic, nil
}

// ensureSubscription has SNS ask the endpoint for its confirmation, unless it was asked already.
func ensureSubscription() kind.Ensure[subscription] {
	return kind.Ensure[subscription]{
		There: func(ctx context.Context, env control.Env, _ string, s subscription) (bool, error) {
			id, err := s.find(ctx, env)
			return id != "", err
		},
		Make: func(ctx context.Context, env control.Env, _ string, s subscription) error {
			_, err := sns.NewFromConfig(env.Config).Subscribe(ctx, &sns.SubscribeInput{
				TopicArn: &s.Topic, Protocol: &s.Protocol, Endpoint: &s.Endpoint,
			})
			return err
		},
	}
}
