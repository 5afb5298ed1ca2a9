// Package mq holds the playbooks for Amazon MQ.
package mq

import (
	"context"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/mq"
	"github.com/aws/aws-sdk-go-v2/service/mq/types"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/kind"
	"github.com/salve-security/salve/internal/policydoc"
	"github.com/salve-security/salve/internal/runbook"
)

// paramApprovers is the parameter with who may say that the broker is rebooted.
const paramApprovers = "approvers"

// principal is an ARN as SSM Automation takes it for an approver.
var principal = regexp.MustCompile(
	`^arn:aws[a-z-]*:(iam|sts)::[0-9]{12}:(root|(user|role|assumed-role)/[A-Za-z0-9+=,.@_/-]+)$`)

// mostApprovers is how many AWS takes. Source: Automation actions reference, aws:approve.
const mostApprovers = 10

// brokerARN accepts brokers of every partition; its group is the id, which the calls take.
var brokerARN = regexp.MustCompile(
	`^arn:aws[a-z-]*:mq:[a-z0-9-]+:[0-9]{12}:broker:[A-Za-z0-9_-]{1,50}:([0-9a-z][0-9a-z-]{5,63})$`)

// auditLog is whether a broker writes its audit log to CloudWatch Logs.
type auditLog struct {
	Audit bool
	// State is the broker's, RUNNING where it can be rebooted.
	State string `salve:"fact"`
	// Waiting is what else a reboot would bring, by the names that DescribeBroker has for it.
	Waiting []string `salve:"fact"`
	// Writable tells that a resource policy of CloudWatch Logs may let Amazon MQ write. Without one the log stays empty.
	Writable bool `salve:"fact"`
}

// AuditLog returns the control that has ActiveMQ brokers write their audit log, by a runbook: it takes a reboot.
func AuditLog() []control.Control {
	return []control.Control{runbook.Runbook[auditLog]{
		Read: readAuditLog, Want: wantAuditLog,
		Do: runbook.Named("Salve-LogBroker"), Family: "brokers", Parameters: rebooting,
	}.Control(control.Info{
		ID: "MQ.2",
		Effect: "The broker is rebooted, which ends all connections for some minutes; with a standby, clients that fail " +
			"over go on. One of the approvers has three days to say in Systems Manager when. Then every action of a user " +
			"in the web console or by JMX is logged, and CloudWatch Logs is billed for it.",
		Fails: control.Fails{
			When: "The audit log of an ActiveMQ broker is off. One that only waits for a reboot is off; the general log " +
				"does not matter, nor whether Amazon MQ may write the log. RabbitMQ has none.",
			Rule: "mq-cloudwatch-audit-log-enabled",
		},
		Impact:  control.ImpactInterrupts,
		Pattern: brokerARN,
		Params: []control.Param{{
			Name: paramApprovers,
			Meaning: "ARNs of those one of whom approves the reboot in Systems Manager, ten at most: users, roles or the " +
				"root of the broker's account; Salve starts nothing without.",
			Default: []string{}, Pattern: principal, Form: "the ARN of a user, a role or an account's root",
		}},
		Actions: []string{"logs:DescribeResourcePolicies", "mq:DescribeBroker"},
		OneWay:  map[string]string{"Audit": "turning it off takes another reboot: turn it off in the broker's settings"},
		// The runbook's steps may take three days for the approval, four hours for the reboot, and little besides.
		Settle: control.Settle{Typical: 20 * time.Minute, Within: 77 * time.Hour},
	})}
}

func readAuditLog(ctx context.Context, env control.Env) (auditLog, error) {
	out, err := mq.NewFromConfig(env.Config).DescribeBroker(ctx, &mq.DescribeBrokerInput{BrokerId: &env.Name})
	switch {
	case err != nil:
		return auditLog{}, err
	case aws.ToString(out.BrokerId) != env.Name:
		return auditLog{}, fault.New(fault.Invalid, "DescribeBroker answered about %q, not about %q",
			aws.ToString(out.BrokerId), env.Name)
	case !strings.EqualFold(string(out.EngineType), string(types.EngineTypeActivemq)):
		return auditLog{}, fault.New(fault.Refused, "brokers of %s have no audit log: suppress the finding, or exempt the "+
			"broker", out.EngineType)
	case out.Logs == nil:
		return auditLog{}, fault.New(fault.Invalid, "DescribeBroker answered without the logs")
	}
	audit, err := kind.Answered(out.Logs.Audit, "DescribeBroker", "the audit log")
	if err != nil {
		return auditLog{}, err
	}
	writable, err := mayWrite(ctx, env)
	return auditLog{Audit: audit, State: string(out.BrokerState), Waiting: waiting(out), Writable: writable}, err
}

