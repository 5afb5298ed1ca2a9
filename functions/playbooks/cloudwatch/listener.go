package cloudwatch

import (
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sns"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/kind"
	"github.com/salve-security/salve/internal/policydoc"
)

// topicName is the topic that is told where the parameter names none, and the only one that is ever made or
// subscribed to: the member role is pinned to it.
const topicName = "cis-alarms"

// topic is there or not; its name says the rest.
type topic struct {
	Arn string `json:"_Arn"`
}

// ownTopic is the topic that has the usual name.
func ownTopic(env control.Env) string { return env.Target.ARN("sns", topicName) }

// namedTopic is the topic that people named, else the account's own.
func namedTopic(env control.Env) string {
	if named := env.Params.Text(paramTopic); named != "" {
		return named
	}
	return ownTopic(env)
}

// readTopics finds out who is heard, of the topic to tell and of those that alarms tell. An alarm tells topics of its
// own Region alone; its other actions are no topics. A topic that is gone reaches nobody, but it is not the account
// that is gone.
func readTopics(ctx context.Context, env control.Env, now watch) error {
	all := map[string]bool{namedTopic(env): true}
	for _, a := range now.Alarms {
		maps.Copy(all, a.Actions)
	}
	client := sns.NewFromConfig(env.Config)
	for _, each := range slices.Sorted(maps.Keys(all)) {
		owner, here := strings.CutPrefix(each, "arn:"+env.Target.Partition+":sns:"+env.Target.Region+":")
		if !here {
			continue
		}
		out, err := client.GetTopicAttributes(ctx, &sns.GetTopicAttributesInput{TopicArn: &each})
		// Another account need not let anybody look; what cannot be seen reaches nobody that we know of.
		foreign := fault.Of(err) == fault.Denied && !strings.HasPrefix(owner, env.Target.Account+":")
		if now.Hidden[each] = foreign; foreign || fault.Of(err) == fault.Gone {
			continue
		}
		if err != nil {
			return err
		}
		if each == ownTopic(env) {
			now.Topics[topicName] = topic{each}
		}
		n := out.Attributes["SubscriptionsConfirmed"]
		now.Heard[each] = n != "" && n != "0"
		now.Shut[each] = shut(out.Attributes["Policy"])
	}
	return nil
}

// shut tells that a topic's policy lets no alarm of the account publish. What cannot be told counts as open.
func shut(policy string) bool {
	document, err := policydoc.Read(policy)
	if err != nil {
		return false
	}
	all, err := document.Statements()
	return err == nil && !slices.ContainsFunc(all, func(s policydoc.Statement) bool {
		return s.MayLet("cloudwatch.amazonaws.com", "sns:Publish")
	})
}

// listener is the topic to tell, with what it takes that somebody hears it. An alarm for nobody is not made: the
// control would stay failed.
func (r rule) listener(now watch, env control.Env) (string, error) {
	named, reached := namedTopic(env), now.reached()
	if reached[named] && !now.Shut[named] {
		return named, nil
	}
	if env.Params.Text(paramTopic) == "" {
		for _, told := range slices.Sorted(maps.Keys(now.Alarms[r.name].Actions)) {
			if reached[told] && !now.Shut[told] {
				return told, nil
			}
		}
	}
	switch {
	case now.Shut[named]:
		return "", fault.New(fault.Refused, "allow sns:Publish for cloudwatch.amazonaws.com in the topic's policy, or name "+
			"another topic in the parameter %s: no alarm may tell %s", paramTopic, named)
	case env.Params.Text(paramSubscribe) != "":
		return now.subscribe(env)
	case env.Params.Text(paramTopic) != "":
		return "", fault.New(fault.Refused, "subscribe somebody to the topic in the parameter %s and confirm, or name "+
			"another: Salve sees no confirmed subscription of it in %s", paramTopic, env.Target.Region)
	}
	return "", fault.New(fault.Refused, "name an SNS topic of %s with a confirmed subscription in the parameter %s, or "+
		"whom to subscribe in the parameter %s: now nobody would hear the alarm",
		env.Target.Region, paramTopic, paramSubscribe)
}

// ensureTopic makes the topic with the policy that SNS gives it, which lets the account's alarms publish. A topic
// that is there keeps its own.
func ensureTopic() kind.Ensure[topic] {
	return kind.Ensure[topic]{
		There: func(ctx context.Context, env control.Env, _ string, t topic) (bool, error) {
			_, err := sns.NewFromConfig(env.Config).GetTopicAttributes(ctx, &sns.GetTopicAttributesInput{TopicArn: &t.Arn})
			if fault.Of(err) == fault.Gone {
				return false, nil
			}
			return err == nil, err
		},
		Make: func(ctx context.Context, env control.Env, name string, _ topic) error {
			_, err := sns.NewFromConfig(env.Config).CreateTopic(ctx, &sns.CreateTopicInput{
				Name: &name, Attributes: map[string]string{"KmsMasterKeyId": env.Params.Text(paramKey)},
			})
			return err
		},
	}
}

// subscription is what its key says, apart.
type subscription struct {
	Topic    string `json:"_Topic"`
	Protocol string `json:"_Protocol"`
	Endpoint string `json:"_Endpoint"`
}

// wished is the subscription that the parameter asks for, by its key; one without an endpoint is none.
func wished(env control.Env) (string, subscription) {
	s := subscription{ownTopic(env), "email", env.Params.Text(paramSubscribe)}
	if strings.HasPrefix(s.Endpoint, "https://") {
		s.Protocol = "https"
	}
	return s.Endpoint + " to " + topicName, s
}

// readSubscription reads whether the one to subscribe has confirmed; nobody else's subscription is of interest.
func readSubscription(ctx context.Context, env control.Env, now watch) error {
	key, s := wished(env)
	if _, there := now.Topics[topicName]; s.Endpoint == "" || !there {
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
	key, s := wished(env)
	if named := namedTopic(env); named != s.Topic {
		return "", fault.New(fault.Refused, "leave the parameter %s empty, or subscribe somebody to its topic and confirm: "+
			"nobody hears %s, and Salve subscribes people to the account's topic %s only", paramTopic, named, topicName)
	}
	if _, there := now.Topics[topicName]; !there {
		if err := now.unencrypted(env); err != nil {
			return "", err
		}
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
