package wire

import (
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/salve-security/salve/internal/names"
)

// complete is an environment in which nothing is missing.
func complete() map[string]string {
	return map[string]string{
		names.EnvTable: "table", names.EnvNowQueueURL: "now", names.EnvBulkQueueURL: "bulk", names.EnvDeadQueueURL: "dead",
		names.EnvNoticesTopic: "notices", names.EnvChatTopic: "chat",
		names.EnvAuditLogGroup: "/group", names.EnvMemberRole: "role", names.EnvExternalID: "secret",
		names.EnvActionARN: "action", names.EnvDigestSeconds: "60",
	}
}

func TestFromEnvReadsEveryVariable(t *testing.T) {
	env := complete()
	got, err := FromEnv(func(name string) string { return env[name] })
	if err != nil {
		t.Fatal(err)
	}
	want := Settings{
		Table: "table", NowQueueURL: "now", BulkQueueURL: "bulk", DeadQueueURL: "dead", NoticesTopic: "notices",
		ChatTopic: "chat", AuditLogGroup: "/group", MemberRole: "role", ExternalID: "secret", ActionARN: "action",
		Digest: time.Minute,
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

// TestEverySettingIsUsed: what the hub's stack can set makes a difference.
func TestEverySettingIsUsed(t *testing.T) {
	var sources strings.Builder
	for _, dir := range []string{"../../cmd", "../../functions", "../../internal"} {
		err := filepath.WalkDir(dir, func(path string, _ fs.DirEntry, err error) error {
			if err != nil || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") ||
				strings.HasSuffix(path, "wire/settings.go") {
				return err
			}
			text, err := os.ReadFile(path)
			sources.Write(text)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	of := reflect.TypeFor[Settings]()
	for i := range of.NumField() {
		read := `\b(s|settings|Settings)\.` + of.Field(i).Name + `\b`
		if !regexp.MustCompile(read).MatchString(sources.String()) {
			t.Errorf("nobody reads %s", of.Field(i).Name)
		}
	}
}

func TestFromEnv(t *testing.T) {
	const fix = "outputs of the hub stack"
	tests := map[string]struct {
		name, value string
		digest      time.Duration
		says        []string // what the error names; none if it is fine
	}{
		"no table":            {name: names.EnvTable, says: []string{names.EnvTable, fix}},
		"no bulk queue":       {name: names.EnvBulkQueueURL, says: []string{names.EnvBulkQueueURL, fix}},
		"no now queue":        {name: names.EnvNowQueueURL, says: []string{names.EnvNowQueueURL, fix}},
		"no dead queue":       {name: names.EnvDeadQueueURL, says: []string{names.EnvDeadQueueURL, fix}},
		"no member role":      {name: names.EnvMemberRole, says: []string{names.EnvMemberRole, fix}},
		"no action":           {name: names.EnvActionARN, says: []string{names.EnvActionARN, fix}},
		"no topic for people": {name: names.EnvNoticesTopic, digest: time.Minute},
		"no topic for chats":  {name: names.EnvChatTopic, digest: time.Minute},
		"no external id":      {name: names.EnvExternalID, digest: time.Minute},
		"no audit log group":  {name: names.EnvAuditLogGroup, digest: time.Minute},
		"no digest time":      {name: names.EnvDigestSeconds, digest: names.DigestEvery},
		"told at once":        {name: names.EnvDigestSeconds, value: "0"},
		"digest in words":     {name: names.EnvDigestSeconds, value: "5m", says: []string{names.EnvDigestSeconds, `"5m"`}},
		"digest in the past":  {name: names.EnvDigestSeconds, value: "-1", says: []string{names.EnvDigestSeconds, `"-1"`}},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			env := complete()
			env[tc.name] = tc.value
			got, err := FromEnv(func(name string) string { return env[name] })
			if (err != nil) != (len(tc.says) > 0) {
				t.Fatalf("error %v, want one that says %q", err, tc.says)
			}
			for _, part := range tc.says {
				if !strings.Contains(err.Error(), part) {
					t.Errorf("error %q does not say %q", err, part)
				}
			}
			if err == nil && got.Digest != tc.digest {
				t.Errorf("digest %v, want %v", got.Digest, tc.digest)
			}
			if err != nil && got != (Settings{}) {
				t.Errorf("settings %+v come with the error", got)
			}
		})
	}
}

// TestFromEnvNamesTheSameVariable: two runs with the same mistake read alike.
func TestFromEnvNamesTheSameVariable(t *testing.T) {
	said := map[string]bool{}
	for range 50 {
		_, err := FromEnv(func(string) string { return "" })
		if err == nil {
			t.Fatal("an empty environment is accepted")
		}
		said[err.Error()] = true
	}
	if len(said) != 1 {
		t.Errorf("the same environment gives %d different errors: %v", len(said), said)
	}
}
