package cloudwatch

import (
	"context"
	"maps"
	"slices"
	"strings"

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
func ownTopic(env control.Env) string { return arn(env.Target, "sns", topicName) }

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
			_, err := sns.NewFromConfig(env.Config).CreateTopic(ctx, &sns.CreateTopicInput{Name: &name})
			return err
		},
	}
}
