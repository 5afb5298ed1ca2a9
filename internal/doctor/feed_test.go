package doctor_test

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	ebtypes "github.com/aws/aws-sdk-go-v2/service/eventbridge/types"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	lambdatypes "github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/aws/aws-sdk-go-v2/service/scheduler"
	schedulertypes "github.com/aws/aws-sdk-go-v2/service/scheduler/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	sqstypes "github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"github.com/salve-security/salve/internal/doctor"
	"github.com/salve-security/salve/internal/names"
)

// queueWith answers of one queue with something else.
func queueWith(name string, changes map[string]string) func(*world, *doctor.Patient) {
	return func(w *world, _ *doctor.Patient) {
		was, _ := w.answers["sqs:GetQueueAttributes"].(func(*sqs.GetQueueAttributesInput) any)
		w.answers["sqs:GetQueueAttributes"] = func(in *sqs.GetQueueAttributesInput) any {
			out, _ := was(in).(*sqs.GetQueueAttributesOutput)
			if strings.HasSuffix(*in.QueueUrl, "/"+name) {
				for key, value := range changes {
					out.Attributes[key] = value
				}
			}
			return out
		}
	}
}

// mapped answers with a mapping that somebody changed.
func mapped(change func(*lambdatypes.EventSourceMappingConfiguration)) func(*world, *doctor.Patient) {
	return func(w *world, _ *doctor.Patient) {
		w.answers["lambda:ListEventSourceMappings"] = func(in *lambda.ListEventSourceMappingsInput) any {
			m := mapping(*in.EventSourceArn)
			change(&m)
			return &lambda.ListEventSourceMappingsOutput{
				EventSourceMappings: []lambdatypes.EventSourceMappingConfiguration{m},
			}
		}
	}
}

// function answers of a function that somebody changed.
func function(change func(*lambda.GetFunctionConfigurationOutput)) func(*world, *doctor.Patient) {
	return func(w *world, _ *doctor.Patient) {
		out, _ := w.answers["lambda:GetFunctionConfiguration"].(*lambda.GetFunctionConfigurationOutput)
		change(out)
	}
}

// external gives the function and this shell an ExternalId.
func external(theirs, ours string) func(*world, *doctor.Patient) {
	return func(w *world, p *doctor.Patient) {
		function(func(o *lambda.GetFunctionConfigurationOutput) {
			o.Environment.Variables[names.EnvExternalID] = theirs
		})(w, p)
		p.ExternalID = ours
	}
}

// ruleTable breaks what brings findings and clicks to the queues.
func ruleTable() map[string]broken {
	return map[string]broken{
		"a rule is off": {
			"rules", says("eventbridge:DescribeRule", &eventbridge.DescribeRuleOutput{
				State: ebtypes.RuleStateDisabled,
			}), doctor.Wrong, "salve-imported is switched off",
			"aws events enable-rule --name salve-imported --region eu-west-1",
		},
		"a rule is gone": {
			"rules", says("eventbridge:DescribeRule", &ebtypes.ResourceNotFoundException{}), doctor.Wrong,
			"is not there", "Deploy the hub",
		},
		"another pattern": {"rules", says("eventbridge:DescribeRule", &eventbridge.DescribeRuleOutput{
			State: ebtypes.RuleStateEnabled, EventPattern: aws.String(`{"source":["aws.securityhub"]}`),
		}), doctor.Wrong, "another pattern", `--event-pattern '{"detail":{"findings":{"Compliance"`},
		"no target": {
			"rules", says("eventbridge:ListTargetsByRule", &eventbridge.ListTargetsByRuleOutput{}), doctor.Wrong,
			"does not send to the queue salve-bulk", `--targets '[{"Arn":"arn:aws:sqs:eu-west-1:111111111111:salve-bulk"`,
		},
	}
}

