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
func (now *watch) topics(env control.Env) map[string]bool {
	all := map[string]bool{namedTopic(env): true}
	for _, a := range now.Alarms {
		maps.Copy(all, a.Actions)
	}
	return all
}

// listen finds out which topics have a confirmed subscription. An alarm tells topics of its own Region alone; its
// other actions are no topics. A topic that is gone reaches nobody, but it is not the account that is gone.
func (now *watch) listen(ctx context.Context, env control.Env) error {
	client := sns.NewFromConfig(env.Config)
	now.Topics, now.Heard, now.Shut = map[string]topic{}, map[string]bool{}, map[string]bool{}
	for _, each := range slices.Sorted(maps.Keys(now.topics(env))) {
		owner, here := strings.CutPrefix(each, "arn:"+env.Target.Partition+":sns:"+env.Target.Region+":")
		if !here {
			continue
		}
		out, err := client.GetTopicAttributes(ctx, &sns.GetTopicAttributesInput{TopicArn: &each})
		// Another account need not let anybody look, and what cannot be seen does not count: not for Security Hub.
		foreign := fault.Of(err) == fault.Denied && !strings.HasPrefix(owner, env.Target.Account+":")
		if foreign || fault.Of(err) == fault.Gone {
			continue
		}
		if err != nil {
			return err
		}
		if each == ownTopic(env) {
			now.Topics[topicName] = topic{each}
		}
		if n := out.Attributes["SubscriptionsConfirmed"]; n != "" && n != "0" {
			now.Heard[each] = true
		}
		if shut(out.Attributes["Policy"]) {
			now.Shut[each] = true
		}
	}
	return now.subscribed(ctx, env, client)
}

// listener is the topic to tell, with what it takes that somebody hears it. An alarm for nobody is not made: the
// control would stay failed.
func (k kind) listener(now watch, env control.Env) (string, error) {
	named, reached := namedTopic(env), now.reached()
	if reached[named] && !now.Shut[named] {
		return named, nil
	}
	if env.Params.Text(paramTopic) == "" {
		for _, told := range slices.Sorted(maps.Keys(now.Alarms[k.name].Actions)) {
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

// namedTopic is the topic that people named, else the account's own.
func namedTopic(env control.Env) string {
	if named := env.Params.Text(paramTopic); named != "" {
		return named
	}
	return ownTopic(env)
}

// ownTopic is the topic that has the usual name.
func ownTopic(env control.Env) string { return arn(env.Target, "sns", topicName) }
