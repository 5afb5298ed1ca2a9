// Package evaluate asks AWS Config to evaluate again the rules behind findings, in the accounts that they are from.
// Which rule that is a finding only hints at: what is asked for is Security Hub's own copy of the rule of a control, as
// AWS Config itself says.
package evaluate

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/configservice"
	"github.com/aws/aws-sdk-go-v2/service/configservice/types"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/run"
)

// AtOnce is how many rules AWS Config takes in a call. Source: API reference of StartConfigRulesEvaluation.
const AtOnce = 25

// owner is the service that keeps the rules, as AWS Config says: nobody but AWS can fill that in.
const owner = "securityhub.amazonaws.com"

// Sessions opens sessions in member accounts. internal/member implements it.
type Sessions interface {
	Open(ctx context.Context, r control.SessionRequest) (aws.Config, error)
}

// Asker asks. It is safe for concurrent use.
type Asker struct{ Sessions Sessions }

// Again asks AWS Config to evaluate rules again, as many as fit in a call. Fails says by which rule a control fails. An
// error that fault classifies as passing says that AWS Config is busy with that; any other one, that it will not do so.
func (a Asker) Again(
	ctx context.Context, e run.Evaluation, id string, fails func(control string) (control.Fails, bool),
) (run.Evaluated, error) {
	out := run.Evaluated{Not: map[run.Rule]string{}}
	wanted := named(e, fails, out.Not)
	if len(wanted) == 0 {
		return out, nil
	}
	cfg, err := a.Sessions.Open(ctx, request(e, id))
	if err != nil {
		return out, err
	}
	client := configservice.NewFromConfig(cfg)
	found, err := describe(ctx, client, slices.Sorted(maps.Keys(wanted)))
	if err != nil {
		return out, err
	}
	names := ours(e, found, wanted, out.Not)
	if len(names) == 0 {
		return out, nil
	}
	if err := start(ctx, client, names); err != nil {
		return out, err
	}
	for _, r := range e.Rules {
		if slices.Contains(names, r.Name) && out.Not[r] == "" {
			out.Asked = append(out.Asked, r)
		}
	}
	return out, nil
}

// named are the rules, by name, that are called after the rule of their control, as many as fit in a call. The others
// are put into not.
func named(
	e run.Evaluation, fails func(control string) (control.Fails, bool), not map[run.Rule]string,
) map[string]control.Fails {
	wanted := map[string]control.Fails{}
	for _, r := range e.Rules {
		f, known := fails(r.Control)
		switch {
		case !known || !f.Copied(r.Name):
			not[r] = "that is not what Security Hub calls the rule of " + r.Control
		case len(wanted) < AtOnce:
			wanted[r.Name] = f
		}
	}
	return wanted
}

// ours are the names of the rules that AWS Config says are Security Hub's own. The others are put into not; one that is
// being evaluated, or changed, is in neither.
func ours(
	e run.Evaluation, found map[string]types.ConfigRule, wanted map[string]control.Fails, not map[run.Rule]string,
) []string {
	var names []string
	for _, name := range slices.Sorted(maps.Keys(wanted)) {
		why := notOurs(e, found[name], wanted[name])
		if why == "" && found[name].ConfigRuleState == types.ConfigRuleStateActive {
			names = append(names, name)
		}
		for _, r := range e.Rules {
			if r.Name == name && why != "" {
				not[r] = why
			}
		}
	}
	return names
}

// Actions are the IAM actions that this takes in a member.
func Actions() []string {
	return []string{"config:DescribeConfigRules", "config:StartConfigRulesEvaluation"}
}

// request is a session that can ask for evaluations of Security Hub's rules, and see which there are.
func request(e run.Evaluation, id string) control.SessionRequest {
	t := control.Target{Account: e.Account, Region: e.Region, Partition: e.Partition}
	return control.SessionRequest{
		Target: t, RunID: id, Source: "Salve", Actions: Actions(),
		Narrow: []string{t.ARN("config", "config-rule/aws-service-rule/"+owner+"/*")},
	}
}

// describe reads rules by their names. One that does not exist is left out, and keeps no other from an answer.
func describe(ctx context.Context, client *configservice.Client, names []string) (map[string]types.ConfigRule, error) {
	found := map[string]types.ConfigRule{}
	for pages := configservice.NewDescribeConfigRulesPaginator(client, &configservice.DescribeConfigRulesInput{
		ConfigRuleNames: names,
	}); pages.HasMorePages(); {
		page, err := pages.NextPage(ctx)
		missing := new(types.NoSuchConfigRuleException)
		switch {
		case errors.As(err, &missing) && len(names) == 1:
			return found, nil
		case errors.As(err, &missing):
			return oneByOne(ctx, client, names)
		case err != nil:
			return nil, fmt.Errorf("look at the rules of AWS Config: %w", err)
		}
		for _, r := range page.ConfigRules {
			found[aws.ToString(r.ConfigRuleName)] = r
		}
	}
	return found, nil
}

// oneByOne is describe where one of the rules does not exist: AWS Config does not say which.
func oneByOne(ctx context.Context, client *configservice.Client, names []string) (map[string]types.ConfigRule, error) {
	all := map[string]types.ConfigRule{}
	for _, name := range names {
		one, err := describe(ctx, client, []string{name})
		if err != nil {
			return nil, err
		}
		maps.Copy(all, one)
	}
	return all, nil
}

// ruleID is how the rules of services end, below the name of the service.
var ruleID = regexp.MustCompile(`^config-rule-[a-z0-9]+$`)

// notOurs says why a rule, as AWS Config knows it, is not Security Hub's own for the control; "" where it is.
func notOurs(e run.Evaluation, r types.ConfigRule, f control.Fails) string {
	home := request(e, "").Narrow[0]
	id, below := strings.CutPrefix(aws.ToString(r.ConfigRuleArn), strings.TrimSuffix(home, "*"))
	source := aws.ToString(nonNil(r.Source).SourceIdentifier)
	managed := nonNil(r.Source).Owner == types.OwnerAws
	switch {
	case r.ConfigRuleName == nil:
		return "AWS Config has no such rule"
	case aws.ToString(r.CreatedBy) != owner, !below, !ruleID.MatchString(id):
		return "the rule is not Security Hub's"
	case managed && source != f.Identifier(), !managed && f.Identifier() != "":
		return "the rule evaluates something else"
	}
	return ""
}

func nonNil(s *types.Source) types.Source {
	if s == nil {
		return types.Source{}
	}
	return *s
}

// start asks for the evaluation. AWS Config takes one call a minute, and none about what it evaluates just now.
func start(ctx context.Context, client *configservice.Client, names []string) error {
	_, err := client.StartConfigRulesEvaluation(
		ctx,
		&configservice.StartConfigRulesEvaluationInput{ConfigRuleNames: names},
	)
	if err == nil {
		return nil
	}
	err = fmt.Errorf("ask AWS Config to evaluate %s again: %w", strings.Join(names, ", "), err)
	limit, inUse, missing := new(
		types.LimitExceededException,
	), new(
		types.ResourceInUseException,
	), new(
		types.NoSuchConfigRuleException,
	)
	if errors.As(err, &limit) || errors.As(err, &inUse) || errors.As(err, &missing) {
		return fault.Wrap(fault.Retry, err)
	}
	return err
}
