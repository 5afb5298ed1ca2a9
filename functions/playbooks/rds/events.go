package rds

import (
	"cmp"
	"context"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/rds"
	"github.com/aws/aws-sdk-go-v2/service/rds/types"
	"github.com/aws/aws-sdk-go-v2/service/sns"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/policydoc"
)

// paramTopic is the parameter with the topic that is told.
const paramTopic = "topicArn"

// subscriptionARN accepts an account besides, in which findings name what is not there.
var subscriptionARN = regexp.MustCompile(
	`^(?:AWS::::Account:|arn:aws[a-z-]*:rds:[a-z0-9-]+:\d{12}:es:)([A-Za-z0-9][A-Za-z0-9-]{0,254})$`)

// critical are the events of one kind of source that a control wants somebody told of.
type critical struct {
	id, rule   string
	name       string // of the subscription that is made
	source, of string
	categories []string
}

// subscriptions are those of an account and Region.
type subscriptions struct {
	// Subscriptions has the one of the control's name, where it is there.
	Subscriptions map[string]subscription
	// Told tells that AWS has nothing to ask for: a subscription tells of all, or there is none at all.
	Told bool `salve:"fact"`
	// Doubt is why AWS may or may not count one that tells of it.
	Doubt string `salve:"fact"`
	// Topic is the one to tell, Trouble why there is none, Key what it is encrypted with.
	Topic   string `salve:"fact"`
	Trouble string `salve:"fact"`
	Key     string `salve:"fact"`
}

type subscription struct {
	Source, Topic string
	Enabled       bool
	Categories    map[string]bool
}

// EventSubscriptions returns the controls that are met by a subscription which tells of what is critical.
func EventSubscriptions() []control.Control {
	const change, failure = "configuration change", "failure"
	var out []control.Control
	for _, c := range []critical{
		{
			"RDS.20", "rds-instance-event-notifications-configured", "rds-instance-events", "db-instance", "DB instances",
			[]string{change, failure, "maintenance"},
		},
		{
			"RDS.21", "rds-pg-event-notifications-configured", "rds-parameter-group-events", "db-parameter-group",
			"DB parameter groups",
			[]string{change},
		},
		{
			"RDS.22", "rds-sg-event-notifications-configured", "rds-security-group-events", "db-security-group",
			"DB security groups",
			[]string{change, failure},
		},
	} {
		out = append(out, c.control())
	}
	return out
}

func (c critical) control() control.Control {
	which := strings.Join(c.categories, ", ")
	return control.Of[subscriptions]{
		Info: control.Info{
			ID: c.id, Writes: "rds.subscription." + c.name,
			Effect: "One more subscription tells an SNS topic of these events of all " + c.of + " of the account and Region: " +
				which + ". The topic is one that somebody hears already, the one in the parameter or one that other " +
				"subscriptions tell; whoever hears it gets more messages, which SNS bills. Databases notice nothing.",
			Fails: control.Fails{
				When: "There are event subscriptions in the account and Region, and none that is enabled tells of these " +
					"categories of events of all " + c.of + ": " + which + ". Where there is none at all, AWS asks for none.",
				Rule: c.rule, Custom: true,
			},
			Impact:  control.ImpactNone,
			Pattern: subscriptionARN,
			Params: []control.Param{{
				Name: paramTopic, Default: "", Form: "the ARN of an SNS topic, or nothing",
				Pattern: regexp.MustCompile(`^(arn:aws[a-z-]*:sns:[a-z0-9-]+:\d{12}:[A-Za-z0-9_-]{1,256})?$`),
				Meaning: "ARN of the SNS topic to tell, in the same Region and with a confirmed subscription; empty for one " +
					"that another event subscription tells.",
			}},
			Actions:     []string{"rds:CreateEventSubscription", "rds:DescribeEventSubscriptions", "sns:GetTopicAttributes"},
			UndoActions: []string{"rds:DeleteEventSubscription"},
			Narrow: func(env control.Env) []string {
				return []string{env.Target.ARN("rds", "es:"+c.name)}
			},
			Lock: func(env control.Env) []string {
				return []string{"AWS::::Account:" + env.Target.Account + "/" + c.name}
			},
			Settle: control.Settle{Typical: 30 * time.Second, Within: 15 * time.Minute}, // it is creating until then
		},
		Read: c.read, Want: c.want, Write: c.write,
		Mentions: func(now subscriptions) []string {
			if now.Key == "" {
				return nil
			}
			return []string{
				"The topic is encrypted with " + now.Key + ", whose policy has to let events.rds.amazonaws.com use it.",
			}
		},
	}.Control()
}

