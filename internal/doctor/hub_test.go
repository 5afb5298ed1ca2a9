package doctor_test

import (
	"errors"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	cwtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	ddbtypes "github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/securityhub"
	hubtypes "github.com/aws/aws-sdk-go-v2/service/securityhub/types"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	snstypes "github.com/aws/aws-sdk-go-v2/service/sns/types"

	"github.com/salve-security/salve/internal/doctor"
)

// personTable breaks what is about who asks.
func personTable() map[string]broken {
	return map[string]broken{
		"credentials of another account": {
			"identity", func(w *world, _ *doctor.Patient) { w.from = account }, doctor.Wrong,
			"of account 222222222222, the hub is 111111111111", "--profile",
		},
		"no operator": {
			"identity", func(w *world, _ *doctor.Patient) { w.wrong["work"] = denial("") }, doctor.Wrong,
			"may not work as", "OperatorPrincipals",
		},
		"the role cannot be asked for": {
			"identity", func(w *world, _ *doctor.Patient) { w.wrong["work"] = errors.New("no route to host") },
			doctor.Unknown, "", "",
		},
		"a clock that is late": {
			"clock", func(w *world, _ *doctor.Patient) { w.late = 4 * time.Minute }, doctor.Wrong, "off by 4m0s", "timedatectl",
		},
		"a clock that is early": {
			"clock", func(w *world, _ *doctor.Patient) { w.late = -2 * time.Minute }, doctor.Wrong, "off by 2m0s", "timedatectl",
		},
		"a clock that is a little late": {
			"clock", func(w *world, _ *doctor.Patient) { w.late = time.Minute }, doctor.OK, "", "",
		},
	}
}

// hubTable breaks what is about the hub itself.
func hubTable() map[string]broken {
	return map[string]broken{
		"no table": {
			"table", says("dynamodb:DescribeTable", &ddbtypes.ResourceNotFoundException{}), doctor.Wrong,
			"Salve's hub is not here", "Deploy the hub",
		},
		"a table that is being deleted": {
			"table", says("dynamodb:DescribeTable", &dynamodb.DescribeTableOutput{Table: &ddbtypes.TableDescription{
				TableStatus: ddbtypes.TableStatusDeleting,
			}}), doctor.Wrong, "is DELETING", "describe-table",
		},
		"a table without indexes": {
			"table", says("dynamodb:DescribeTable", &dynamodb.DescribeTableOutput{Table: &ddbtypes.TableDescription{
				TableStatus: ddbtypes.TableStatusActive,
			}}), doctor.Wrong, "lacks its index", "Upgrade",
		},
		"Security Hub is off": {
			"securityhub", says("securityhub:DescribeHub", &hubtypes.InvalidAccessException{}), doctor.Wrong, "is off",
			"aws securityhub enable-security-hub --region eu-west-1",
		},
		"no button": {
			"actions", says("securityhub:DescribeActionTargets", &securityhub.DescribeActionTargetsOutput{}), doctor.Wrong,
			"SalveRemediate missing", "salve actions create",
		},
		"buttons where Security Hub is off": {
			"actions", says("securityhub:DescribeActionTargets", &hubtypes.InvalidAccessException{}), doctor.NotAsked, "", "",
		},
	}
}

// hearTable breaks what is about alarms and notices.
func hearTable() map[string]broken {
	return map[string]broken{
		"an alarm rings": {
			"alarms", says("cloudwatch:DescribeAlarms", ringing("salve-throttles")), doctor.Wrong, "salve-throttles since",
			"Raise the concurrency",
		},
		"two alarms ring": {
			"alarms", says("cloudwatch:DescribeAlarms", ringing("salve-throttles", "salve-errors")), doctor.Wrong,
			"salve-errors", "Alarms and metrics",
		},
		"no alarms": {
			"alarms", says("cloudwatch:DescribeAlarms", &cloudwatch.DescribeAlarmsOutput{}), doctor.Wrong, "none of the alarms",
			"Deploy the hub",
		},
		"nobody hears": {
			"topic", says("sns:ListSubscriptionsByTopic", &sns.ListSubscriptionsByTopicOutput{}), doctor.Wrong, "nobody hears",
			"--notice-email and your address behind it; then click the link in the mail that AWS sends. A program: subscribe " +
				"it to arn:aws:sns:eu-west-1:111111111111:salve-notices, see docs/json.md",
		},
		"nobody hears yet": {
			"topic", says("sns:ListSubscriptionsByTopic",
				&sns.ListSubscriptionsByTopicOutput{Subscriptions: []snstypes.Subscription{
					{SubscriptionArn: aws.String("PendingConfirmation")},
				}}), doctor.Wrong, "yet: 1 subscription to be confirmed", "click the link",
		},
		"no topic": {
			"topic", says("sns:ListSubscriptionsByTopic", &snstypes.NotFoundException{}), doctor.Wrong, "is not there",
			"Deploy the hub",
		},
	}
}

func ringing(all ...string) *cloudwatch.DescribeAlarmsOutput {
	out := &cloudwatch.DescribeAlarmsOutput{}
	for _, name := range all {
		out.MetricAlarms = append(out.MetricAlarms, cwtypes.MetricAlarm{
			AlarmName: aws.String(name), StateValue: cwtypes.StateValueAlarm, StateTransitionedTimestamp: aws.Time(now()),
			AlarmDescription: aws.String("Raise the concurrency"),
		})
	}
	return out
}
