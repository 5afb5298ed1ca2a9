package deploy_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/salve-security/salve/deploy"
)

// judgement is what a control of Security Hub asks of a resource of the templates, by its properties.
type judgement struct {
	control, kind string
	passes        func(t *testing.T, p map[string]any) bool
}

// judgements are the controls of all standards in playbooks that are about something the templates make. Not met are,
// as docs/security.md says, DynamoDB.4, Lambda.3, Lambda.5 and Lambda.7.
func judgements() []judgement {
	given := func(name string) func(*testing.T, map[string]any) bool {
		return func(_ *testing.T, p map[string]any) bool { return p[name] != nil && p[name] != "" }
	}
	truth := func(name string) func(*testing.T, map[string]any) bool {
		return func(_ *testing.T, p map[string]any) bool { return p[name] == true || p[name] == "true" }
	}
	return []judgement{
		{"SNS.1", "AWS::SNS::Topic", given("KmsMasterKeyId")},
		{"SNS.4", "AWS::SNS::TopicPolicy", closed("PolicyDocument")},
		{"SQS.1", "AWS::SQS::Queue", func(_ *testing.T, p map[string]any) bool {
			return p["SqsManagedSseEnabled"] == true || p["KmsMasterKeyId"] != nil
		}},
		{"SQS.3", "AWS::SQS::QueuePolicy", closed("PolicyDocument")},
		{"DynamoDB.1", "AWS::DynamoDB::Table", func(_ *testing.T, p map[string]any) bool {
			return p["BillingMode"] == "PAY_PER_REQUEST"
		}},
		{"DynamoDB.2", "AWS::DynamoDB::Table", func(t *testing.T, p map[string]any) bool {
			t.Helper()
			return at(t, p, "PointInTimeRecoverySpecification", "PointInTimeRecoveryEnabled") == true
		}},
		{"DynamoDB.5", "AWS::DynamoDB::Table", given("Tags")},
		{"DynamoDB.6", "AWS::DynamoDB::Table", truth("DeletionProtectionEnabled")},
		{"Lambda.2", "AWS::Lambda::Function", func(_ *testing.T, p map[string]any) bool {
			return p["Runtime"] == "provided.al2023"
		}},
		{"CloudWatch.15", "AWS::CloudWatch::Alarm", given("AlarmActions")},
		{"CloudWatch.16", "AWS::Logs::LogGroup", func(_ *testing.T, p map[string]any) bool {
			return p["RetentionInDays"] == "365"
		}},
		{"CloudWatch.17", "AWS::CloudWatch::Alarm", func(_ *testing.T, p map[string]any) bool {
			return p["ActionsEnabled"] != false
		}},
		{"KMS.4", "AWS::KMS::Key", truth("EnableKeyRotation")},
		{"KMS.5", "AWS::KMS::Key", closed("KeyPolicy")},
		{"IAM.1, IAM.21 and KMS.1", "AWS::IAM::ManagedPolicy", modest("PolicyDocument")},
	}
}

// closed: nothing is allowed to everybody.
func closed(document string) func(*testing.T, map[string]any) bool {
	return func(t *testing.T, p map[string]any) bool {
		t.Helper()
		for _, s := range at(t, p, document, "Statement").([]any) {
			m := object(t, s)
			if m["Effect"] == "Allow" && strings.Contains(principalText(m["Principal"]), "*") {
				return false
			}
		}
		return true
	}
}

func principalText(v any) string {
	text, _ := v.(string)
	if m, ok := v.(map[string]any); ok {
		for _, who := range m {
			text += principalText(who)
		}
	}
	return text
}

// modest: no service is allowed as a whole, and no key decrypts that the policy does not name.
func modest(document string) func(*testing.T, map[string]any) bool {
	return func(t *testing.T, p map[string]any) bool {
		t.Helper()
		for _, s := range at(t, p, document, "Statement").([]any) {
			m := object(t, s)
			for _, action := range texts(t, m["Action"]) {
				anyKey := strings.HasPrefix(action, "kms:Decrypt") && strings.Contains(texts(t, m["Resource"])[0], "*")
				if m["Effect"] == "Allow" && (strings.HasSuffix(action, "*") || anyKey) {
					return false
				}
			}
		}
		return true
	}
}

// TestWhatSalveMakesPassesItsControls: with the parameters left out, and with all of them.
func TestWhatSalveMakesPassesItsControls(t *testing.T) {
	for name, s := range map[string]stack{
		"least": newStack(t, deploy.Hub(), map[string]string{"ExternalId": "x1"}),
		"full":  fullHub(t), "member": fullMember(t),
	} {
		judged := 0
		for resource, r := range s.resources() {
			for _, j := range judgements() {
				if at(t, r, "Type") != j.kind {
					continue
				}
				if judged++; !j.passes(t, object(t, r, "Properties")) {
					t.Errorf("%s: %s fails %s", name, resource, j.control)
				}
			}
		}
		if judged == 0 {
			t.Errorf("%s: nothing was judged", name)
		}
	}
}

// TestKeyOfTheStack: alarms of this account use it, whoever may administer it, and the engine through topics only.
func TestKeyOfTheStack(t *testing.T) {
	found := newStack(t, deploy.Hub(), map[string]string{"ExternalId": "x1"}).statements()
	for sid, want := range map[string]string{
		"AccountAdministersKey": `{"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111111111111:root"},
			"Action": "kms:*", "Resource": "*"}`,
		"AlarmsUseKey": `{"Effect": "Allow", "Principal": {"Service": "cloudwatch.amazonaws.com"},
			"Action": ["kms:Decrypt", "kms:GenerateDataKey*"], "Resource": "*",
			"Condition": {"StringEquals": {"aws:SourceAccount": "111111111111"}}}`,
		"UseTopicKey": `{"Effect": "Allow", "Action": ["kms:Decrypt", "kms:GenerateDataKey"], "Resource": "<TopicKey.Arn>",
			"Condition": {"StringLike": {"kms:ViaService": "sns.eu-central-1.amazonaws.com*"}}}`,
	} {
		body := object(t, unmarshal(t, want))
		body["Sid"] = sid
		if diff := cmp.Diff(body, found[sid].body); diff != "" {
			t.Errorf("%s (-want +got):\n%s", sid, diff)
		}
	}
}