// queueTable breaks the queues.
func queueTable() map[string]broken {
	return map[string]broken{
		"a queue is gone": {
			"queues", says("sqs:GetQueueAttributes", &sqstypes.QueueDoesNotExist{}), doctor.Wrong,
			"is not there", "Deploy the hub",
		},
		"a queue takes nothing": {
			"queues", queueWith(names.BulkQueue, map[string]string{"Policy": ""}), doctor.Wrong,
			"does not let the rule salve-imported send", "--attributes '{\"Policy\":",
		},
		"a queue takes from another rule": {"queues", queueWith(names.NowQueue, map[string]string{
			"Policy": queueOf("other")["Policy"],
		}), doctor.Wrong, "does not let the rule salve-clicked send", "set-queue-attributes"},
		"a queue that is not encrypted": {
			"queues", queueWith(names.NowQueue,
				map[string]string{"SqsManagedSseEnabled": "false"}),
			doctor.Wrong, "is not encrypted", "SqsManagedSseEnabled",
		},
		"a queue with a key": {"queues", queueWith(names.NowQueue, map[string]string{
			"SqsManagedSseEnabled": "false", "KmsMasterKeyId": "alias/x",
		}), doctor.OK, "", ""},
		"a queue without dead letters": {
			"queues", queueWith(names.NowQueue, map[string]string{"RedrivePolicy": ""}),
			doctor.Wrong, "is lost", "RedrivePolicy",
		},
		"dead letters": {
			"dead-letters", queueWith(names.DeadQueue, map[string]string{"ApproximateNumberOfMessages": "3"}),
			doctor.Wrong, "3 messages", "salve replay --dead",
		},
	}
}

// sourceTable breaks what feeds the function.
func sourceTable() map[string]broken {
	return map[string]broken{
		"no source": {
			"sources", says("lambda:ListEventSourceMappings", &lambda.ListEventSourceMappingsOutput{}),
			doctor.Wrong,
			"nothing feeds", "aws lambda create-event-source-mapping --function-name salve-orchestrator:live " +
				"--event-source-arn arn:aws:sqs:eu-west-1:111111111111:salve-now --batch-size 10 " +
				"--maximum-batching-window-in-seconds 0 --function-response-types ReportBatchItemFailures " +
				`--scaling-config '{"MaximumConcurrency":5}' --region`,
		},
		"no source of imported findings": {"sources", func(w *world, _ *doctor.Patient) {
			w.answers["lambda:ListEventSourceMappings"] = func(in *lambda.ListEventSourceMappingsInput) any {
				if strings.HasSuffix(*in.EventSourceArn, "bulk") {
					return &lambda.ListEventSourceMappingsOutput{}
				}
				return &lambda.ListEventSourceMappingsOutput{
					EventSourceMappings: []lambdatypes.EventSourceMappingConfiguration{mapping(*in.EventSourceArn)},
				}
			}
		}, doctor.Wrong, "unless the hub's stack has another MaximumConcurrency", `'{"MaximumConcurrency":10}' --region`},
		"a source of another function": {"sources", mapped(func(m *lambdatypes.EventSourceMappingConfiguration) {
			m.FunctionArn = aws.String("arn:aws:lambda:eu-west-1:111111111111:function:other")
		}), doctor.Wrong, "nothing feeds", "aws lambda create-event-source-mapping"},
		"a source of the latest": {"sources", mapped(func(m *lambdatypes.EventSourceMappingConfiguration) {
			m.FunctionArn = aws.String("arn:aws:lambda:eu-west-1:111111111111:function:salve-orchestrator")
		}), doctor.Wrong, "feeds $LATEST", "update-event-source-mapping --uuid uuid --function-name salve-orchestrator:live"},
		"a source of a version": {"sources", mapped(func(m *lambdatypes.EventSourceMappingConfiguration) {
			m.FunctionArn = aws.String("arn:aws:lambda:eu-west-1:111111111111:function:salve-orchestrator:7")
		}), doctor.Wrong, "feeds 7", "update-event-source-mapping --uuid uuid --function-name salve-orchestrator:live"},
		"a second source": {"sources", func(w *world, _ *doctor.Patient) {
			w.answers["lambda:ListEventSourceMappings"] = func(in *lambda.ListEventSourceMappingsInput) any {
				first, second := mapping(*in.EventSourceArn), mapping(*in.EventSourceArn)
				second.UUID = aws.String("second")
				second.FunctionArn = aws.String("arn:aws:lambda:eu-west-1:111111111111:function:salve-orchestrator")
				return &lambda.ListEventSourceMappingsOutput{
					EventSourceMappings: []lambdatypes.EventSourceMappingConfiguration{first, second},
				}
			}
		}, doctor.Wrong, "feeds $LATEST", "aws lambda delete-event-source-mapping --uuid second"},
		"a source is off": {"sources", mapped(func(m *lambdatypes.EventSourceMappingConfiguration) {
			m.State = aws.String("Disabled")
		}), doctor.Wrong, "is Disabled", "aws lambda update-event-source-mapping --uuid uuid --enabled"},
		"whole batches": {"sources", mapped(func(m *lambdatypes.EventSourceMappingConfiguration) {
			m.FunctionResponseTypes = nil
		}), doctor.Wrong, "whole batch", "ReportBatchItemFailures"},
	}
}

