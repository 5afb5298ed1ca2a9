package wire

import (
	"testing"

	"github.com/salve-security/salve/internal/names"
)

// TestAtHome: a shell that is told of prefix and path finds what the stack has named so, and refuses what would reach
// further.
func TestAtHome(t *testing.T) {
	at := Place{Partition: "aws", Account: "111111111111", Region: "eu-west-1"}
	env := map[string]string{names.EnvPrefix: "acme-", names.EnvRolePath: "/acme/security/"}
	got, err := At(t.Context(), at, func(name string) string { return env[name] })
	if err != nil {
		t.Fatal(err)
	}
	if got.Home != (names.Home{Prefix: "acme-", Path: "/acme/security/"}) {
		t.Errorf("home is %+v", got.Home)
	}
	for is, want := range map[string]string{
		got.Table: "acme-salve", got.AuditLogGroup: "/acme-salve/audit", got.MemberRole: "acme-salve-remediation",
		got.NowQueueURL:  "https://sqs.eu-west-1.amazonaws.com/111111111111/acme-salve-now",
		got.NoticesTopic: "arn:aws:sns:eu-west-1:111111111111:acme-salve-notices",
	} {
		if is != want {
			t.Errorf("%s, want %s", is, want)
		}
	}
	env[names.EnvPrefix] = "*-"
	if _, err := At(t.Context(), at, func(name string) string { return env[name] }); err == nil {
		t.Error("a wildcard was taken for a prefix")
	}
}