func (c critical) read(ctx context.Context, env control.Env) (subscriptions, error) {
	all, err := listSubscriptions(ctx, env)
	if err != nil {
		return subscriptions{}, err
	}
	now, topics := c.weigh(all)
	there := slices.ContainsFunc(all, func(s types.EventSubscription) bool {
		return strings.EqualFold(aws.ToString(s.CustSubscriptionId), env.Name)
	})
	if !there && !strings.HasPrefix(env.Target.Resource, "AWS::::") {
		return now, fault.New(fault.Gone, "there is no event subscription %s", env.Name)
	}
	if now.Told {
		return now, nil
	}
	if named := env.Params.Text(paramTopic); named != "" {
		topics = []string{named}
	}
	for _, topic := range topics {
		if now.Key, now.Trouble, err = heard(ctx, env, topic); err != nil || now.Trouble == "" {
			now.Topic = topic
			return now, err
		}
	}
	return now, nil
}

// weigh is what subscriptions tell of, and which topics those tell that are enabled, in order.
func (c critical) weigh(all []types.EventSubscription) (now subscriptions, topics []string) {
	now = subscriptions{Subscriptions: map[string]subscription{}, Told: len(all) == 0}
	for _, s := range all {
		tells, doubt := c.judge(s)
		now.Told, now.Doubt = now.Told || tells, cmp.Or(doubt, now.Doubt)
		if aws.ToString(s.CustSubscriptionId) == c.name {
			now.Subscriptions[c.name] = stateOf(s)
		}
		if aws.ToBool(s.Enabled) {
			topics = append(topics, aws.ToString(s.SnsTopicArn))
		}
	}
	slices.Sort(topics)
	return now, slices.Compact(topics)
}

// judge tells whether a subscription tells of all that the control asks for, or why AWS may or may not say so. Without
// categories it tells of all.
func (c critical) judge(s types.EventSubscription) (tells bool, doubt string) {
	name, source := aws.ToString(s.CustSubscriptionId), aws.ToString(s.SourceType)
	for _, category := range c.categories {
		if len(s.EventCategoriesList) > 0 && !slices.Contains(s.EventCategoriesList, category) {
			return false, ""
		}
	}
	switch {
	case !aws.ToBool(s.Enabled) || source != "" && source != c.source:
		return false, ""
	case source == "":
		return false, "the subscription " + name + " tells of events of every source, and AWS does not say whether that " +
			"counts: have one tell of " + c.of + " alone, or make an exception"
	case len(s.SourceIdsList) > 0:
		return false, "the subscription " + name + " tells of " + strings.Join(s.SourceIdsList, ", ") + " alone, and AWS " +
			"does " +
			"not say whether that counts: have it tell of all " + c.of
	}
	return true, ""
}

func (c critical) want(now subscriptions, _ control.Env) (subscriptions, error) {
	s := subscription{c.source, now.Topic, true, map[string]bool{}}
	for _, category := range c.categories {
		s.Categories[category] = true
	}
	switch old, taken := now.Subscriptions[c.name]; {
	case now.Told, taken && reflect.DeepEqual(old, s):
		return now, nil
	case now.Doubt != "":
		return now, fault.New(fault.Refused, "%s", now.Doubt)
	case taken:
		return now, fault.New(fault.Refused, "the subscription %s is there and does not tell of all that it should: enable "+
			"it for %s of all %s, or delete it", c.name, strings.Join(c.categories, ", "), c.of)
	case now.Topic == "" && now.Trouble == "":
		return now, fault.New(fault.Refused, "name an SNS topic with a confirmed subscription in the parameter %s: no "+
			"subscription that is enabled has one", paramTopic)
	case now.Topic == "":
		return now, fault.New(fault.Refused, "%s", now.Trouble)
	}
	now.Subscriptions[c.name] = s
	return now, nil
}

