package doctor

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge/types"

	"github.com/salve-security/salve/internal/names"
)

// rule is a rule of EventBridge as the hub's stack makes it.
type rule struct {
	name, target, queue string
	pattern             map[string]any
}

// bothRules bring findings and clicks. Tests hold them beside the stack's.
func (p *Patient) bothRules() []rule {
	var clicked []any
	for _, a := range names.Actions() {
		clicked = append(clicked, p.action(a.ID))
	}
	one := func(values ...any) []any { return values }
	return []rule{
		{p.called(names.ImportedRule), "bulk", p.called(names.BulkQueue), map[string]any{
			"source": one("aws.securityhub"), "detail-type": one("Security Hub Findings - Imported"),
			"detail": map[string]any{"findings": map[string]any{
				"ProductArn": one(map[string]any{"suffix": "::product/aws/securityhub"}),
				"Compliance": map[string]any{"Status": one("FAILED", "WARNING")},
				"Workflow":   map[string]any{"Status": one("NEW")}, "RecordState": one("ACTIVE"),
			}},
		}},
		{p.called(names.ClickedRule), "now", p.called(names.NowQueue), map[string]any{
			"source": one("aws.securityhub"), "detail-type": one("Security Hub Findings - Custom Action"),
			"resources": clicked,
		}},
	}
}

// rules: both are on, match what they must, and send it to their queues.
func rules() Check {
	needs := []string{"events:DescribeRule", "events:ListTargetsByRule"}
	ask := func(ctx context.Context, p *Patient) Answer {
		client := eventbridge.NewFromConfig(p.Own)
		for _, want := range p.bothRules() {
			if a := p.ruled(ctx, client, want, needs); a.Verdict != OK {
				return a
			}
		}
		return ok("%s and %s are on, with their patterns and queues", p.called(names.ImportedRule),
			p.called(names.ClickedRule))
	}
	return Check{Name: "rules", Needs: needs, ask: ask}
}

// ruled looks at one rule.
func (p *Patient) ruled(ctx context.Context, client *eventbridge.Client, want rule, needs []string) Answer {
	now, err := client.DescribeRule(ctx, &eventbridge.DescribeRuleInput{Name: &want.name})
	if missing := new(types.ResourceNotFoundException); errors.As(err, &missing) {
		return wrong(pageHub, "the rule %s is not there: nothing reaches Salve by it", want.name)
	}
	if err != nil {
		return unread(err, needs...)
	}
	if now.State == types.RuleStateDisabled {
		return wrong(p.aws("events enable-rule --name %s", want.name), "the rule %s is switched off", want.name)
	}
	var pattern map[string]any
	if err := json.Unmarshal([]byte(aws.ToString(now.EventPattern)), &pattern); err != nil ||
		!reflect.DeepEqual(pattern, want.pattern) {
		return wrong(p.aws("events put-rule --name %s --event-pattern %s", want.name, quoted(want.pattern)),
			"the rule %s has another pattern than Salve gave it: it may miss what it is for", want.name)
	}
	targets, err := client.ListTargetsByRule(ctx, &eventbridge.ListTargetsByRuleInput{Rule: &want.name})
	if err != nil {
		return unread(err, needs...)
	}
	for _, target := range targets.Targets {
		if aws.ToString(target.Arn) == p.queue(want.queue) {
			return ok("")
		}
	}
	return wrong(p.aws("events put-targets --rule %s --targets %s", want.name, quoted([]any{map[string]any{
		"Id": want.target, "Arn": p.queue(want.queue),
		"RetryPolicy":      map[string]any{"MaximumEventAgeInSeconds": 86400, "MaximumRetryAttempts": 185},
		"DeadLetterConfig": map[string]any{"Arn": p.queue(p.called(names.DeadQueue))},
	}})), "the rule %s does not send to the queue %s", want.name, want.queue)
}

// quoted is a value as JSON, for a shell.
func quoted(v any) string {
	raw, err := json.Marshal(v)
	if err != nil {
		return fmt.Sprintf("'%v'", v)
	}
	return "'" + string(raw) + "'"
}
