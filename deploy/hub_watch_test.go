package deploy_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestHubAlarms: each alarm reaches people, and rings above what it says here.
func TestHubAlarms(t *testing.T) {
	type limit struct {
		metric    any
		above     any
		ofPeriods any
	}
	want := map[string]limit{
		"salve-dead-letters":   {"ApproximateNumberOfMessagesVisible", 0.0, 1.0},
		"salve-now-waits":      {"ApproximateAgeOfOldestMessage", 900.0, 1.0},
		"salve-approvals-wait": {"ApproximateAgeOfOldestMessage", 900.0, 1.0},
		"salve-bulk-waits":     {"ApproximateAgeOfOldestMessage", 3600.0, 1.0},
		"salve-errors":         {"Errors", 0.0, 1.0},
		"salve-throttles":      {"Throttles", 0.0, 3.0},
		"salve-not-fed":        {"NotFed", 0.0, 1.0},
		"salve-not-fixed":      {"NotFixed", 10.0, 1.0},
	}
	below := map[string]limit{"salve-no-sweep": {"Swept", 1.0, 2.0}}
	got := map[string]limit{}
	for name, r := range fullHub(t).resources() {
		if at(t, r, "Type") != "AWS::CloudWatch::Alarm" {
			continue
		}
		p := object(t, r, "Properties")
		alarm := p["AlarmName"].(string)
		this := limit{p["MetricName"], p["Threshold"], p["EvaluationPeriods"]}
		rings, silence := "GreaterThanThreshold", "notBreaching"
		if below[alarm] == this { // the only one for which silence is bad
			rings, silence = "LessThanThreshold", "breaching"
			delete(below, alarm)
		} else {
			got[alarm] = this
		}
		if !slices.Equal(texts(t, p["AlarmActions"]), []string{"<NoticesTopic>"}) || p["Metrics"] != nil {
			t.Errorf("%s must tell the notices topic, without metric math", name)
		}
		if !strings.HasPrefix(alarm, "salve-") {
			t.Errorf("%s: the topic's policy lets only salve-* publish", alarm)
		}
		if p["ComparisonOperator"] != rings || p["Period"] != 300.0 || p["TreatMissingData"] != silence {
			t.Errorf("%s: %v in five minutes, silence is %v: want %s and %s", alarm, p["ComparisonOperator"],
				p["TreatMissingData"], rings, silence)
		}
	}
	if len(below) > 0 {
		t.Errorf("no alarm rings below: %v", below)
	}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(limit{})); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestHubDashboard: CloudFormation takes any text, CloudWatch only JSON.
func TestHubDashboard(t *testing.T) {
	body := fullHub(t).properties("Dashboard")["DashboardBody"].(string)
	if widgets, ok := at(t, unmarshal(t, body), "widgets").([]any); !ok || len(widgets) != 7 {
		t.Errorf("want seven widgets in %s", body)
	}
}

// TestHubFunction: the properties without which the program would not start, log or wait.
func TestHubFunction(t *testing.T) {
	s := fullHub(t)
	s.values["Architecture"] = "x86_64"
	p := s.properties("Orchestrator")
	want := unmarshal(t, `{"Runtime": "provided.al2023", "Handler": "bootstrap", "Architectures": ["x86_64"],
		"MemorySize": 512, "RecursiveLoop": "Allow", "Role": "<OrchestratorRole.Arn>",
		"Code": {"S3Bucket": "artifacts", "S3Key": "salve.zip"},
		"LoggingConfig": {"LogFormat": "JSON", "LogGroup": "<AuditLog>", "SystemLogLevel": "WARN"}}`)
	for key, value := range object(t, want) {
		if diff := cmp.Diff(value, p[key]); diff != "" {
			t.Errorf("%s (-want +got):\n%s", key, diff)
		}
	}
	if p["ReservedConcurrentExecutions"] != nil {
		t.Error("reserved concurrency takes from the account what others may need")
	}
}

// TestDeadLettersComeFromOurQueues: the allowed sources are spelled out, because a reference would be circular.
func TestDeadLettersComeFromOurQueues(t *testing.T) {
	s := fullHub(t)
	want := map[string]any{"redrivePermission": "byQueue", "sourceQueueArns": []any{
		"arn:aws:sqs:eu-central-1:111111111111:" + s.properties("NowQueue")["QueueName"].(string),
		"arn:aws:sqs:eu-central-1:111111111111:" + s.properties("BulkQueue")["QueueName"].(string),
		"arn:aws:sqs:eu-central-1:111111111111:" + s.properties("ApprovalsQueue")["QueueName"].(string),
	}}
	if diff := cmp.Diff(want, s.properties("DeadQueue")["RedriveAllowPolicy"]); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
