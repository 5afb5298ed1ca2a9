package opensearch

import (
	"cmp"
	"context"
	"maps"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/opensearch"
	"github.com/aws/aws-sdk-go-v2/service/opensearch/types"

	"github.com/salve-security/salve/functions/playbooks/needs"
	"github.com/salve-security/salve/internal/control"
)

// auditLog is whether a domain sends its audit log to CloudWatch, and where; nil where AWS does not look.
type auditLog struct {
	AuditLog *option
	Group    string // the name of the log group, where it is on
	Groups   map[string]needs.Group
	Policies map[string]needs.Policy
	Before   string `salve:"fact"` // the name of the group of a log that is off
	Closed   bool   `salve:"fact"` // OpenSearch may not write into the group
	Busy     string `salve:"fact"` // what else changes
	Trouble  string `salve:"fact"` // why the log cannot be turned on
}

// logger writes into groups of domains.
func logger() needs.Logger {
	return needs.Logger{Service: "es.amazonaws.com", Policy: "opensearch-logs", Groups: "/aws/opensearch/"}
}

// AuditLog returns the control that has domains send their audit log to CloudWatch.
func AuditLog() []control.Control {
	return []control.Control{control.Of[auditLog]{
		Info: control.Info{
			ID: "Opensearch.5", Writes: "opensearch.domain.LogPublishing",
			Effect: "OpenSearch moves the domain to new nodes, which takes hours where there is much data. Searches and " +
				"writes go on meanwhile, slower; the additional nodes are billed as long as there are both. Then the audit log " +
				"goes to a CloudWatch log group, billed by the gigabyte. It stays empty until somebody turns audit logging on in " +
				"OpenSearch Dashboards, under Security, and says what is logged. Look first that the cluster is green.",
			Fails: control.Fails{
				When: "The OpenSearch domain does not send its audit log to CloudWatch. Which log group that is and what is " +
					"logged does not matter. Domains of Elasticsearch do not count.",
				Rule: "opensearch-audit-logging-enabled",
			},
			Impact:  control.ImpactInterrupts, // AWS: enabling audit logs causes a blue/green deployment
			Pattern: domainARN,
			Params:  []control.Param{needs.GroupParam("the audit log", "/aws/opensearch/DOMAIN/audit-logs")},
			Actions: append(append(needs.GroupActions(), needs.PolicyActions()...),
				"es:DescribeDomain", "es:DescribeDomainConfig", "es:UpdateDomainConfig"),
			OneWay: map[string]string{"Groups/*": needs.LeftGroups, "Policies/*": needs.LeftPolicies},
			Narrow: func(env control.Env) []string { return []string{env.Target.Resource} },
			Settle: deployed(),
		},
		Read: readAuditLog, Want: wantAuditLog, Write: writeAuditLog,
	}.Control()}
}

func readAuditLog(ctx context.Context, env control.Env) (auditLog, error) {
	now := auditLog{Groups: map[string]needs.Group{}, Policies: map[string]needs.Policy{}}
	d, looked, err := describe(ctx, env)
	if err != nil || !looked {
		return now, err
	}
	c, err := configuration(ctx, env)
	if err != nil {
		return now, err
	}
	audit, status := options(c)[auditLogs], (*types.OptionStatus)(nil)
	if c.LogPublishingOptions != nil {
		status = c.LogPublishingOptions.Status
	}
	now.AuditLog, now.Before = optionOf(audit.Enabled, status), groupName(audit)
	if now.AuditLog.Asked {
		now.Group = now.Before
	}
	group := groupOf(now, env)
	if now.Groups, err = needs.FoundGroup(ctx, env, group); err != nil {
		return now, err
	}
	open, trouble, err := logger().Open(ctx, env, group)
	if now.Closed = !open; open {
		now.Policies[logger().Policy] = needs.Policy{Name: logger().Policy}
	}
	if d.AdvancedSecurityOptions == nil || !aws.ToBool(d.AdvancedSecurityOptions.Enabled) {
		trouble = "only a domain with fine-grained access control has an audit log: turn that on first, see Opensearch.7"
	}
	now.Busy, now.Trouble = busy(d), trouble
	return now, err
}

// auditLogs is the key of the audit log among those of a domain.
const auditLogs = string(types.LogTypeAuditLogs)

// options are the logs of a domain; one that never sent any has none.
func options(c types.DomainConfig) map[string]types.LogPublishingOption {
	if c.LogPublishingOptions == nil {
		return nil
	}
	return c.LogPublishingOptions.Options
}

func groupName(o types.LogPublishingOption) string {
	_, name, _ := strings.Cut(aws.ToString(o.CloudWatchLogsLogGroupArn), ":log-group:")
	return strings.TrimSuffix(name, ":*")
}

// groupOf is where the log goes, else where it went, else the one that is named or usual.
func groupOf(now auditLog, env control.Env) string {
	return cmp.Or(now.Group, now.Before, env.Params.Text(needs.ParamGroup), "/aws/opensearch/"+env.Name+"/audit-logs")
}

func wantAuditLog(now auditLog, env control.Env) (auditLog, error) {
	to, err := now.AuditLog.want(now.Busy, now.Trouble)
	if err != nil || to == nil || now.AuditLog.Asked {
		now.AuditLog = to
		return now, err
	}
	now.AuditLog, now.Group = to, groupOf(now, env)
	now.Groups[now.Group] = needs.Group{Name: now.Group}
	if now.Closed {
		now.Policies[logger().Policy] = needs.Policy{Name: logger().Policy}
	}
	return now, nil
}

// writeAuditLog names the other logs too, as they are: AWS does not say that they stay where they are not named.
func writeAuditLog(ctx context.Context, env control.Env, from, to auditLog) error {
	if err := needs.EnsureGroup().Write(ctx, env, from.Groups, to.Groups); err != nil {
		return err
	}
	if err := logger().Ensure().Write(ctx, env, from.Policies, to.Policies); err != nil {
		return err
	}
	c, err := configuration(ctx, env)
	if err != nil {
		return err
	}
	if aws.ToBool(options(c)[auditLogs].Enabled) == to.AuditLog.Asked { // it is on its way
		return nil
	}
	all := map[string]types.LogPublishingOption{}
	maps.Copy(all, options(c))
	all[auditLogs] = types.LogPublishingOption{
		Enabled:                   &to.AuditLog.Asked,
		CloudWatchLogsLogGroupArn: aws.String(env.Target.ARN("logs", "log-group:"+cmp.Or(to.Group, from.Group))),
	}
	_, err = opensearch.NewFromConfig(env.Config).UpdateDomainConfig(ctx, &opensearch.UpdateDomainConfigInput{
		DomainName: &env.Name, LogPublishingOptions: all,
	})
	return err
}
