package rds_test

import (
	"context"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/rds"
	"github.com/aws/aws-sdk-go-v2/service/rds/types"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	snstypes "github.com/aws/aws-sdk-go-v2/service/sns/types"

	playbook "github.com/salve-security/salve/functions/playbooks/rds"
	"github.com/salve-security/salve/functions/playbooktest"
	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
)

const (
	account = "AWS::::Account:" + playbooktest.DefaultAccount
	topics  = "arn:aws:sns:us-east-1:222222222222:"
)

// subscribed adds an event subscription, which takes the place of one of its name.
func subscribed(name, source, topic string) playbooktest.Act {
	return func(ctx context.Context, t *testing.T, root aws.Config, _ string) {
		t.Helper()
		client := rds.NewFromConfig(root)
		_, err := client.DeleteEventSubscription(ctx, &rds.DeleteEventSubscriptionInput{SubscriptionName: &name})
		if err != nil && !strings.Contains(err.Error(), "SubscriptionNotFound") {
			t.Fatal(err)
		}
		playbooktest.Got(client.CreateEventSubscription(ctx, &rds.CreateEventSubscriptionInput{
			SubscriptionName: &name, SnsTopicArn: aws.String(topics + topic), SourceType: &source, Enabled: aws.Bool(true),
		}))(t)
	}
}

// An account is one resource: every case starts with a subscription to what clusters do, and a topic that is heard.
func TestEventSubscriptions(t *testing.T) {
	rows := map[string][2]string{
		"RDS.20": {"rds-instance-events", "db-instance"}, "RDS.21": {"rds-parameter-group-events", "db-parameter-group"},
		"RDS.22": {"rds-security-group-events", "db-security-group"},
	}
	all := func(ctx context.Context, t *testing.T, root aws.Config) []types.EventSubscription {
		t.Helper()
		return playbooktest.Got(rds.NewFromConfig(root).DescribeEventSubscriptions(ctx, nil))(t).EventSubscriptionsList
	}
	playbooktest.Family(t, playbook.EventSubscriptions(), func(c control.Control) playbooktest.Suite {
		return playbooktest.Suite{
			Control: c,
			Seed: func(ctx context.Context, t *testing.T, root aws.Config) string {
				t.Helper()
				for _, s := range all(ctx, t, root) {
					playbooktest.Got(rds.NewFromConfig(root).DeleteEventSubscription(ctx, &rds.DeleteEventSubscriptionInput{
						SubscriptionName: s.CustSubscriptionId,
					}))(t)
				}
				client := sns.NewFromConfig(root)
				made := playbooktest.Got(client.CreateTopic(ctx, &sns.CreateTopicInput{Name: aws.String("databases")}))(t)
				playbooktest.Got(client.Subscribe(ctx, &sns.SubscribeInput{
					TopicArn: made.TopicArn, Protocol: aws.String("email"), Endpoint: aws.String("ann@example.org"),
				}))(t)
				subscribed("clusters", "db-cluster", "databases")(ctx, t, root, "")
				return account
			},
			Foreign: []string{
				orders, "arn:aws:rds:us-east-1:222222222222:es:*", "arn:aws:rds:us-east-1:222222222222:es:a:b",
				"arn:aws:rds:us-east-1:222222222222:es:",
			},
			Observe: func(ctx context.Context, t *testing.T, root aws.Config, _ string) any {
				seen := map[string][]any{}
				for _, s := range all(ctx, t, root) {
					seen[*s.CustSubscriptionId] = []any{*s.SourceType, *s.SnsTopicArn, *s.Enabled, s.EventCategoriesList}
				}
				return seen
			},
			Disturb:     subscribed(rows[c.ID][0], rows[c.ID][1], "elsewhere"),
			Unrelated:   subscribed("proxies", "db-proxy", "databases"),
			DisturbFact: subscribed("others", "db-snapshot", "databases"),
		}
	})
}

type change = func(s *types.EventSubscription, topic map[string]string)

// aSubscription is an answer that lists one subscription and a topic that is heard, each as changed.
func aSubscription(changes ...change) playbooktest.StandIn {
	s := types.EventSubscription{
		CustSubscriptionId: aws.String("all"), SourceType: aws.String("db-instance"), Enabled: aws.Bool(true),
		SnsTopicArn:         aws.String(topics + "databases"),
		EventCategoriesList: []string{"failure", "maintenance", "availability", "configuration change"},
	}
	topic := map[string]string{"SubscriptionsConfirmed": "1"}
	for _, change := range changes {
		change(&s, topic)
	}
	return playbooktest.Answers(&sns.GetTopicAttributesOutput{Attributes: topic},
		&rds.DescribeEventSubscriptionsOutput{EventSubscriptionsList: []types.EventSubscription{s}})
}

func shape(fails bool, changes ...change) playbooktest.Shape {
	return playbooktest.Shape{Fails: fails, Answers: aSubscription(changes...)}
}

func other(s *types.EventSubscription, _ map[string]string) { s.SourceType = aws.String("db-snapshot") }