// waiting are the changes but for those of logs that a reboot would bring, in the order of the alphabet. What waits to
// become what it is does not.
func waiting(b *mq.DescribeBrokerOutput) []string {
	var configured types.Configurations
	if b.Configurations != nil {
		configured = *b.Configurations
	}
	groups := func(all []string) []string { return slices.Sorted(slices.Values(all)) }
	var out []string
	for name, pair := range map[string][2]any{
		"PendingAuthenticationStrategy":  {b.PendingAuthenticationStrategy, b.AuthenticationStrategy},
		"PendingConfiguration":           {configured.Pending, configured.Current},
		"PendingDataReplicationMetadata": {b.PendingDataReplicationMetadata, b.DataReplicationMetadata},
		"PendingDataReplicationMode":     {b.PendingDataReplicationMode, b.DataReplicationMode},
		"PendingEngineVersion":           {b.PendingEngineVersion, b.EngineVersion},
		"PendingHostInstanceType":        {b.PendingHostInstanceType, b.HostInstanceType},
		"PendingLdapServerMetadata":      {b.PendingLdapServerMetadata, b.LdapServerMetadata},
		"PendingSecurityGroups":          {groups(b.PendingSecurityGroups), groups(b.SecurityGroups)},
	} {
		if !reflect.ValueOf(pair[0]).IsZero() && !reflect.DeepEqual(pair[0], pair[1]) {
			out = append(out, name)
		}
	}
	slices.Sort(out)
	return out
}

// mayWrite looks for a statement that may let Amazon MQ write logs. Which log groups it is about is not looked at.
func mayWrite(ctx context.Context, env control.Env) (bool, error) {
	client, in := cloudwatchlogs.NewFromConfig(env.Config), &cloudwatchlogs.DescribeResourcePoliciesInput{}
	for {
		page, err := client.DescribeResourcePolicies(ctx, in)
		if err != nil {
			return false, err
		}
		for _, p := range page.ResourcePolicies {
			if lets(aws.ToString(p.PolicyDocument)) {
				return true, nil
			}
		}
		if in.NextToken = page.NextToken; aws.ToString(in.NextToken) == "" {
			return false, nil
		}
	}
}

// lets is lenient: a policy that cannot be read counts as one that does.
func lets(policy string) bool {
	document, err := policydoc.Read(policy)
	if err != nil {
		return true
	}
	all, err := document.Statements()
	return err != nil || slices.ContainsFunc(all, func(s policydoc.Statement) bool {
		return s.MayLet("mq.amazonaws.com", "logs:PutLogEvents")
	})
}

func wantAuditLog(now auditLog, env control.Env) (auditLog, error) {
	switch approvers := env.Params.Texts(paramApprovers); {
	case now.Audit:
		return now, nil
	case now.State != string(types.BrokerStateRunning):
		return now, fault.New(fault.Refused, "the broker is %s: try again when it is RUNNING", now.State)
	case len(now.Waiting) > 0:
		return now, fault.New(fault.Refused, "a reboot would also bring %s: reboot the broker, or take that back, then try "+
			"again", strings.Join(now.Waiting, ", "))
	case !now.Writable:
		return now, fault.New(fault.Refused, "no resource policy of CloudWatch Logs in %s lets mq.amazonaws.com write: "+
			"make one for log-group:/aws/amazonmq/*, else the log stays empty", env.Target.Region)
	case len(approvers) == 0:
		return now, fault.New(fault.Refused, "the broker has to be rebooted: name who may approve that in the parameter %s",
			paramApprovers)
	case len(approvers) > mostApprovers:
		return now, fault.New(fault.Refused, "the parameter %s names %d approvers, and AWS takes %d", paramApprovers,
			len(approvers), mostApprovers)
	}
	now.Audit = true
	return now, nil
}

// rebooting are the parameters of the runbook.
func rebooting(env control.Env, _, _ auditLog) (map[string][]string, error) {
	return map[string][]string{"BrokerId": {env.Name}, "Approvers": env.Params.Texts(paramApprovers)}, nil
}
