package member_test

import (
	"regexp"
	"strings"
	"testing"

	"github.com/salve-security/salve/internal/member"
)

func TestSourceIdentity(t *testing.T) {
	tests := map[string]struct{ who, want string }{
		"a name":            {"alice", "alice"},
		"an address":        {"alice@example.org", "alice@example.org"},
		"all that is fine":  {"aZ0_+=,.@-", "aZ0_+=,.@-"},
		"an ARN":            {"arn:aws:iam::111122223333:user/alice", "arn-aws-iam-111122223333-user-alice"},
		"words":             {"Security Hub", "Security-Hub"},
		"letters of abroad": {"Żaneta Łoś", "-aneta-o-"},
		"nothing of ours":   {"日本語", ""},
		"nobody":            {"", ""},
		"one letter":        {"a", ""},
		"two letters":       {"ab", "ab"},
		"lines and escapes": {"alice\n\x1b[31m", "alice-31m"},
		"exactly as long":   {strings.Repeat("a", 64), strings.Repeat("a", 64)},
		"too long":          {strings.Repeat("a", 65), strings.Repeat("a", 64)},
		"a forged policy":   {`alice","aws:x":"`, "alice-,-aws-x-"},
	}
	allowed := regexp.MustCompile(`^([\w+=,.@-]{2,64})?$`)
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			got := member.SourceIdentity(tc.who)
			if got != tc.want {
				t.Errorf("SourceIdentity(%q) = %q, want %q", tc.who, got, tc.want)
			}
			if !allowed.MatchString(got) {
				t.Errorf("SourceIdentity(%q) = %q, which STS refuses", tc.who, got)
			}
		})
	}
}
