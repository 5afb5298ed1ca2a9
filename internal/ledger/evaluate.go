package ledger

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/salve-security/salve/internal/run"
)

const (
	evaluatePrefix = "evaluate#"
	evaluateShard  = "evaluate"
)

func evaluateItem(e run.Evaluation) values {
	return values{"pk": text(evaluatePrefix + e.Account + "#" + e.Region), "sk": text("evaluate")}
}

// AskAgain notes rules that AWS Config is to be asked about in an account and Region, at e.Due, or at once with those
// that wait there already. Where it was put off for good, or very many wait, nothing is noted.
func (l Ledger) AskAgain(ctx context.Context, e run.Evaluation, now time.Time) error {
	_, err := l.update(ctx, &dynamodb.UpdateItemInput{
		TableName: &l.Table, Key: evaluateItem(e),
		UpdateExpression: aws.String("ADD rule_names :rules SET #part = :part, due_shard = :shard, " +
			"due_at = if_not_exists(due_at, :at) REMOVE off_until, expires_at"),
		ConditionExpression: aws.String("(attribute_not_exists(off_until) OR off_until <= :now) AND " +
			"(attribute_not_exists(rule_names) OR size(rule_names) < :most)"),
		ExpressionAttributeNames: map[string]string{"#part": "partition"},
		ExpressionAttributeValues: values{
			":rules": rulesOf(e.Rules), ":part": text(e.Partition), ":shard": text(evaluateShard),
			":at": number(e.Due.Unix()), ":now": number(now.Unix()), ":most": number(run.MaxRules),
		},
	})
	if err != nil && !failedCondition(err) {
		return fmt.Errorf("note what AWS Config is to evaluate again in %s: %w", e.Account, err)
	}
	return nil
}

// Evaluations returns what AWS Config is to be asked by now, at most limit. Each is given to one caller, and due again
// at until, should that one die.
func (l Ledger) Evaluations(ctx context.Context, now, until time.Time, limit int32) ([]run.Evaluation, error) {
	all, err := l.take(ctx, evaluateShard, now, until, limit, "what AWS Config is to evaluate again")
	var out []run.Evaluation
	for _, t := range all {
		out = append(out, evaluationOf(t.item, until))
	}
	return out, err
}

// Evaluated takes off what was asked, or is not to be asked any more. The rest is due at next, e.Tries with it.
func (l Ledger) Evaluated(ctx context.Context, e run.Evaluation, done []run.Rule, next time.Time) error {
	in := dynamodb.UpdateItemInput{
		TableName: &l.Table, Key: evaluateItem(e), UpdateExpression: aws.String("SET due_at = :next, tries = :tries"),
		ConditionExpression: aws.String("due_shard = :shard"),
		ExpressionAttributeValues: values{
			":next": number(next.Unix()), ":tries": number(int64(e.Tries)), ":shard": text(evaluateShard),
		},
		ReturnValues: types.ReturnValueAllNew,
	}
	if len(done) > 0 {
		in.UpdateExpression = aws.String(*in.UpdateExpression + " DELETE rule_names :done")
		in.ExpressionAttributeValues[":done"] = rulesOf(done)
	}
	out, err := l.update(ctx, &in)
	if err == nil && out.Attributes["rule_names"] == nil {
		_, err = l.DB.DeleteItem(ctx, &dynamodb.DeleteItemInput{
			TableName: &l.Table, Key: evaluateItem(e), ConditionExpression: aws.String("attribute_not_exists(rule_names)"),
		})
	}
	if err != nil && !failedCondition(err) {
		return fmt.Errorf("store what AWS Config was asked in %s: %w", e.Account, err)
	}
	return nil
}

// NotEvaluated forgets what AWS Config was to be asked in an account and Region, and notes nothing more until off: it
// would be refused again.
func (l Ledger) NotEvaluated(ctx context.Context, e run.Evaluation, off time.Time) error {
	_, err := l.update(ctx, &dynamodb.UpdateItemInput{
		TableName: &l.Table, Key: evaluateItem(e),
		UpdateExpression: aws.String(
			"SET off_until = :off, expires_at = :off REMOVE rule_names, due_shard, due_at, tries",
		),
		ExpressionAttributeValues: values{":off": number(off.Unix())},
	})
	if err != nil {
		return fmt.Errorf("store that AWS Config is not to be asked in %s: %w", e.Account, err)
	}
	return nil
}

func rulesOf(rules []run.Rule) types.AttributeValue {
	set := &types.AttributeValueMemberSS{}
	for _, r := range rules {
		set.Value = append(set.Value, r.Control+" "+r.Name)
	}
	return set
}

func evaluationOf(item values, due time.Time) run.Evaluation {
	account, region, _ := strings.Cut(strings.TrimPrefix(stringOf(item["pk"]), evaluatePrefix), "#")
	e := run.Evaluation{
		Account: account, Region: region, Partition: stringOf(item["partition"]), Due: due,
		Tries: int(secondsOf(item["tries"])),
	}
	if set, is := item["rule_names"].(*types.AttributeValueMemberSS); is {
		for _, one := range set.Value {
			control, name, _ := strings.Cut(one, " ")
			e.Rules = append(e.Rules, run.Rule{Control: control, Name: name})
		}
	}
	e.Sort()
	return e
}
