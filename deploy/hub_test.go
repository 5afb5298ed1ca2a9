package deploy_test

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/salve-security/salve/deploy"
	"github.com/salve-security/salve/internal/names"
)

func TestHubNames(t *testing.T) {
	s := fullHub(t)
	for resource, want := range map[string][2]string{
		"Ledger":           {"TableName", names.Table},
		"NowQueue":         {"QueueName", names.NowQueue},
		"BulkQueue":        {"QueueName", names.BulkQueue},
		"ApprovalsQueue":   {"QueueName", names.ApprovalsQueue},
		"DeadQueue":        {"QueueName", names.DeadQueue},
		"Orchestrator":     {"FunctionName", names.Function},
		"OrchestratorRole": {"RoleName", names.FunctionRole},
		"AuditLog":         {"LogGroupName", names.AuditLogGroup},
		"NoticesTopic":     {"TopicName", names.NoticesTopic},
		"ChatTopic":        {"TopicName", names.ChatTopic},
		"SweepSchedule":    {"Name", names.Schedule},
	} {
		if got := s.properties(resource)[want[0]]; got != want[1] {
			t.Errorf("%s is named %v, want %s", resource, got, want[1])
		}
	}
}

func TestHubEnvironment(t *testing.T) {
	got := object(t, fullHub(t).properties("Orchestrator"), "Environment", "Variables")
	want := map[string]any{
		names.EnvTable:         "<Ledger>",
		names.EnvNowQueueURL:   "<NowQueue>",
		names.EnvBulkQueueURL:  "<BulkQueue>",
		names.EnvDeadQueueURL:  "<DeadQueue>",
		names.EnvNoticesTopic:  "<NoticesTopic>",
		names.EnvChatTopic:     "<ChatTopic>",
		names.EnvAuditLogGroup: "<AuditLog>",
		names.EnvMemberRole:    names.MemberRole,
		names.EnvExternalID:    "",
		names.EnvActionARN:     "arn:aws:securityhub:eu-central-1:111111111111:action/custom/" + names.ActionRemediate,
		names.EnvDigestSeconds: "300",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestHubTimes holds the template to the constants of the program: budget < function < lease < visibility.
func TestHubTimes(t *testing.T) {
	s := fullHub(t)
	if names.Budget >= names.FunctionTimeout || names.FunctionTimeout >= names.Lease ||
		names.Lease >= names.QueueVisibility {
		t.Error("want budget < function timeout < lease < queue visibility")
	}
	if got := s.properties("Orchestrator")["Timeout"]; got != names.FunctionTimeout.Seconds() {
		t.Errorf("function timeout is %v", got)
	}
	dead := s.properties("DeadQueue")["MessageRetentionPeriod"].(float64)
	for _, queue := range []string{"NowQueue", "BulkQueue", "ApprovalsQueue"} {
		p := s.properties(queue)
		if got := p["VisibilityTimeout"]; got != names.QueueVisibility.Seconds() {
			t.Errorf("visibility of %s is %v", queue, got)
		}
		want := map[string]any{"deadLetterTargetArn": "<DeadQueue.Arn>", "maxReceiveCount": float64(names.MaxReceives)}
		if diff := cmp.Diff(want, p["RedrivePolicy"]); diff != "" {
			t.Errorf("redrive of %s (-want +got):\n%s", queue, diff)
		}
		if p["MessageRetentionPeriod"].(float64) >= dead {
			t.Errorf("%s keeps messages as long as the dead letter queue: they would arrive there expired", queue)
		}
	}
	got := s.properties("SweepSchedule")["ScheduleExpression"]
	if got != "rate(1 minute)" || names.SweepEvery.Minutes() != 1 {
		t.Errorf("schedule is %v", got)
	}
}

func TestHubRules(t *testing.T) {
	s := fullHub(t)
	for rule, want := range map[string]string{
		"ImportedRule": `{"source":["aws.securityhub"],"detail-type":["Security Hub Findings - Imported"],"detail":
			{"findings":{"ProductArn":[{"suffix":"::product/aws/securityhub"}],"Compliance":{"Status":["FAILED","WARNING"]},
			"Workflow":{"Status":["NEW"]},"RecordState":["ACTIVE"]}}}`,
		"ClickedRule": `{"source":["aws.securityhub"],"detail-type":["Security Hub Findings - Custom Action"],
			"resources":["arn:aws:securityhub:eu-central-1:111111111111:action/custom/SalveRemediate",
			"arn:aws:securityhub:eu-central-1:111111111111:action/custom/SalvePlan",
			"arn:aws:securityhub:eu-central-1:111111111111:action/custom/SalveUndo"]}`,
	} {
		p := s.properties(rule)
		if diff := cmp.Diff(unmarshal(t, want), p["EventPattern"]); diff != "" {
			t.Errorf("pattern of %s (-want +got):\n%s", rule, diff)
		}
		for _, target := range p["Targets"].([]any) {
			m := object(t, target)
			if at(t, m, "DeadLetterConfig", "Arn") != "<DeadQueue.Arn>" ||
				at(t, m, "RetryPolicy", "MaximumRetryAttempts") != 185.0 ||
				at(t, m, "RetryPolicy", "MaximumEventAgeInSeconds") != 86400.0 {
				t.Errorf("target %v of %s needs a day of retries and the dead letter queue", m["Id"], rule)
			}
		}
	}
}

// TestHubSources: both queues feed the version that is live, each with a limit of its own.
func TestHubSources(t *testing.T) {
	s := fullHub(t)
	for source, queue := range map[string]string{
		"NowSource": "<NowQueue.Arn>", "BulkSource": "<BulkQueue.Arn>", "ApprovalsSource": "<ApprovalsQueue.Arn>",
	} {
		p := s.properties(source)
		if p["FunctionName"] != "<Live>" {
			t.Errorf("%s feeds %v, not the version that is live", source, p["FunctionName"])
		}
		if p["EventSourceArn"] != queue || p["BatchSize"] != 10.0 || p["ScalingConfig"] == nil {
			t.Errorf("%s: want %s in batches of 10 with a limit of its own, got %v", source, queue, p)
		}
		if diff := cmp.Diff([]string{"ReportBatchItemFailures"}, texts(t, p["FunctionResponseTypes"])); diff != "" {
			t.Errorf("%s must report single failures:\n%s", source, diff)
		}
	}
}

func TestHubSweep(t *testing.T) {
	target := object(t, fullHub(t).properties("SweepSchedule"), "Target")
	want := map[string]any{names.MessageField: names.MessageSweep}
	if diff := cmp.Diff(any(want), unmarshal(t, target["Input"].(string))); diff != "" {
		t.Errorf("message (-want +got):\n%s", diff)
	}
	if target["Arn"] != "<NowQueue.Arn>" || target["RoleArn"] != "<SweepRole.Arn>" {
		t.Errorf("target is %v", target)
	}
}

func TestHubTable(t *testing.T) {
	p := fullHub(t).properties("Ledger")
	keys := map[string]string{names.PartitionKey: "S", names.SortKey: "S"}
	var want []any
	for _, index := range names.Indexes() {
		keys[index.Partition], keys[index.Sort] = "S", "S"
		projection := map[string]any{"ProjectionType": "ALL"}
		if index.Carries != nil {
			projection = map[string]any{"ProjectionType": "INCLUDE", "NonKeyAttributes": anys(index.Carries)}
		}
		want = append(want, map[string]any{
			"IndexName": index.Name, "Projection": projection, "KeySchema": []any{
				map[string]any{"AttributeName": index.Partition, "KeyType": "HASH"},
				map[string]any{"AttributeName": index.Sort, "KeyType": "RANGE"},
			},
		})
	}
	keys[names.DueAt] = "N"
	if diff := cmp.Diff(want, p["GlobalSecondaryIndexes"]); diff != "" {
		t.Errorf("indexes (-want +got):\n%s", diff)
	}
	defined := map[string]string{}
	for _, one := range p["AttributeDefinitions"].([]any) {
		a := object(t, one)
		defined[a["AttributeName"].(string)] = a["AttributeType"].(string)
	}
	if diff := cmp.Diff(keys, defined); diff != "" {
		t.Errorf("attributes (-want +got):\n%s", diff)
	}
	if got := at(t, p, "TimeToLiveSpecification", "AttributeName"); got != names.ExpiresAt {
		t.Errorf("time to live is in %v", got)
	}
	if at(t, p, "PointInTimeRecoverySpecification", "PointInTimeRecoveryEnabled") != true {
		t.Error("point-in-time recovery is off")
	}
}

func anys(list []string) []any {
	out := make([]any, len(list))
	for i, one := range list {
		out[i] = one
	}
	return out
}

// TestHubKey finds the key on everything that keeps data, and nowhere when none was given.
func TestHubKey(t *testing.T) {
	full := fullHub(t)
	for resource, property := range map[string]string{
		"NowQueue": "KmsMasterKeyId", "BulkQueue": "KmsMasterKeyId", "ApprovalsQueue": "KmsMasterKeyId", "DeadQueue": "KmsMasterKeyId",
		"NoticesTopic": "KmsMasterKeyId", "ChatTopic": "KmsMasterKeyId",
		"AuditLog": "KmsKeyId",
	} {
		if got := full.properties(resource)[property]; got != full.values["KmsKeyArn"] {
			t.Errorf("%s is encrypted with %v", resource, got)
		}
	}
	if got := at(t, full.properties("Ledger"), "SSESpecification", "KMSMasterKeyId"); got != full.values["KmsKeyArn"] {
		t.Errorf("the table is encrypted with %v", got)
	}
	plain := newStack(t, deploy.Hub(), map[string]string{"CodeBucket": "b", "CodeKey": "k", "ExternalId": "x1"})
	for resource, r := range plain.resources() {
		text, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		// The topics, whose key the stack makes, and who tells them.
		ours := strings.HasSuffix(resource, "Topic") || resource == "TopicKey" || resource == "WorkPolicy"
		if strings.Contains(strings.ToLower(string(text)), "kms") != ours {
			t.Errorf("%s names KMS, or does not, in a hub without a key of its own", resource)
		}
	}
	if _, there := full.resources()["TopicKey"]; there {
		t.Error("a key is made beside the one that was given")
	}
	for _, queue := range []string{"NowQueue", "BulkQueue", "ApprovalsQueue", "DeadQueue"} {
		if plain.properties(queue)["SqsManagedSseEnabled"] != true {
			t.Errorf("%s is not encrypted without a key", queue)
		}
	}
}

func TestHubOutputs(t *testing.T) {
	want := []string{
		"ActionArn", "ApprovalsQueueUrl", "AuditLogGroup", "BulkQueueUrl", "DeadQueueUrl", "FunctionName", "MemberRoleName",
		"NoticesTopicArn", "NowQueueUrl", "OrchestratorRoleArn", "PublishedVersion", "TableName",
	}
	got := slices.Sorted(maps.Keys(object(t, fullHub(t).tree, "Outputs")))
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
