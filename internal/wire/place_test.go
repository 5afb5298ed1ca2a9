package wire

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/salve-security/salve/internal/names"
)

func none(string) string { return "" }

// TestAt: credentials of the hub say all that a shell needs, in every partition.
func TestAt(t *testing.T) {
	tests := map[string]struct {
		at     Place
		queues string
		arns   string
	}{
		"AWS": {
			at:     Place{Partition: "aws", Account: "111111111111", Region: "eu-west-1"},
			queues: "https://sqs.eu-west-1.amazonaws.com/111111111111/", arns: "arn:aws:",
		},
		"China": {
			at:     Place{Partition: "aws-cn", Account: "111111111111", Region: "cn-north-1"},
			queues: "https://sqs.cn-north-1.amazonaws.com.cn/111111111111/", arns: "arn:aws-cn:",
		},
		"GovCloud": {
			at:     Place{Partition: "aws-us-gov", Account: "111111111111", Region: "us-gov-west-1"},
			queues: "https://sqs.us-gov-west-1.amazonaws.com/111111111111/", arns: "arn:aws-us-gov:",
		},
		"European Sovereign Cloud": {
			at:     Place{Partition: "aws-eusc", Account: "111111111111", Region: "eusc-de-east-1"},
			queues: "https://sqs.eusc-de-east-1.amazonaws.eu/111111111111/", arns: "arn:aws-eusc:",
		},
		"an emulator": {
			at:     Place{Partition: "aws", Account: "111111111111", Region: "us-east-1", Endpoint: "http://127.0.0.1:4566"},
			queues: "http://127.0.0.1:4566/111111111111/", arns: "arn:aws:",
		},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := At(t.Context(), tc.at, none)
			if err != nil {
				t.Fatal(err)
			}
			of := ":" + tc.at.Region + ":" + tc.at.Account + ":"
			want := Settings{
				Table: "salve", NowQueueURL: tc.queues + "salve-now", BulkQueueURL: tc.queues + "salve-bulk",
				ApprovalsQueueURL: tc.queues + "salve-approvals",
				DeadQueueURL:      tc.queues + "salve-dlq", NoticesTopic: tc.arns + "sns" + of + "salve-notices",
				ChatTopic: tc.arns + "sns" + of + "salve-chat", ChatMayLack: true,
				AuditLogGroup: "/salve/audit", MemberRole: "salve-remediation",
				ActionARN: tc.arns + "securityhub" + of + "action/custom/SalveRemediate", Digest: names.DigestEvery,
			}
			if d := cmp.Diff(want, got); d != "" {
				t.Error(d)
			}
		})
	}
}

// TestTheEnvironmentGoesBeforeThePlace: a variable that is set is meant.
func TestTheEnvironmentGoesBeforeThePlace(t *testing.T) {
	at := Place{Partition: "aws", Account: "111111111111", Region: "eu-west-1"}
	env := complete()
	env[names.EnvApprovalsURL] = "approvals" // which the function has no need of
	got, err := At(t.Context(), at, func(name string) string { return env[name] })
	if err != nil {
		t.Fatal(err)
	}
	want, err := FromEnv(func(name string) string { return env[name] })
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	if got.Digest != time.Minute {
		t.Errorf("digest %v", got.Digest)
	}
}

// TestAtNamesWhatIsWrong: a Region that cannot be one is said.
func TestAtNamesWhatIsWrong(t *testing.T) {
	_, err := At(t.Context(), Place{Partition: "aws", Account: "111111111111", Region: "not a region"}, none)
	if err == nil || !strings.Contains(err.Error(), "not a region") {
		t.Errorf("error %v", err)
	}
}

// TestAtIsWhatTheStackMakes: nobody has to copy the outputs of the hub's stack.
func TestAtIsWhatTheStackMakes(t *testing.T) {
	made, err := FromEnv(world.Getenv)
	if err != nil {
		t.Fatal(err)
	}
	got, err := At(t.Context(), Place{
		Partition: "aws", Account: world.Hub(), Region: world.Region(), Endpoint: world.Endpoint(),
	}, none)
	if err != nil {
		t.Fatal(err)
	}
	// The emulator names its queues by an address of its own, behind the lab's.
	path := func(text string) string {
		address, err := url.Parse(text)
		if err != nil {
			return text
		}
		return address.Path
	}
	for _, s := range []*Settings{&made, &got} {
		s.NowQueueURL, s.BulkQueueURL, s.DeadQueueURL = path(s.NowQueueURL), path(s.BulkQueueURL), path(s.DeadQueueURL)
		s.ApprovalsQueueURL = path(s.ApprovalsQueueURL)
	}
	made.Digest, made.ChatMayLack = got.Digest, true // the lab tells at once, and has a chat
	if d := cmp.Diff(made, got); d != "" {
		t.Error(d)
	}
}