// write makes the subscription, or deletes the one that came; others stay as they are.
func (c critical) write(ctx context.Context, env control.Env, from, to subscriptions) error {
	all, err := listSubscriptions(ctx, env)
	if err != nil {
		return err
	}
	there := slices.ContainsFunc(all, func(s types.EventSubscription) bool {
		return aws.ToString(s.CustSubscriptionId) == c.name
	})
	client := rds.NewFromConfig(env.Config)
	_, was := from.Subscriptions[c.name]
	s, stays := to.Subscriptions[c.name]
	switch {
	case stays && !was && !there:
		_, err = client.CreateEventSubscription(ctx, &rds.CreateEventSubscriptionInput{
			SubscriptionName: &c.name, SnsTopicArn: &s.Topic, SourceType: &s.Source, Enabled: &s.Enabled,
			EventCategories: c.categories,
		})
	case was && !stays && there:
		_, err = client.DeleteEventSubscription(ctx, &rds.DeleteEventSubscriptionInput{SubscriptionName: &c.name})
	}
	return err
}

func stateOf(s types.EventSubscription) subscription {
	out := subscription{
		aws.ToString(s.SourceType), aws.ToString(s.SnsTopicArn), aws.ToBool(s.Enabled), map[string]bool{},
	}
	for _, category := range s.EventCategoriesList {
		out.Categories[category] = true
	}
	return out
}

// listSubscriptions leaves out those that go away.
func listSubscriptions(ctx context.Context, env control.Env) ([]types.EventSubscription, error) {
	pages := rds.NewDescribeEventSubscriptionsPaginator(rds.NewFromConfig(env.Config),
		&rds.DescribeEventSubscriptionsInput{})
	var out []types.EventSubscription
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		out = append(out, page.EventSubscriptionsList...)
	}
	return slices.DeleteFunc(out, func(s types.EventSubscription) bool {
		return aws.ToString(s.Status) == "deleting"
	}), nil
}

// heard is the key of a topic that RDS may tell and somebody hears, or why it is none.
func heard(ctx context.Context, env control.Env, topic string) (key, trouble string, err error) {
	out, err := sns.NewFromConfig(env.Config).GetTopicAttributes(ctx, &sns.GetTopicAttributesInput{TopicArn: &topic})
	own := strings.Contains(topic, ":"+env.Target.Account+":")
	switch {
	case fault.Of(err) == fault.Gone:
		return "", "name another topic in the parameter " + paramTopic + ": there is no " + topic, nil
	case fault.Of(err) == fault.Denied && !own: // of another account, which need not let anybody look
		return "", "let this account read the topic " + topic + ", or name another in the parameter " + paramTopic, nil
	case err != nil:
		return "", "", err
	}
	if n := out.Attributes["SubscriptionsConfirmed"]; n == "" || n == "0" {
		return "", "subscribe somebody to the topic " + topic + " and confirm, or name another in the parameter " +
			paramTopic + ": now nobody would hear of the events", nil
	}
	document, err := policydoc.Read(out.Attributes["Policy"])
	if err != nil {
		return out.Attributes["KmsMasterKeyId"], "", nil //nolint:nilerr // what cannot be told counts as open
	}
	all, err := document.Statements()
	if err == nil && !slices.ContainsFunc(all, func(s policydoc.Statement) bool {
		return s.MayLet("events.rds.amazonaws.com", "sns:Publish")
	}) {
		return "", "allow sns:Publish for events.rds.amazonaws.com in the policy of the topic " + topic + ", or name " +
			"another in the parameter " + paramTopic, nil
	}
	return out.Attributes["KmsMasterKeyId"], "", nil //nolint:nilerr // as above
}
