// Package route53 holds the playbooks for Amazon Route 53.
package route53

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"
	"github.com/aws/aws-sdk-go-v2/service/route53"

	"github.com/salve-security/salve/functions/playbooks/needs"
	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/kind"
	"github.com/salve-security/salve/internal/policydoc"
)

const (
	itself = "route53.amazonaws.com"
	// groups begins the names of all groups for query logs, so that one policy is enough: an account may have ten.
	groups = "/aws/route53/"
	// home is the only Region in which Route 53 writes logs.
	home = "us-east-1"
	// ownPolicy is the resource policy that lets Route 53 write there.
	ownPolicy = "route53-query-logs"
)

var zoneARN = regexp.MustCompile(`^arn:aws[a-z-]*:route53:::hostedzone/([A-Z0-9]{1,32})$`)

// queryLog is where Route 53 writes who asked a zone for what; empty where it does not.
type queryLog struct {
	Group string // as an ARN
	// Groups is the group for it, and Policies the policy that lets Route 53 write there, once they are there.
	Groups   map[string]needs.Group
	Policies map[string]policy
	// Private is a zone of VPCs alone, whose queries Route 53 does not log.
	Private bool `salve:"fact"`
}

// policy is there or not.
type policy struct {
	Name string `json:"_Name"`
}

// QueryLog returns the control that has Route 53 log the queries for a public zone.
func QueryLog() []control.Control {
	return []control.Control{control.Of[queryLog]{
		Info: control.Info{
			ID: "Route53.2",
			Effect: "Route 53 logs the queries for the zone that reach it into a log group in us-east-1. CloudWatch bills each GB, " +
				"which for a busy zone is much: look at the number of queries first. Nobody who asks notices.",
			Fails: control.Fails{
				When: "The hosted zone is public and has no configuration for query logging. Private zones do not count.",
				Rule: "route53-query-logging-enabled",
			},
			Impact:  control.ImpactNone,
			Pattern: zoneARN,
			Params: []control.Param{{
				Name: needs.ParamGroup, Default: "", Pattern: regexp.MustCompile(`^(/aws/route53/[\w./#-]{1,490})?$`),
				Meaning: "CloudWatch log group in us-east-1 for the queries, below " + groups + "; empty for one by the id of the " +
					"zone. Salve makes it where it is not there, and it keeps what it gets for a year.",
				Form: "the name of a log group below " + groups + ", or nothing",
			}},
			Actions: append(needs.GroupActions(), "logs:DescribeResourcePolicies", "logs:PutResourcePolicy",
				"route53:CreateQueryLoggingConfig", "route53:GetHostedZone", "route53:ListQueryLoggingConfigs"),
			UndoActions: []string{"route53:DeleteQueryLoggingConfig"},
			OneWay: map[string]string{
				"Groups/*": needs.LeftGroups, "Policies/*": "other zones may log by it",
			},
			Narrow: func(env control.Env) []string {
				group := env.Target.ARN("logs", "log-group:"+groupName(env))
				return []string{
					env.Target.Resource, "arn:" + env.Target.Partition + ":route53:::queryloggingconfig/*", group, group + ":*",
				}
			},
		},
		Read: readQueryLog, Want: wantQueryLog, Write: writeQueryLog,
	}.Control()}
}

// groupName is the group that people named, else one by the zone's id.
func groupName(env control.Env) string {
	return cmp.Or(env.Params.Text(needs.ParamGroup),
		groups+env.Target.Resource[strings.LastIndex(env.Target.Resource, "/")+1:])
}

func readQueryLog(ctx context.Context, env control.Env) (queryLog, error) {
	now := queryLog{Groups: map[string]needs.Group{}, Policies: map[string]policy{}}
	zone, err := route53.NewFromConfig(env.Config).GetHostedZone(ctx, &route53.GetHostedZoneInput{Id: &env.Name})
	if err != nil {
		return now, err
	}
	z, err := kind.Answered(zone.HostedZone, "GetHostedZone", "a zone")
	if err != nil {
		return now, err
	}
	now.Private = z.Config != nil && z.Config.PrivateZone
	if now.Group, _, err = logged(ctx, env); err != nil || env.Target.Region != home {
		return now, err
	}
	if now.Groups, err = needs.FoundGroup(ctx, env, groupName(env)); err != nil {
		return now, err
	}
	there, err := let(ctx, env)
	if there {
		now.Policies[ownPolicy] = policy{ownPolicy}
	}
	return now, err
}

