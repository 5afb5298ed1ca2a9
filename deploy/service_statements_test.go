package deploy_test

import (
	"cmp"
	"strings"
	"testing"

	"github.com/salve-security/salve/internal/control"
)

// passes are the denials that pin what role goes to which service; TestPassesArePinned tries them.
func passes() map[string]expected {
	const pass = `{"Effect": "Deny", "Action": "iam:PassRole", `
	lend := func(role, service string) expected {
		return expected{"RemediationRoleNever", pass +
			`"Resource": "arn:aws:iam::111111111111:role/salve/` + role + `", "Condition":
			{"StringNotEquals": {"iam:PassedToService": "` + service + `"}}}`}
	}
	return map[string]expected{
		"NeverPassRolesElsewhere": {"RemediationRoleNever", pass + `"Resource": "*", "Condition": {"StringNotEquals":
			{"iam:PassedToService": ["apigateway.amazonaws.com", "appsync.amazonaws.com", "backup.amazonaws.com",
			"cloudtrail.amazonaws.com", "codebuild.amazonaws.com", "config.amazonaws.com", "ec2.amazonaws.com",
			"ecs-tasks.amazonaws.com", "glue.amazonaws.com", "monitoring.rds.amazonaws.com", "sns.amazonaws.com",
			"states.amazonaws.com", "vpc-flow-logs.amazonaws.com", "ssm.amazonaws.com"]}}}`},
		"NeverLendRunbookRoles": {
			"RemediationRoleNever",
			pass + `"Resource": ["arn:aws:iam::111111111111:role/salve/automation/*",
			"arn:aws:iam::111111111111:role/salve/user/*"], "Condition": {"StringNotEquals": {"iam:PassedToService":
			"ssm.amazonaws.com"}}}`,
		},
		"NeverLendInstanceRoles": lend("instances/*", "ec2.amazonaws.com"),
		"NeverLendApigateway":    lend("service/salve-api-logs", "apigateway.amazonaws.com"),
		"NeverLendAppsync":       lend("service/salve-appsync-logs", "appsync.amazonaws.com"),
		"NeverLendBackup":        lend("service/salve-backup", "backup.amazonaws.com"),
		"NeverLendCloudtrail":    lend("service/salve-trail-logs", "cloudtrail.amazonaws.com"),
		"NeverLendMonitoringRds": lend("service/salve-enhanced-monitoring", "monitoring.rds.amazonaws.com"),
		"NeverLendSns":           lend("service/salve-topic-logs", "sns.amazonaws.com"),
		"NeverLendVpcFlowLogs":   lend("service/salve-flow-logs", "vpc-flow-logs.amazonaws.com"),
		"NeverPassButSalveService": {"RemediationRoleNever", pass + `"NotResource":
			"arn:aws:iam::111111111111:role/salve/service/*", "Condition": {"StringEquals": {"iam:PassedToService":
			["backup.amazonaws.com", "cloudtrail.amazonaws.com", "monitoring.rds.amazonaws.com", "sns.amazonaws.com",
			"vpc-flow-logs.amazonaws.com"]}}}`},
		"NeverPassButAwsServiceRoleConfig": {"RemediationRoleNever", pass + `"NotResource":
			"arn:aws:iam::111111111111:role/aws-service-role/config.amazonaws.com/*", "Condition": {"StringEquals":
			{"iam:PassedToService": "config.amazonaws.com"}}}`},
	}
}

// services are the roles that the stack makes for services of AWS, and what those may do beside AWS's own policies.
func services() map[string]expected {
	enters := func(role, service string) expected {
		return expected{role + "ServiceRole", `{"Effect": "Allow", "Principal": {"Service": "` + service + `"}, "Action":
			"sts:AssumeRole"}`}
	}
	here := func(role, service string) expected {
		return expected{role + "ServiceRole", `{"Effect": "Allow", "Principal": {"Service": "` + service + `"}, "Action":
			"sts:AssumeRole", "Condition": {"StringEquals": {"aws:SourceAccount": "111111111111"}}}`}
	}
	return map[string]expected{
		"FlowLogsEnter":    here("FlowLogs", "vpc-flow-logs.amazonaws.com"),
		"TrailsEnter":      enters("TrailLogs", "cloudtrail.amazonaws.com"),
		"MonitoringEnters": here("EnhancedMonitoring", "monitoring.rds.amazonaws.com"),
		"ApisEnter":        enters("ApiLogs", "apigateway.amazonaws.com"),
		"AppSyncEnters":    here("AppSyncLogs", "appsync.amazonaws.com"),
		"BackupEnters":     enters("Backup", "backup.amazonaws.com"),
		"TopicsEnter":      enters("TopicLogs", "sns.amazonaws.com"),
		"SupportEnters": {"SupportRole", `{"Effect": "Allow", "Principal": {"AWS": "` + supporter + `"}, "Action":
			"sts:AssumeRole"}`},
		"WriteFlowLogs": {"FlowLogsServiceRole", `
			{"Effect": "Allow", "Action": ["logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"],
			"Resource": "arn:aws:logs:*:111111111111:log-group:*"}`},
		"FindFlowLogGroups": {"FlowLogsServiceRole", `
			{"Effect": "Allow", "Action": "logs:DescribeLogGroups", "Resource": "*"}`},
		"WriteTrails": {"TrailLogsServiceRole", `
			{"Effect": "Allow", "Action": ["logs:CreateLogStream", "logs:PutLogEvents"], "Resource":
			"arn:aws:logs:*:111111111111:log-group:*:log-stream:111111111111_CloudTrail_*"}`},
		"WriteDeliveries": {"TopicLogsServiceRole", `
			{"Effect": "Allow", "Action": ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents",
			"logs:PutRetentionPolicy"], "Resource": "arn:aws:logs:*:111111111111:log-group:sns/*"}`},
	}
}

// passedOn let the role give roles to the services that controls name, each by a statement of its own: any role where
// the list of recipients has no path for them.
func passedOn(t *testing.T, s stack) map[string]expected {
	t.Helper()
	controls, err := registry()
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]expected{}
	for _, c := range controls.All() {
		for _, service := range c.Passes {
			r, _ := control.RecipientOf(service)
			id := "Pass"
			for part := range strings.FieldsFuncSeq(service, func(c rune) bool { return c == '.' || c == '-' }) {
				id += strings.ToUpper(part[:1]) + part[1:]
			}
			holder := "Permissions1"
			if found, ok := s.statements()[id]; ok && strings.HasPrefix(found.holder, "Permissions") {
				holder = found.holder
			}
			out[id] = expected{holder, `{"Effect": "Allow", "Action": ["iam:PassRole"], "Resource": ` +
				`"arn:aws:iam::111111111111:role` + cmp.Or(r.Path, "/") + `*", ` +
				`"Condition": {"StringEquals": {"iam:PassedToService": "` + service + `"}}}`}
		}
	}
	return out
}
