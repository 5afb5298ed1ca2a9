package cloudwatch

import (
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/sns"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
)

// topics are those that may turn out to be heard: of all alarms that were read, and the one to tell.
func (now watch) topics(env control.Env) map[string]bool {
	all := map[string]bool{namedTopic(env): true}
	for _, a := range now.Alarms {
		maps.Copy(all, a.Actions)
	}
	return all
}

// heard returns the topics with a confirmed subscription. An alarm tells topics of its own Region alone; its
// other actions are no topics. A topic that is gone reaches nobody, but it is not the account that is gone.
func heard(ctx context.Context, env control.Env, topics map[string]bool) (map[string]bool, error) {
	client, found := sns.NewFromConfig(env.Config), map[string]bool{}
	for _, topic := range slices.Sorted(maps.Keys(topics)) {
		owner, here := strings.CutPrefix(topic, "arn:"+env.Target.Partition+":sns:"+env.Target.Region+":")
		if !here {
			continue
		}
		out, err := client.GetTopicAttributes(ctx, &sns.GetTopicAttributesInput{TopicArn: &topic})
		// Another account need not let anybody look, and what cannot be seen does not count: not for Security Hub.
		foreign := fault.Of(err) == fault.Denied && !strings.HasPrefix(owner, env.Target.Account+":")
		if foreign || fault.Of(err) == fault.Gone {
			continue
		}
		if err != nil {
			return nil, err
		}
		if n := out.Attributes["SubscriptionsConfirmed"]; n != "" && n != "0" {
			found[topic] = true
		}
	}
	return found, nil
}

// listener is the topic to tell. None is made: nobody would hear it, and the control would stay failed.
func (k kind) listener(now watch, env control.Env) (string, error) {
	topic := namedTopic(env)
	if now.Heard[topic] {
		return topic, nil
	}
	if env.Params.Text(paramTopic) != "" {
		return "", fault.New(fault.Refused, "the topic in the parameter %s has no confirmed subscription that Salve can "+
			"see in %s: subscribe somebody to it and confirm, or name another topic", paramTopic, env.Target.Region)
	}
	for _, told := range slices.Sorted(maps.Keys(now.Alarms[k.name].Actions)) {
		if now.Heard[told] {
			return told, nil
		}
	}
	return "", fault.New(fault.Refused, "there is no topic with a subscriber to tell: subscribe somebody to an SNS topic "+
		"in %s, confirm it, and name the topic in the parameter %s", env.Target.Region, paramTopic)
}

// namedTopic is the topic that people named, else the one that has the usual name.
func namedTopic(env control.Env) string {
	if topic := env.Params.Text(paramTopic); topic != "" {
		return topic
	}
	return arn(env.Target, "sns", topicName)
}
