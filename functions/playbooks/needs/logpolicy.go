package needs

import (
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/kind"
	"github.com/salve-security/salve/internal/policydoc"
)

// Policy is a resource policy of CloudWatch Logs, by its name: there or not.
type Policy struct {
	Name string `json:"_Name"`
}

// Logger is a service of AWS that writes into log groups which a resource policy of CloudWatch Logs opens to it.
type Logger struct {
	Service string // "es.amazonaws.com"
	Policy  string // the name of the policy that is made: "opensearch-logs"
	Groups  string // what the names of the groups begin with that it opens: "/aws/opensearch/"
}

// mostPolicies is how many an account has in a Region. Source: CloudWatch Logs user guide, quotas.
const mostPolicies = 10

// PolicyActions are the actions of Open and Ensure.
func PolicyActions() []string {
	return []string{"logs:DescribeResourcePolicies", "logs:PutResourcePolicy"}
}

// LeftPolicies is why undo leaves resource policies, for OneWay.
const LeftPolicies = "others may write by it by then"

// Open tells whether the service may write into the group. Where it may not, trouble is why no policy can be made that
// lets it; none where one can.
func (l Logger) Open(ctx context.Context, env control.Env, group string) (open bool, trouble string, err error) {
	all, err := policies(ctx, env)
	if err != nil {
		return false, "", err
	}
	arn := env.Target.ARN("logs", "log-group:"+group+":log-stream:x")
	if slices.ContainsFunc(all, func(p types.ResourcePolicy) bool { return l.lets(aws.ToString(p.PolicyDocument), arn) }) {
		return true, "", nil
	}
	switch {
	case !strings.HasPrefix(group, l.Groups):
		trouble = "let " + l.Service + " write into the log group " + group + " by a resource policy of CloudWatch Logs"
	case has(all, l.Policy):
		trouble = "let " + l.Service + " write into " + l.Groups + "* by the resource policy " + l.Policy +
			" of CloudWatch Logs, which is there and does not"
	case len(all) >= mostPolicies:
		trouble = fmt.Sprintf("merge resource policies of CloudWatch Logs: there are %d in %s, as many as AWS takes",
			len(all), env.Target.Region)
	}
	return false, trouble, nil
}

// lets tells that a policy lets the service write to an ARN. Conditions are the service's to check.
func (l Logger) lets(policy, arn string) bool {
	document, err := policydoc.Read(policy)
	if err != nil {
		return false
	}
	all, err := document.Statements()
	return err == nil && slices.ContainsFunc(all, func(s policydoc.Statement) bool {
		return s.MayLet(l.Service, "logs:PutLogEvents") && slices.ContainsFunc(s.Resource, func(pattern string) bool {
			glob := strings.NewReplacer(`\*`, ".*", `\?`, ".").Replace(regexp.QuoteMeta(pattern))
			covers, err := regexp.MatchString("^"+glob+"$", arn)
			return err == nil && covers
		})
	})
}

// Ensure makes the policy, which lets the service write on behalf of the account into groups of its kind alone.
func (l Logger) Ensure() kind.Ensure[Policy] {
	return kind.Ensure[Policy]{
		There: func(ctx context.Context, env control.Env, name string, _ Policy) (bool, error) {
			all, err := policies(ctx, env)
			return has(all, name), err
		},
		Make: func(ctx context.Context, env control.Env, name string, _ Policy) error {
			text, err := json.Marshal(map[string]any{"Version": "2012-10-17", "Statement": []map[string]any{{
				"Sid": "Write", "Effect": "Allow", "Principal": map[string]string{"Service": l.Service},
				"Action":    []string{"logs:CreateLogStream", "logs:PutLogEvents"},
				"Resource":  env.Target.ARN("logs", "log-group:"+l.Groups+"*:*"),
				"Condition": map[string]any{"StringEquals": map[string]string{"aws:SourceAccount": env.Target.Account}},
			}}})
			if err != nil {
				return fmt.Errorf("write the policy %s: %w", name, err)
			}
			_, err = cloudwatchlogs.NewFromConfig(env.Config).PutResourcePolicy(ctx, &cloudwatchlogs.PutResourcePolicyInput{
				PolicyName: &name, PolicyDocument: aws.String(string(text)),
			})
			return err
		},
	}
}

func has(all []types.ResourcePolicy, name string) bool {
	return slices.ContainsFunc(all, func(p types.ResourcePolicy) bool { return aws.ToString(p.PolicyName) == name })
}

func policies(ctx context.Context, env control.Env) ([]types.ResourcePolicy, error) {
	client, in := cloudwatchlogs.NewFromConfig(env.Config), &cloudwatchlogs.DescribeResourcePoliciesInput{}
	var out []types.ResourcePolicy
	for {
		page, err := client.DescribeResourcePolicies(ctx, in)
		if err != nil {
			return nil, err
		}
		out = append(out, page.ResourcePolicies...)
		if in.NextToken = page.NextToken; aws.ToString(in.NextToken) == "" {
			return out, nil
		}
	}
}
