// Package route53 holds the playbooks for Amazon Route 53.
package route53

import (
	"cmp"
	"context"
	"regexp"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/route53"

	"github.com/salve-security/salve/functions/playbooks/needs"
	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/kind"
)

const (
	// groups begins the names of all groups for query logs, so that one policy is enough: an account may have ten.
	groups = "/aws/route53/"
	// home is the only Region in which Route 53 writes logs.
	home = "us-east-1"
)

var zoneARN = regexp.MustCompile(`^arn:aws[a-z-]*:route53:::hostedzone/([A-Z0-9]{1,32})$`)

// queryLog is where Route 53 writes who asked a zone for what; empty where it does not.
type queryLog struct {
	Group string // as an ARN
	// Groups is the group for it, and Policies the policy that lets Route 53 write there, once they are there.
	Groups   map[string]needs.Group
	Policies map[string]needs.Policy
	// Private is a zone of VPCs alone, whose queries Route 53 does not log.
	Private bool `salve:"fact"`
	// Trouble is why no policy can be made.
	Trouble string `salve:"fact"`
}

// logger is Route 53 as it writes into log groups.
func logger() needs.Logger {
	return needs.Logger{Service: "route53.amazonaws.com", Policy: "route53-query-logs", Groups: groups}
}

// QueryLog returns the control that has Route 53 log the queries for a public zone.
func QueryLog() []control.Control {
	return []control.Control{control.Of[queryLog]{
		Info: control.Info{
			ID: "Route53.2",
			Effect: "Route 53 logs the queries for the zone that reach it into a log group in us-east-1. CloudWatch bills " +
				"each GB, which for a busy zone is much: look at the number of queries first. Nobody who asks notices.",
			Fails: control.Fails{
				When: "The hosted zone is public and has no configuration for query logging. Private zones do not count.",
				Rule: "route53-query-logging-enabled",
			},
			Impact:  control.ImpactNone,
			Pattern: zoneARN,
			Params: []control.Param{{
				Name: needs.ParamGroup, Default: "", Pattern: regexp.MustCompile(`^(/aws/route53/[\w./#-]{1,490})?$`),
				Meaning: "CloudWatch log group in us-east-1 for the queries, below " + groups + "; empty for one by the id of " +
					"the zone. Salve makes it where it is not there, and it keeps what it gets for a year.",
				Form: "the name of a log group below " + groups + ", or nothing",
			}},
			Actions: append(append(needs.GroupActions(), needs.PolicyActions()...),
				"route53:CreateQueryLoggingConfig", "route53:GetHostedZone", "route53:ListQueryLoggingConfigs"),
			UndoActions: []string{"route53:DeleteQueryLoggingConfig"},
			OneWay:      map[string]string{"Groups/*": needs.LeftGroups, "Policies/*": needs.LeftPolicies},
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
	now := queryLog{Groups: map[string]needs.Group{}, Policies: map[string]needs.Policy{}}
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
	open, trouble, err := logger().Open(ctx, env, groupName(env))
	if now.Trouble = trouble; open {
		now.Policies[logger().Policy] = needs.Policy{Name: logger().Policy}
	}
	return now, err
}

// logged is where the queries of the zone go, by the configuration of the id. All are listed, since the lab finds none
// by its zone.
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

func wantQueryLog(now queryLog, env control.Env) (queryLog, error) {
	switch {
	case now.Private || now.Group != "":
		return now, nil
	case env.Target.Region != home:
		return now, fault.New(fault.Refused, "run the control for %s: Route 53 writes query logs there alone", home)
	case now.Trouble != "":
		return now, fault.New(fault.Refused, "%s", now.Trouble)
	}
	name := groupName(env)
	now.Groups[name], now.Policies[logger().Policy] = needs.Group{Name: name}, needs.Policy{Name: logger().Policy}
	now.Group = env.Target.ARN("logs", "log-group:"+name) + ":*"
	return now, nil
}

func writeQueryLog(ctx context.Context, env control.Env, from, to queryLog) error {
	if err := needs.EnsureGroup().Write(ctx, env, from.Groups, to.Groups); err != nil {
		return err
	}
	if err := logger().Ensure().Write(ctx, env, from.Policies, to.Policies); err != nil {
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
