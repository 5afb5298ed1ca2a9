package notice_test

import (
	"strings"
	"testing"

	"github.com/salve-security/salve/internal/notice"
)

// TestReasonOnce: why undo leaves a change is said once for each reason, and that it does for each change.
func TestReasonOnce(t *testing.T) {
	key := func(path, lasting string) notice.Change {
		return notice.Change{Path: path, Move: "+ " + path, Lasting: lasting}
	}
	tests := map[string]struct {
		changes []notice.Change
		want    string
	}{
		"twice": {
			[]notice.Change{key("A", "one way: deleted"), key("B", "one way: deleted")},
			"+ A (one way: deleted), + B (one way, same reason)",
		},
		"another reason between": {
			[]notice.Change{key("A", "one way: x"), key("B", "one way: y"), key("C", "one way: x")},
			"+ A (one way: x), + B (one way: y), + C (one way, same reason)",
		},
		"same reason, other consequence": {
			[]notice.Change{key("A", "one way: x"), key("B", "undo leaves it: x")},
			"+ A (one way: x), + B (undo leaves it: x)",
		},
		"no reason": {
			[]notice.Change{key("A", "one way"), key("B", "one way"), key("C", ""), key("D", "")},
			"+ A (one way), + B (one way), + C, + D",
		},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			if got := notice.Summary(tc.changes, 500); got != tc.want {
				t.Errorf("Summary\n got %q\nwant %q", got, tc.want)
			}
			n := about(notice.NeedsApprove)
			n.Changes = tc.changes
			_, mail := notice.Email(n)
			chat, err := notice.Chat(n)
			if err != nil {
				t.Fatal(err)
			}
			for _, part := range strings.Split(tc.want, ", + ") {
				if !strings.Contains(mail, part) || !strings.Contains(chat, part) {
					t.Errorf("no %q in the mail\n%s\nor the chat\n%s", part, mail, chat)
				}
			}
		})
	}
}

// TestSubjectOfAnAccount: an account that is the resource is named once.
func TestSubjectOfAnAccount(t *testing.T) {
	for resource, want := range map[string]string{
		"AWS::::Account:222222222222":         "Salve fixed S3.8 in 222222222222",
		"AWS::::Account:333333333333":         "Salve fixed S3.8 in 222222222222: 333333333333",
		"arn:aws:iam::222222222222:user/bob":  "Salve fixed S3.8 in 222222222222: user/bob",
		"arn:aws:s3:::AWS::::Account:2222222": "Salve fixed S3.8 in 222222222222: AWS::::Account:2222222",
	} {
		n := about(notice.Fixed)
		n.Resource = resource
		if got, _ := notice.Email(n); got != want {
			t.Errorf("%s: subject %q, want %q", resource, got, want)
		}
	}
}
