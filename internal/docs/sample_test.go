package docs

import (
	"regexp"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/salve-security/salve/functions/playbooktest"
	"github.com/salve-security/salve/internal/control"
)

func TestSample(t *testing.T) {
	tests := map[string]struct{ pattern, short, whole string }{
		"classes":     {`^arn:aws[a-z-]*:s3:::([a-z0-9][a-z.-]{1,9}[0-9])$`, "arn:aws:s3:::xxxx0", "arn:aws:s3:::xxxx0"},
		"optional":    {`^(a)(?::b)?$`, "a", "a:b"},
		"alternative": {`^(one|two)+$`, "oneoneone", "oneoneone"},
		"bounded":     {`^\d{12}[a-z]{1,2}.$`, "000000000000xxx", "000000000000xxx"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			for whole, want := range map[bool]string{false: tc.short, true: tc.whole} {
				got, err := sample(tc.pattern, whole)
				if err != nil || got != want || !regexp.MustCompile(tc.pattern).MatchString(got) {
					t.Errorf("whole %v: want %q, got %q, %v", whole, want, got, err)
				}
			}
		})
	}
}

// A policy that is only right for a resource in another account would be a lie.
func TestTargetLiesInTheSampleAccount(t *testing.T) {
	i := control.Info{Pattern: regexp.MustCompile(`^arn:aws:sqs:[a-z0-9-]+:\d{12}:([a-z]+)$`)}
	got, err := target(i, true)
	if want := "arn:aws:sqs:us-east-1:111111111111:xxx"; err != nil || got.Resource != want {
		t.Errorf("want %q, got %q, %v", want, got.Resource, err)
	}
	i.Pattern = regexp.MustCompile(`^arn:aws:sqs:eu-[a-z]+:\d{12}:([a-z]+)$`)
	if _, err := target(i, true); err == nil {
		t.Error("a sample that does not match its own pattern was taken")
	}
}

func TestNamesOfCases(t *testing.T) {
	want := map[string]string{
		"CaseGone": playbooktest.CaseGone, "CaseDrift": playbooktest.CaseDrift,
		"CaseUnrelated": playbooktest.CaseUnrelated, "CaseNarrow": playbooktest.CaseNarrow,
		"CaseFacts": playbooktest.CaseFacts,
	}
	if len(caseNames()) != len(want) {
		t.Errorf("%d names of cases, the suite has %d", len(caseNames()), len(want))
	}
	for name, text := range want {
		if caseNames()[name] != text {
			t.Errorf("%s is %q, the suite says %q", name, caseNames()[name], text)
		}
	}
}

// The suite leaves cases out without its author, so no source of a test says so.
func TestSparedCases(t *testing.T) {
	account := control.Info{Pattern: regexp.MustCompile(`^AWS::::Account:([0-9]{12})$`)}
	bucket := control.Info{Pattern: regexp.MustCompile(`^arn:aws:s3:::([a-z]+)$`)}
	emptied := bucket
	emptied.Removes = true
	for name, info := range map[string]control.Info{"of an account": account, "that removes a bucket": emptied} {
		said := map[string]string{}
		for _, one := range spare(nil, info) {
			said[one.Path] = one.Why
		}
		if d := cmp.Diff(playbooktest.Spared(control.Control{Info: info}), said); d != "" || len(said) == 0 {
			t.Errorf("%s (-suite +pages):\n%s", name, d)
		}
	}
	own := []stay{{Path: playbooktest.CaseNarrow, Why: "see TestNarrow"}}
	if got := spare(own, account); len(got) != 2 || got[0] != own[0] {
		t.Errorf("a reason of the test's own is lost: %v", got)
	}
	if got := spare(own, bucket); len(got) != 1 {
		t.Errorf("of a bucket: %v", got)
	}
}

func TestProofsFail(t *testing.T) {
	broken := fstest.MapFS{"s3/a.go": {Data: []byte("package")}}
	if _, err := readProofs(broken); err == nil || !strings.Contains(err.Error(), "parse playbook") {
		t.Errorf("want the broken file named, got %v", err)
	}
	if _, err := readProofs(fstest.MapFS{"s3/a.go/b": {}}); err == nil {
		t.Error("a folder was taken for a file")
	}
}
