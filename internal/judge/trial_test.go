package judge_test

import (
	"encoding/json"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/salve-security/salve/internal/judge"
	"github.com/salve-security/salve/internal/ran"
)

// The answers that Prowler gave of a bucket without a block, beside another one.
func recorded(t *testing.T) map[ran.Step]judge.Answer {
	t.Helper()
	text, err := os.ReadFile("testdata/bucket.json")
	if err != nil {
		t.Fatal(err)
	}
	var out map[ran.Step]judge.Answer
	if err := json.Unmarshal(text, &out); err != nil {
		t.Fatal(err)
	}
	return out
}

func TestWeigh(t *testing.T) {
	const block, lock = "s3_bucket_level_public_access_block", "s3_bucket_object_lock"
	trial := judge.Trial{
		Look: ran.Look{
			Control: "S3.8", Suite: "TestBlock", On: "the lab", Resource: "arn:aws:s3:::judged", Name: "judged", Stays: true,
		},
		Answers: recorded(t),
	}
	want := judge.Seen{
		Suite: "TestBlock", On: "the lab", Stays: true,
		Checks: map[string][3]string{block: {"FAIL", "PASS", "FAIL"}, "s3_unknown": {"none", "none", "none"}},
		// Of the bucket itself, of one beside it, and of one that was not there.
		Worse: map[string]string{lock: judge.OfItself, "s3_bucket_acl_prohibited": judge.OfAnother},
		Made:  []string{"s3_bucket_object_lock", "s3_bucket_object_versioning"},
	}
	if d := cmp.Diff(want, trial.Weigh(map[string]string{block: "", "s3_unknown": ""})); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	why := []string{
		"seeded: FAIL Block Public Access is not configured for the S3 Bucket judged.",
		"fixed: PASS Block Public Access is configured for the S3 Bucket judged.",
		"fixed, not read: us-east-1 -- ClientError: no such operation",
		"undone: FAIL Block Public Access is not configured for the S3 Bucket judged.",
	}
	if d := cmp.Diff(why, trial.Why(map[string]string{block: ""})); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}

// Findings name resources in ways of their own.
func TestAbout(t *testing.T) {
	const check = "check"
	for name, tc := range map[string]struct {
		resource, short string
		finding         judge.Finding
		want            string
	}{
		"by its ARN":        {"arn:aws:sqs:r:1:q", "q", judge.Finding{Resource: "arn:aws:sqs:r:1:q"}, "FAIL"},
		"by its name":       {"arn:aws:ec2:r:1:security-group/sg-1", "sg-1", judge.Finding{Name: "sg-1"}, "FAIL"},
		"by a longer ARN":   {"AWS::x", "sg-1", judge.Finding{Resource: "arn:aws:ec2:r:1:security-group/sg-1"}, "FAIL"},
		"by the end of one": {"queue", "q", judge.Finding{Resource: "arn:aws:sqs:r:1:q"}, "FAIL"},
		"of an account":     {"AWS::::Account:1", "1", judge.Finding{Resource: "arn:aws:iam::1:password-policy"}, "FAIL"},
		"of another":        {"arn:aws:sqs:r:1:q", "q", judge.Finding{Resource: "arn:aws:sqs:r:1:qq", Name: "qq"}, "none"},
		"without a name":    {"arn:aws:sqs:r:1:q", "", judge.Finding{Resource: "arn:aws:sqs:r:1:other"}, "none"},
		"of another check":  {"arn:aws:sqs:r:1:q", "q", judge.Finding{Check: "x", Resource: "arn:aws:sqs:r:1:q"}, "none"},
	} {
		t.Run(name, func(t *testing.T) {
			if tc.finding.Check == "" {
				tc.finding.Check = check
			}
			tc.finding.Status = "FAIL"
			passes := tc.finding
			passes.Status = "PASS" // beside it, and counts less
			trial := judge.Trial{
				Look: ran.Look{Resource: tc.resource, Name: tc.short},
				Answers: map[ran.Step]judge.Answer{
					ran.Seeded: {Findings: []judge.Finding{tc.finding, passes}}, ran.Fixed: {Findings: []judge.Finding{passes}},
					ran.Undone: {Findings: []judge.Finding{{Check: tc.finding.Check, Status: "MANUAL", Resource: tc.resource}}},
				},
			}
			want := [3]string{tc.want, "PASS", "none"}
			if tc.want == "none" {
				want[1] = "none"
			}
			if got := trial.Weigh(map[string]string{check: ""}).Checks[check]; got != want {
				t.Errorf("got %v, want %v", got, want)
			}
		})
	}
}

// A check may speak of another resource: of a policy and not of whom it is attached to. That counts where it says what
// it should at every step, and only where it says nothing of the resource itself.
func TestBeside(t *testing.T) {
	const check = "attached"
	at := func(statuses ...string) map[ran.Step]judge.Answer {
		out := map[ran.Step]judge.Answer{}
		for i, step := range ran.Steps() {
			out[step] = judge.Answer{Findings: []judge.Finding{{Check: check, Status: statuses[i], Resource: "arn:policy"}}}
		}
		return out
	}
	for name, tc := range map[string]struct {
		answers map[ran.Step]judge.Answer
		short   string
		beside  []string
		want    judge.Verdict
	}{
		"as it should":    {at("FAIL", "PASS", "FAIL"), "user", []string{check}, judge.Agrees},
		"fails all along": {at("FAIL", "FAIL", "FAIL"), "user", nil, judge.Silent},
		"passes":          {at("PASS", "PASS", "PASS"), "user", nil, judge.Silent},
		"itself":          {at("FAIL", "PASS", "FAIL"), "policy", nil, judge.Agrees},
	} {
		asks := map[string]string{check: ""}
		seen := judge.Trial{Look: ran.Look{Resource: "arn:" + tc.short, Name: tc.short}, Answers: tc.answers}.Weigh(asks)
		if d := cmp.Diff(tc.beside, seen.Beside); d != "" {
			t.Errorf("%s (-want +got):\n%s", name, d)
		}
		if got := judge.VerdictOf(asks, []judge.Seen{seen}); got != tc.want {
			t.Errorf("%s: got %s, want %s", name, got, tc.want)
		}
	}
}
