package doctor

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"github.com/salve-security/salve/internal/names"
)

// queues: both are there, take what their rules send, keep it encrypted and give up into the dead letter queue.
func queues() Check {
	const action = "sqs:GetQueueAttributes"
	ask := func(ctx context.Context, p *Patient) Answer {
		client := sqs.NewFromConfig(p.Own)
		waiting := map[string]string{}
		for _, want := range p.bothRules() {
			a, now := p.queued(ctx, client, want, action)
			if a.Verdict != OK {
				return a
			}
			waiting[want.queue] = now
		}
		return ok("both queues take what their rules send; %s wait in %s, %s in %s", waiting[p.called(names.NowQueue)],
			p.called(names.NowQueue),
			waiting[p.called(names.BulkQueue)], p.called(names.BulkQueue))
	}
	return Check{Name: "queues", Needs: []string{action}, ask: ask}
}

// queued looks at the queue of one rule, and says how many messages wait in it.
func (p *Patient) queued(ctx context.Context, client *sqs.Client, want rule, action string) (Answer, string) {
	now, err := p.attributes(ctx, client, want.queue)
	if missing := new(types.QueueDoesNotExist); errors.As(err, &missing) {
		return wrong(pageHub, "the queue %s is not there", want.queue), ""
	}
	if err != nil {
		return unread(err, action), ""
	}
	set := func(name string, value any) string {
		return p.aws("sqs set-queue-attributes --queue-url %s --attributes %s", p.Queue(want.queue),
			quoted(map[string]any{name: value}))
	}
	switch {
	case !takes(now["Policy"], p.rule(want.name)):
		policy, err := json.Marshal(p.queuePolicy(want))
		if err != nil {
			return unknown("", "%v", err), ""
		}
		return wrong(set("Policy", string(policy)), "the policy of the queue %s does not let the rule %s send", want.queue,
			want.name), ""
	case now["SqsManagedSseEnabled"] != "true" && now["KmsMasterKeyId"] == "":
		return wrong(set("SqsManagedSseEnabled", "true"), "the queue %s is not encrypted", want.queue), ""
	case !strings.Contains(now["RedrivePolicy"], p.queue(p.called(names.DeadQueue))):
		return wrong(set("RedrivePolicy", fmt.Sprintf(`{"deadLetterTargetArn":%q,"maxReceiveCount":%d}`,
			p.queue(p.called(names.DeadQueue)), names.MaxReceives)),
			"what fails again and again in the queue %s is lost: it has no %s",
			want.queue, p.called(names.DeadQueue)), ""
	}
	return ok(""), now["ApproximateNumberOfMessages"]
}

// attributes are all of a queue's.
func (p *Patient) attributes(ctx context.Context, client *sqs.Client, name string) (map[string]string, error) {
	url := p.Queue(name)
	out, err := client.GetQueueAttributes(ctx, &sqs.GetQueueAttributesInput{
		QueueUrl: &url, AttributeNames: []types.QueueAttributeName{types.QueueAttributeNameAll},
	})
	if err != nil {
		return nil, fmt.Errorf("read the queue %s: %w", name, err)
	}
	return out.Attributes, nil
}

// statement is as much of a policy's as is looked at.
type statement struct {
	Effect    string
	Principal any
	Action    any
	Condition map[string]map[string]any
}

// takes tells that a policy lets EventBridge send for a rule. Other statements may narrow it further: those of Salve
// ask for TLS, which EventBridge has.
func takes(policy, rule string) bool {
	var doc struct{ Statement []statement }
	if json.Unmarshal([]byte(policy), &doc) != nil {
		return false
	}
	return slices.ContainsFunc(doc.Statement, func(s statement) bool {
		who, _ := s.Principal.(map[string]any)
		return s.Effect == "Allow" && has(who["Service"], "events.amazonaws.com") &&
			has(s.Action, "sqs:SendMessage", "SQS:SendMessage", "sqs:*") && fits(s.Condition, rule)
	})
}

// fits tells that conditions, where there are any, name the rule.
func fits(conditions map[string]map[string]any, rule string) bool {
	for _, keys := range conditions {
		for key, value := range keys {
			if strings.EqualFold(key, "aws:SourceArn") && !has(value, rule) {
				return false
			}
		}
	}
	return true
}

// has tells that a value of a policy, a text or a list of them, has one of some texts.
func has(value any, texts ...string) bool {
	list, isList := value.([]any)
	if !isList {
		list = []any{value}
	}
	return slices.ContainsFunc(list, func(v any) bool {
		text, isText := v.(string)
		return isText && slices.Contains(texts, text)
	})
}

// queuePolicy is what the stack gives a queue.
func (p *Patient) queuePolicy(of rule) map[string]any {
	return map[string]any{"Version": "2012-10-17", "Statement": []any{
		map[string]any{
			"Effect": "Allow", "Principal": map[string]any{"Service": "events.amazonaws.com"}, "Action": "sqs:SendMessage",
			"Resource": p.queue(of.queue), "Condition": map[string]any{"ArnEquals": map[string]any{
				"aws:SourceArn": p.rule(of.name),
			}},
		},
		map[string]any{
			"Effect": "Deny", "Principal": "*", "Action": "sqs:*", "Resource": p.queue(of.queue),
			"Condition": map[string]any{"Bool": map[string]any{"aws:SecureTransport": "false"}},
		},
	}}
}
