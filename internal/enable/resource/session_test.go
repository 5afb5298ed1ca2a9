package resource

import (
	"context"
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/salve-security/salve/internal/calls"
	"github.com/salve-security/salve/internal/enable"
	lab "github.com/salve-security/salve/internal/lab/organisation/organisationtest"
)

// elsewhere opens accounts and writes down what is called outside of the management account.
type elsewhere struct {
	*lab.Organisation
	in calls.Recorder
}

func (e *elsewhere) As(account, region string) (aws.Config, error) {
	cfg, err := e.Organisation.As(account, region)
	if account != lab.Management {
		e.in.AddTo(&cfg)
	}
	return cfg, err
}

// TestSessionReaches: a session in another account may what every step calls there, done and taken back, of every
// service.
func TestSessionReaches(t *testing.T) {
	e := &elsewhere{}
	for _, hub := range []string{"central", "local"} {
		e.Organisation = lab.New(0, "eu-central-1", "eu-west-1")
		now := time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)
		h := Handler{
			Account: lab.Management, Region: "eu-central-1", Services: enable.Services(), Now: func() time.Time { return now },
			Known: map[string]string{"fsbp-1.0.0": "arn:aws:securityhub:{region}::standards/fsbp/v/1.0.0"},
			Sleep: func(_ context.Context, d time.Duration) error {
				now = now.Add(d)
				return nil
			},
		}
		_, wish, err := h.read(map[string]any{"Administrator": lab.Administrator, "Services": map[string]any{
			"SecurityHub": map[string]any{"Configuration": hub}, "GuardDuty": "true", "Inspector": "true", "Macie": "true",
			"Detective": "true", "AccessAnalyzer": map[string]any{"Unused": "true"},
			"Config": map[string]any{"Recorders": "true", "Bucket": "amzn-s3-demo-bucket"},
		}})
		if err != nil {
			t.Fatal(err)
		}
		run, err := h.begin(t.Context(), wish, e)
		if err != nil {
			t.Fatal(err)
		}
		for _, row := range slices.Concat(run.Enable(t.Context()), run.Withdraw(t.Context())) {
			if row.Open() {
				t.Errorf("%+v", row)
			}
		}
	}
	needs := e.in.Actions()
	for _, action := range needs {
		if !slices.ContainsFunc(reached(t), func(pattern string) bool { return fits(pattern, action) }) {
			t.Errorf("a session may not %s", action)
		}
	}
	if len(needs) < 40 {
		t.Errorf("only %v were called", needs)
	}
}

// reached are the actions of the policy of sessions.
func reached(t *testing.T) []string {
	t.Helper()
	var policy struct{ Statement []struct{ Action []string } }
	if err := json.Unmarshal([]byte(session()), &policy); err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, s := range policy.Statement {
		all = append(all, s.Action...)
	}
	return all
}

func fits(pattern, action string) bool {
	return regexp.MustCompile("^" + strings.ReplaceAll(regexp.QuoteMeta(pattern), `\*`, ".*") + "$").MatchString(action)
}