func only(categories ...string) change {
	return func(s *types.EventSubscription, _ map[string]string) { s.EventCategoriesList = categories }
}

// AWS looks at the source, the categories and whether the subscription is enabled, and at nothing where there is none.
// Who is told has to be somebody: a topic that nobody hears would meet the control and help nobody.
func TestEventSubscriptionsLine(t *testing.T) {
	refused := func(word string, changes ...change) playbooktest.Shape {
		s := shape(false, changes...)
		s.Class, s.Words = fault.Refused, []string{word}
		return s
	}
	off := func(s *types.EventSubscription, _ map[string]string) { s.Enabled = aws.Bool(false) }
	few := func(s *types.EventSubscription, _ map[string]string) { s.SourceIdsList = []string{"orders"} }
	every := func(s *types.EventSubscription, _ map[string]string) { s.SourceType, s.EventCategoriesList = nil, nil }
	silent := func(_ *types.EventSubscription, topic map[string]string) { topic["SubscriptionsConfirmed"] = "0" }
	shut := func(_ *types.EventSubscription, topic map[string]string) {
		topic["Policy"] = `{"Statement":[{"Effect":"Allow","Principal":{"Service":"s3.amazonaws.com"},` +
			`"Action":"sns:Publish","Resource":"*"}]}`
	}
	gone := shape(false, other)
	gone.Answers["GetTopicAttributes"] = func(any) (any, error) { return nil, &snstypes.NotFoundException{} }
	gone.Class, gone.Words = fault.Refused, []string{"there is no " + topics + "databases"}
	none := playbooktest.StandIn{"DescribeEventSubscriptions": func(any) (any, error) {
		return &rds.DescribeEventSubscriptionsOutput{}, nil
	}}
	ours := func(s *types.EventSubscription, _ map[string]string) {
		s.CustSubscriptionId = aws.String("rds-instance-events")
	}
	named := shape(true, other, off)
	named.Params = map[string]any{"topicArn": topics + "theirs"}
	c := playbooktest.Pick(t, playbook.EventSubscriptions(), "RDS.20")
	playbooktest.Judged(t, c, account, map[string]playbooktest.Shape{
		"told": shape(false), "of all categories": shape(false, only()), "of other sources": shape(true, other),
		"not of failures":          shape(true, only("configuration change", "maintenance")),
		"as many as asked":         shape(false, only("configuration change", "maintenance", "failure")),
		"of some instances":        refused("orders alone", few),
		"of every source":          refused("every source", every),
		"of every source, but off": refused("no subscription that is enabled", every, off),
		"off, to a named topic":    named,
		"off":                      refused("parameter topicArn", off),
		"silent topic":             refused("nobody would hear", other, silent),
		"shut topic":               refused("events.rds.amazonaws.com", other, shut),
		"no topic":                 gone,
		"the name is taken":        refused("delete it", ours, other),
		"no subscription":          {Answers: none},
	})
}

// Each control has its source and its categories. A finding may name the subscription that lacks something, and that
// may be gone.
func TestEventSubscriptionsOfEachSource(t *testing.T) {
	for id, categories := range map[string][]string{
		"RDS.21": {"configuration change"}, "RDS.22": {"configuration change", "failure"},
	} {
		source := map[string]string{"RDS.21": "db-parameter-group", "RDS.22": "db-security-group"}[id]
		of := func(s *types.EventSubscription, _ map[string]string) { s.SourceType = &source }
		playbooktest.Judged(t, playbooktest.Pick(t, playbook.EventSubscriptions(), id), account,
			map[string]playbooktest.Shape{
				"told": shape(false, of, only(categories...)), "of instances": shape(true),
				"of one too few": shape(true, of, only(append(categories[1:], "other")...)),
			})
	}
	const es = "arn:aws:rds:us-east-1:222222222222:es:"
	c := playbooktest.Pick(t, playbook.EventSubscriptions(), "RDS.20")
	playbooktest.Judged(t, c, es+"all", map[string]playbooktest.Shape{"of other sources": shape(true, other)})
	left := shape(false, other)
	left.Class = fault.Gone
	playbooktest.Judged(t, c, es+"away", map[string]playbooktest.Shape{"gone": left})
}

// What is said of a topic that is encrypted: whether RDS may use the key, nobody may be asked.
func TestKeyOfTheTopicIsMentioned(t *testing.T) {
	c := playbooktest.Pick(t, playbook.EventSubscriptions(), "RDS.21")
	env := playbooktest.Env(t, c, account, playbooktest.Unplugged(), aSubscription(
		func(_ *types.EventSubscription, topic map[string]string) { topic["KmsMasterKeyId"] = "alias/topics" }))
	plan := playbooktest.Got(c.Plan(t.Context(), env))(t)
	if len(plan.Mentions) != 1 || !strings.Contains(plan.Mentions[0], "alias/topics") {
		t.Errorf("the plan mentions %q", plan.Mentions)
	}
}