// logged is where the queries of the zone go, by the configuration of the id. All are listed, since the lab finds none by
// its zone.
func logged(ctx context.Context, env control.Env) (group, id string, err error) {
	pages := route53.NewListQueryLoggingConfigsPaginator(route53.NewFromConfig(env.Config),
		&route53.ListQueryLoggingConfigsInput{})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return "", "", err
		}
		for _, c := range page.QueryLoggingConfigs {
			if strings.TrimPrefix(aws.ToString(c.HostedZoneId), "/hostedzone/") == env.Name {
				return aws.ToString(c.CloudWatchLogsLogGroupArn), aws.ToString(c.Id), nil
			}
		}
	}
	return "", "", nil
}

// let tells that a resource policy, of which an account has ten at most, lets Route 53 write into the group.
func let(ctx context.Context, env control.Env) (bool, error) {
	out, err := cloudwatchlogs.NewFromConfig(env.Config).DescribeResourcePolicies(ctx,
		&cloudwatchlogs.DescribeResourcePoliciesInput{})
	if err != nil {
		return false, err
	}
	return slices.ContainsFunc(out.ResourcePolicies, func(p types.ResourcePolicy) bool {
		document, err := policydoc.Read(aws.ToString(p.PolicyDocument))
		if err != nil {
			return false // one that lets nobody write whom Salve can see
		}
		all, err := document.Statements()
		return err == nil && slices.ContainsFunc(all, func(s policydoc.Statement) bool {
			return s.LetsService(itself, "logs:PutLogEvents") && s.LetsService(itself, "logs:CreateLogStream") &&
				slices.ContainsFunc(s.Resource, func(pattern string) bool { return covers(pattern, env) })
		})
	}), nil
}

// covers tells that a pattern of a policy is for the group.
func covers(pattern string, env control.Env) bool {
	begins, open := strings.CutSuffix(pattern, "*")
	arn := env.Target.ARN("logs", "log-group:"+groupName(env)) + ":"
	return open && strings.HasPrefix(arn, begins) || pattern+":" == arn
}

func wantQueryLog(now queryLog, env control.Env) (queryLog, error) {
	switch {
	case now.Private || now.Group != "":
		return now, nil
	case env.Target.Region != home:
		return now, fault.New(fault.Refused, "run the control for %s: Route 53 writes query logs there alone", home)
	}
	name := groupName(env)
	now.Groups[name], now.Policies[ownPolicy] = needs.Group{Name: name}, policy{ownPolicy}
	now.Group = env.Target.ARN("logs", "log-group:"+name) + ":*"
	return now, nil
}

func writeQueryLog(ctx context.Context, env control.Env, from, to queryLog) error {
	if err := needs.EnsureGroup().Write(ctx, env, from.Groups, to.Groups); err != nil {
		return err
	}
	if err := ensurePolicy().Write(ctx, env, from.Policies, to.Policies); err != nil {
		return err
	}
	now, id, err := logged(ctx, env)
	client := route53.NewFromConfig(env.Config)
	switch {
	case err != nil, now == to.Group:
	case to.Group != "":
		_, err = client.CreateQueryLoggingConfig(ctx, &route53.CreateQueryLoggingConfigInput{
			HostedZoneId: &env.Name, CloudWatchLogsLogGroupArn: &to.Group,
		})
	case now == from.Group:
		_, err = client.DeleteQueryLoggingConfig(ctx, &route53.DeleteQueryLoggingConfigInput{Id: &id})
	}
	return err
}

// ensurePolicy lets Route 53 write into all groups below the prefix, on behalf of the account.
func ensurePolicy() kind.Ensure[policy] {
	return kind.Ensure[policy]{
		There: func(ctx context.Context, env control.Env, _ string, _ policy) (bool, error) { return let(ctx, env) },
		Make: func(ctx context.Context, env control.Env, name string, _ policy) error {
			text, err := json.Marshal(map[string]any{"Version": "2012-10-17", "Statement": []map[string]any{{
				"Sid": "WriteQueries", "Effect": "Allow", "Principal": map[string]string{"Service": itself},
				"Action": []string{"logs:CreateLogStream", "logs:PutLogEvents"}, "Resource": env.Target.ARN("logs", "log-group:"+groups+"*"),
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