// functionTable breaks the function.
func functionTable() map[string]broken {
	return map[string]broken{
		"no function": {
			"function", says("lambda:GetFunctionConfiguration", &lambdatypes.ResourceNotFoundException{}),
			doctor.Wrong, "is not there", "Deploy the hub",
		},
		"a function that cannot run": {"function", function(func(o *lambda.GetFunctionConfigurationOutput) {
			o.State = lambdatypes.StateFailed
		}), doctor.Wrong, "cannot run", "Upgrade"},
		"an update that failed": {"function", function(func(o *lambda.GetFunctionConfigurationOutput) {
			o.LastUpdateStatus = lambdatypes.LastUpdateStatusFailed
		}), doctor.Wrong, "last update", "Upgrade"},
		"a function without its table": {"function", function(func(o *lambda.GetFunctionConfigurationOutput) {
			o.Environment.Variables[names.EnvTable] = "other"
		}), doctor.Wrong, "does not know its table", "Upgrade"},
		"the function's id alone": {
			"external-id", external("secret-a", ""), doctor.Wrong, "this shell gives none",
			"export SALVE_EXTERNAL_ID=",
		},
		"this shell's id alone": {
			"external-id", external("", "secret-a"), doctor.Wrong, "the function gives none",
			"unset SALVE_EXTERNAL_ID",
		},
		"two ids": {
			"external-id", external("secret-a", "secret-b"), doctor.Wrong, "another ExternalId",
			"export",
		},
		"one id": {"external-id", external("secret-a", "secret-a"), doctor.OK, "", ""},
		"an emergency stop": {"concurrency", says("lambda:GetFunctionConcurrency", &lambda.GetFunctionConcurrencyOutput{
			ReservedConcurrentExecutions: aws.Int32(0),
		}), doctor.Wrong, "may not run at all", "aws lambda delete-function-concurrency --function-name salve-orchestrator"},
		"too few places": {"concurrency", says("lambda:GetFunctionConcurrency", &lambda.GetFunctionConcurrencyOutput{
			ReservedConcurrentExecutions: aws.Int32(6),
		}), doctor.Wrong, "is throttled", "delete-function-concurrency"},
		"enough places": {"concurrency", says("lambda:GetFunctionConcurrency", &lambda.GetFunctionConcurrencyOutput{
			ReservedConcurrentExecutions: aws.Int32(7),
		}), doctor.OK, "", ""},
	}
}

// scheduleTable breaks the schedule of the sweep.
func scheduleTable() map[string]broken {
	all := map[string]broken{}
	for name, s := range map[string]struct {
		out  any
		says string
	}{
		"no schedule": {&schedulertypes.ResourceNotFoundException{}, "is not there"},
		"a schedule that is off": {
			&scheduler.GetScheduleOutput{State: schedulertypes.ScheduleStateDisabled}, "is switched off",
		},
		"a schedule that is slow": {
			&scheduler.GetScheduleOutput{ScheduleExpression: aws.String("rate(1 hour)")},
			"rate(1 hour)",
		},
		"a schedule for others": {
			&scheduler.GetScheduleOutput{ScheduleExpression: aws.String("rate(1 minute)"), Target: &schedulertypes.Target{
				Arn: aws.String(queueARN("other")),
			}}, "does not send",
		},
	} {
		fix := "aws scheduler update-schedule --name salve-sweep --state ENABLED"
		if name == "no schedule" {
			fix = "Deploy the hub"
		}
		all[name] = broken{"schedule", says("scheduler:GetSchedule", s.out), doctor.Wrong, s.says, fix}
	}
	return all
}

// TestExternalIdsAreNotShown: neither the function's nor the shell's is in any answer.
func TestExternalIdsAreNotShown(t *testing.T) {
	for name, b := range functionTable() {
		w := healthy()
		p := w.patient()
		b.breaks(w, p)
		for _, a := range doctor.Examine(t.Context(), p) {
			if strings.Contains(a.Sentence+a.Fix, "secret-") {
				t.Errorf("%s: %+v", name, a)
			}
		}
	}
}
